"""The matrix step: the equations of :mod:`engine.network` written out over sparse weights (torch).

One tick for a batch of sessions: vectors in, vectors out, exact in float32 because every sum is a small
integer or half. For audit, export and many sessions at once; a kiosk runs the live executor without torch.
:class:`engine.matrix_executor.MatrixExecutor` is one session of it behind the interface of executors.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from engine.weights import Matrix, Weights

Tensor = Any


class Inputs(NamedTuple):
    """A tick's inputs, one row a session, all float32 of zeros and ones.

    Attributes:
        pulses: u, (sessions, pulses).
        levels: x, (sessions, levels). before: x̂.
        again: Levels whose rise counts although they were on: of rules that fired again.
        gates: g, (sessions, gates).
        cooling: (sessions, rules): fired, and the cooldown is not over.
    """

    pulses: Tensor
    levels: Tensor
    before: Tensor
    again: Tensor
    gates: Tensor
    cooling: Tensor


class Outputs(NamedTuple):
    """A tick's results, one row a session: units of the equations by their names there.

    Attributes:
        gamma: γ of (1). offered: γ¹ of (2). heard: γ² of (3).
        candidates: c. winners: w. acted: κ.
        consumed: Rules eaten. over: rules left by an effect, with the parts of all that is over or anew.
        levels: x after (7), (8) and ``once``.
        writes: ω of (9), one column per writer (:func:`engine.weights.writers_of`).
    """

    gamma: Tensor
    offered: Tensor
    heard: Tensor
    candidates: Tensor
    winners: Tensor
    acted: Tensor
    consumed: Tensor
    over: Tensor
    levels: Tensor
    writes: Tensor


def _step(z: Tensor) -> Tensor:
    """H."""
    return (z > 0).to(torch.float32)


class MatrixStep(torch.nn.Module):  # type: ignore[misc]
    """One tick. Buffers are weights: sparse matrices from columns to rows, and vectors.

    Args:
        weights: See :func:`engine.weights.weights_of`; or as read from a file.
    """

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.weights = weights
        for name, matrix in weights.matrices.items():
            self.register_buffer(name, _sparse(matrix, weights))
        for name, values in weights.vectors.items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))

    def _times(self, weights: str, vectors: Tensor) -> Tensor:
        """Weights applied to each row."""
        matrix = getattr(self, weights)
        if not matrix.values().numel():  # torch's kernels do not take empty matrices everywhere
            return vectors.new_zeros((len(vectors), matrix.shape[0]))
        return torch.sparse.mm(matrix, vectors.T).T

    def forward(self, inputs: Inputs) -> Outputs:
        """One tick of every session of the batch."""
        u, x, before, again, g, cooling = inputs
        rise = torch.maximum(_step(x - before - 0.5), again * x)
        fall = _step(before - x - 0.5)
        held = self._times("group_levels", x) + self._times("group_gates", g)
        by_pulse = _step(self._times("pulse_weights", u) + held - self.k + 0.5)
        edges = self._times("rise_weights", rise) + self._times("fall_weights", fall)
        by_tests = _step(edges + self.m * held - self.m * self.k - 0.5)
        gamma = torch.where(self.m > 0, by_tests, by_pulse)  # (1)
        masks = _step(self._times("mask_levels", x) + self._times("mask_gates", g) - self.mask_k + 0.5)
        inhibitors = self._times("unless_weights", masks) + self._times("own_weights", x) + cooling
        eligible = _step(0.5 - inhibitors)
        offered = _step(gamma + self._times_back("rule_groups", eligible) - 1.5)  # (2)
        heard = _step(offered - self._times("scope_weights", offered) - 0.5)  # (3)
        candidates = _step(self._times("rule_groups", heard) - 0.5)  # (4)
        winners = self._substitute(candidates, heard, x)  # (5)
        acted = _step(heard + self._times_back("rule_groups", winners) - 1.5)  # (6)
        consumed = _step(self._times("eat_weights", acted) - 0.5)
        active = self._times("is_active", x)
        all_left = _step((winners * self.leaves_all).sum(1, keepdim=True) - 0.5)
        left = _step(consumed + self._times("leave_weights", winners) + active * all_left - 0.5)
        over = _step(left + self._times("part_weights", torch.maximum(left, winners)) - 0.5)
        after = self._write(x, winners, over)
        wants = self._times("writer_rules", winners)
        writes = _step(wants - self._times("higher_weights", wants) - 0.5)  # (9)
        return Outputs(gamma, offered, heard, candidates, winners, acted, consumed, over, after, writes)

    def _times_back(self, weights: str, vectors: Tensor) -> Tensor:
        """The transposed weights applied to each row."""
        matrix = getattr(self, weights).t().coalesce()
        if not matrix.values().numel():
            return vectors.new_zeros((len(vectors), matrix.shape[0]))
        return torch.sparse.mm(matrix, vectors.T).T

    def _substitute(self, candidates: Tensor, heard: Tensor, x: Tensor) -> Tensor:
        """(5): forward substitution; a rule that can lose sees all who come before it by turn."""
        winners = candidates * self.free
        channels = self._times("held_weights", x)
        whole = _step(self._times("whole_weights", x) - 0.5)
        for rule in self.weights.turn:
            acted = _step(heard + self._times_back("rule_groups", winners) - 1.5)
            claims = self._times("claim_weights", winners) + self._times("eaten_weights", acted)
            claims = claims + whole * (winners * self.leaves_all).sum(1, keepdim=True) + channels
            column = _step(candidates[:, rule] - claims[:, rule] - 0.5)
            winners = winners.clone()
            winners[:, rule] = column
        return winners

    def _write(self, x: Tensor, winners: Tensor, over: Tensor) -> Tensor:
        """(7), (8), ``once``; K = 4 outweighs what speaks against it, since collectors are capped at one."""
        ends = _step(self._times("own_levels", torch.maximum(over, winners)) - 0.5)
        x = _step(4 * self._times("on_weights", winners) + x - ends - 0.5)
        yes, no, forget = (_step(self._times(f"{n}_weights", winners) - 0.5) for n in ("yes", "no", "forget"))
        to_yes = self._times("flag_yes", 4 * yes - no - forget)
        to_no = self._times("flag_no", 4 * no - 16 * yes - forget)
        return _step(x + to_yes + to_no + self._times("spend", winners) - 0.5)


def _sparse(matrix: Matrix, weights: Weights) -> Tensor:
    places = torch.tensor([entry[:2] for entry in matrix.entries], dtype=torch.int64).reshape(-1, 2).T
    values = torch.tensor([entry[2] for entry in matrix.entries], dtype=torch.float32)
    shape = len(weights.names[matrix.rows]), len(weights.names[matrix.columns])
    return torch.sparse_coo_tensor(places, values, shape, check_invariants=True, is_coalesced=True)
