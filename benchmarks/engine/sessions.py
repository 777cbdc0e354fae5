"""How fast whole sessions are lived through again, and the matrix executor by size of the batch."""

from __future__ import annotations

import time

from benchmarks.engine.adapter import ACTION, Json, lower
from dsl.compiler import Compiled
from dsl.fixtures import read_fixture
from dsl.language import MironLanguage
from dsl.selfplay import OtherVoice
from dsl.testing import START
from engine.events import Assert
from engine.journal import Journal, Record, parse_all
from engine.network import Network
from engine.replay import feed, replay, start
from engine.roles import SwappedRun
from engine.session import Session
from engine.virtual import VirtualRun
from engine.visitor import SimulatedVisitor
from receptionist.dialogue import load_dialogue
from receptionist.simulated import SimulatedReceptionist

BATCHES = (1, 16, 256)


class Receptionist:
    """The shipped receptionist, simulated visitors to it, and their journals."""

    def __init__(self) -> None:
        self.compiled: Compiled = load_dialogue()
        self.network = Network.compile(self.compiled.program)
        dialogue = self.compiled.tree.dialogue
        assert dialogue is not None
        self.fixture = read_fixture(self.compiled.env, dialogue.given)
        self.application = SimulatedReceptionist()
        lexicons = {**self.application.lexicons(self.fixture), **self.fixture.lexicons}
        self.language = MironLanguage(self.compiled, lexicons)
        self.voice = OtherVoice(self.compiled, lexicons)

    def record(self, seed: int) -> Journal:
        """The journal of one simulated visit."""
        lines: list[str] = []
        program = self.compiled.program
        session = Session(
            program,
            self.language,
            seed=seed,
            locale="en",
            wall_start=self.fixture.now or START,
            network=self.network,
            journal=lines.append,
        )
        swapped = SwappedRun(program, self.language, seed=seed, locale="en", network=self.network)
        run = VirtualRun(session, self.fixture.services(self.application.services(self.fixture)))
        before = [Assert(entry, value) for entry, value in self.fixture.memory.items()]
        SimulatedVisitor(run, swapped, self.voice, seed).visit(before)
        session.close("end")
        return parse_all(("\n".join(lines) + "\n").encode())

    def live_through(self, journal: Journal) -> float:
        """Seconds of processor time to live through a journal again, lines written to memory."""
        lines: list[str] = []
        began = time.process_time()
        session = start(
            journal, self.compiled.program, self.language, write=lines.append, network=self.network
        )
        for record in journal.records:
            feed(session, record)
        return time.process_time() - began

    def same(self, journal: Journal) -> bool:
        """Whether the replay writes the same lines."""
        return replay(journal, self.compiled.program, self.language, network=self.network).identical


def _is_event(record: Record) -> bool:
    """Whether a line came from outside and is more than the frame of the session."""
    return record.cause is None and record.kind not in ("open", "close", "note")


def replay_speed(visits: int, rounds: int) -> str:
    """A line about visits to the shipped receptionist, recorded now and replayed."""
    receptionist = Receptionist()
    journals = [receptionist.record(seed) for seed in range(visits)]
    events = sum(_is_event(record) for journal in journals for record in journal.records)
    lines = sum(len(journal.records) for journal in journals)
    same = all(receptionist.same(journal) for journal in journals)
    took = min(sum(receptionist.live_through(journal) for journal in journals) for _ in range(rounds))
    return (
        f"Replay of {visits} visits to the receptionist ({len(receptionist.network.units):,} rules): "
        f"{events / took:,.0f} events/s, {lines / took:,.0f} journal lines/s "
        f"({events:,} events, {lines:,} lines), identical: {'yes' if same else 'NO'}"
    )


def matrix_rows(spec: Json, seconds: float) -> list[str]:
    """A table of the matrix step by size of the batch, one thread; each size for about so many seconds."""
    import torch

    from engine.matrix import Inputs, MatrixStep
    from engine.matrix_executor import MatrixExecutor
    from engine.weights import weights_of

    torch.set_num_threads(1)
    network = Network.compile(lower(spec), instant={ACTION})
    step = MatrixStep(weights_of(network))
    executor = MatrixExecutor(network, step)
    rows = [executor.inputs((number % len(network.pulses),), 0) for number in range(max(BATCHES))]
    found = ["| sessions | ms/step | session ticks/s |", "|---------:|--------:|----------------:|"]
    for batch in BATCHES:
        inputs = Inputs(*(torch.cat(column) for column in zip(*rows[:batch], strict=True)))
        best = float("inf")
        end = time.process_time() + seconds
        with torch.no_grad():
            step(inputs)
            while time.process_time() < end:
                began = time.process_time()
                step(inputs)
                best = min(best, time.process_time() - began)
        found.append(f"| {batch:8d} | {best * 1e3:7.1f} | {batch / best:15,.0f} |")
    return found
