"""Compare the live executor with a dispatcher written by hand: ``python benchmarks/engine/run.py``.

Both run in this process on one core, turn by turn; the table shows the best of the rounds (processor time,
no clock inside the loop), latencies of single events from a pass of their own, and whether all answers were
equal: to each other at every size, and to a scan of all rules where that is affordable. Then the speed of the
matrix executor by size of the batch, and of whole sessions: visits to the shipped receptionist, replayed.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.engine.adapter import Adapter
from benchmarks.engine.workload import ByHand, Plainly, workload

SCANNED = 1_000_000
"""Rules × events up to which the scan of all rules checks the answers."""


def measure(make: type[Any], spec: Any) -> tuple[float, float]:
    """Seconds of processor time to build, and to answer the trace."""
    gc.unfreeze()
    gc.collect()
    engine = make()
    start = time.process_time()
    engine.build(spec)
    built = time.process_time() - start
    feed = engine.feed
    start = time.process_time()
    for t, event in spec["trace"]:
        feed(t, event)
    return built, time.process_time() - start


def latencies(make: type[Any], spec: Any) -> tuple[float, float, list[Any]]:
    """Median and 99th percentile of one event in microseconds, and the answers."""
    gc.unfreeze()
    gc.collect()
    engine = make()
    engine.build(spec)
    took, answers = [], []
    for t, event in spec["trace"]:
        start = time.perf_counter_ns()
        answer = engine.feed(t, event)
        took.append(time.perf_counter_ns() - start)
        answers.append(list(answer))
    took.sort()
    return took[len(took) // 2] / 1e3, took[len(took) * 99 // 100] / 1e3, answers


def row(n: int, hubs: int, events: int, seed: int, rounds: int) -> str:
    """Measure one workload."""
    spec = workload(n, events, seed, hubs)
    by_hand, ours = [], []
    for _ in range(rounds):
        by_hand.append(measure(ByHand, spec))
        ours.append(measure(Adapter, spec))
    theirs = min(seconds for _, seconds in by_hand)
    mine = min(seconds for _, seconds in ours)
    _, slow, expected = latencies(ByHand, spec)
    middle, late, answers = latencies(Adapter, spec)
    equal = answers == expected
    if n * events <= SCANNED:
        scan = Plainly()
        scan.build(spec)
        equal = equal and answers == [scan.feed(t, event) for t, event in spec["trace"]]
    label = f"{n:,}{' hubs' if hubs else ''}"
    return (
        f"| {label:>13} | {events / theirs:9,.0f} | {events / mine:9,.0f} | {theirs / mine:5.2f} "
        f"| {middle:6.1f} | {late:6.1f} ({slow:.1f}) | {min(built for built, _ in ours):7.2f} "
        f"| {sum(map(len, answers)) / events:5.2f} | {'yes' if equal else 'NO':>5} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--visits", type=int, default=20, help="replayed; 0: neither replay nor matrix")
    args = parser.parse_args()
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    print(
        f"Python {platform.python_version()}, seed {args.seed}, {args.rounds} rounds, {load} at the start\n"
    )
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    heads = ("rules", "by hand", "ours", "ratio", "p50", "p99 (by hand)", "build", "fired", "equal")
    widths = (13, 9, 9, 5, 6, 14, 7, 5, 5)
    print("|" + "|".join(f" {head:>{width}} " for head, width in zip(heads, widths, strict=True)) + "|")
    print("|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
    for n in args.sizes:
        print(row(n, 0, args.events, args.seed, args.rounds), flush=True)
    print(row(10_000, 4, args.events, args.seed, args.rounds), flush=True)
    print(
        "\nevents per second of processor time; p50, p99 in microseconds; build in seconds; fired per event"
    )
    if args.visits:
        from benchmarks.engine.sessions import matrix_rows, replay_speed

        print("\n" + "\n".join(matrix_rows(workload(1_000, 0, args.seed), args.rounds)))
        print("\n" + replay_speed(args.visits, args.rounds))


if __name__ == "__main__":
    main()
