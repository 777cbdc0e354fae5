#!/usr/bin/env python3
"""Miron's trained understanding as a benchmark command.

    adapter.py --train T.jsonl --eval E.jsonl:P.jsonl [--eval …] --timings J.json --work DIR [--semantic]

Trains on T, saves the model in DIR, then loads it in a fresh process, which measures serving and writes for
every row of each E a row to P: ``{"intent", "confidence", "slots": [{"start", "end", "entity", "value"}]}``.
Rows of T and E are ``{"text", "intent", "slots"}``; only the texts of E are looked at. Rows of T with the
intent ``oos`` (or null) are examples of what is out of scope. --semantic adds the sentence encoder.

J receives train_s, train_cpu_s, import_s, load_s, first_parse_s, cold_start_s, cold_start_cpu_s, p50_ms,
p99_ms, p50_cpu_ms, p99_cpu_ms, rss_mb and model_mb. Training time excludes the import of torch. Latency is
of one sentence at a time: 50 to warm up, then up to 300 of the last E, in a fixed random order.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

T = TypeVar("T")

WARM_UP, TIMED = 50, 300
OUT_OF_SCOPE = ("oos", None)


def read_rows(path: str | Path) -> list[dict[str, Any]]:
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """Result, seconds of wall clock, seconds of processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def quantile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def answer(model: Any, text: str) -> dict[str, Any]:
    parsed = model.parse(text)
    return {
        "intent": parsed.intent,
        "confidence": round(parsed.confidence, 6),
        "slots": [
            {"start": s.start, "end": s.end, "entity": s.entity, "value": text[s.start : s.end]}
            for s in parsed.spans
        ],
    }


def train(options: argparse.Namespace, model_path: Path) -> dict[str, float]:
    import torch
    import torch._dynamo  # the first optimiser imports it; that is import time, not training time

    import miron.learn.network  # noqa: F401
    from miron.learn import Example, Settings, SlotSpan
    from miron.learn import train as learn

    torch.set_num_threads(1)
    rows = read_rows(options.train)
    examples = [
        Example(
            r["text"], r["intent"], tuple(SlotSpan(s["start"], s["end"], s["entity"]) for s in r["slots"])
        )
        for r in rows
        if r["intent"] not in OUT_OF_SCOPE
    ]
    outside = [r["text"] for r in rows if r["intent"] in OUT_OF_SCOPE]
    settings = Settings(seed=options.seed, semantic=options.semantic)

    def work() -> None:
        learn(examples, settings=settings, out_of_scope=outside).save(model_path)

    _, wall, cpu = timed(work)
    return {"train_s": round(wall, 2), "train_cpu_s": round(cpu, 2)}


def serve(model_path: Path, evals: list[list[str]]) -> dict[str, float]:
    def imports() -> Any:
        from miron.learn import Model

        return Model

    texts = [row["text"] for row in read_rows(evals[-1][1])]
    random.Random(1).shuffle(texts)
    model_type, import_wall, import_cpu = timed(imports)
    model, load_wall, load_cpu = timed(lambda: model_type.load(model_path))
    _, first_wall, first_cpu = timed(lambda: model.parse(texts[0]))
    for text in texts[:WARM_UP]:
        model.parse(text)
    runs = [timed(lambda text=text: model.parse(text)) for text in texts[WARM_UP : WARM_UP + TIMED] or texts]
    wall, cpu = [1e3 * r[1] for r in runs], [1e3 * r[2] for r in runs]
    facts = {
        "import_s": round(import_wall, 3),
        "load_s": round(load_wall, 3),
        "first_parse_s": round(first_wall, 4),
        "cold_start_s": round(import_wall + load_wall + first_wall, 3),
        "cold_start_cpu_s": round(import_cpu + load_cpu + first_cpu, 3),
        "p50_ms": quantile(wall, 0.5),
        "p99_ms": quantile(wall, 0.99),
        "p50_cpu_ms": quantile(cpu, 0.5),
        "p99_cpu_ms": quantile(cpu, 0.99),
        "rss_mb": resident_mb(),
        "model_mb": round(sum(p.stat().st_size for p in model_path.parent.iterdir()) / 1e6, 2),
    }
    for target, source in evals:
        with open(target, "w", encoding="utf-8") as out:
            for row in read_rows(source):
                out.write(json.dumps(answer(model, row["text"]), ensure_ascii=False) + "\n")
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--train")
    parser.add_argument("--eval", action="append", default=[], metavar="IN:OUT")
    parser.add_argument("--timings")
    parser.add_argument("--work", required=True)
    parser.add_argument("--semantic", action="store_true", help="add the sentence encoder (extra 'semantic')")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    model_path = Path(options.work) / "model.npz"
    evals = [list(reversed(pair.rsplit(":", 1))) for pair in options.eval]
    if options.serve:
        print(json.dumps(serve(model_path, evals)))
        return
    if not (options.train and evals):
        parser.error("--train and at least one --eval are needed")
    facts = train(options, model_path)
    fresh = [sys.executable, __file__, "--serve", "--work", options.work]
    for pair in options.eval:
        fresh += ["--eval", pair]
    done = subprocess.run(fresh, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    facts |= json.loads(done.stdout.splitlines()[-1])
    if options.timings:
        Path(options.timings).write_text(json.dumps(facts), encoding="utf-8")
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
