"""The neural half, in torch: training only (serving is `tagger.py`, in numpy).

Two convolutions read a sentence; the strongest response of each unit names the intent, and a linear-chain
CRF, told the intent, names the slots. The CRF also sees a word and its neighbours directly ("wide and deep":
the wide half is what learns from few sentences, the deep half what generalises from many).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from miron.learn.features import Columns, Floats

IMPOSSIBLE = -1e4


@dataclass(frozen=True, slots=True)
class Sample:
    """One sentence ready for the network.

    Attributes:
        words: column of each word (0: unknown).
        parts: columns of spelling and classes, beside the number of the word (`parts_at`).
        values: columns of known values, likewise.
        near: columns of the wide half, likewise.
        told: columns of the wide half that depend on the intent, likewise.
        intent: class number.
        labels: label number of each word.
        meaning: the sentence encoder's view of each word (T, dimensions), if it is used.
    """

    words: Columns
    parts: Columns
    parts_at: Columns
    values: Columns
    values_at: Columns
    near: Columns
    near_at: Columns
    told: Columns
    told_at: Columns
    intent: int
    labels: Columns
    meaning: NDArray[np.float16] | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """How large the network is and how long it learns."""

    batch: int
    steps: int
    rate: float
    wide_rate: float
    embedding: int = 64
    hidden: int = 96
    drop: float = 0.3
    word_drop: float = 0.1
    value_drop: float = 0.3
    untold: float = 0.2
    meaning: int = 0  # numbers a word has from the sentence encoder


class Network(nn.Module):
    """Embedding sum → two convolutions → intent scores and CRF emissions."""

    def __init__(self, n_deep: int, n_wide: int, n_intents: int, n_labels: int, size: Size) -> None:
        super().__init__()
        both = size.hidden + size.embedding
        self.embed = nn.EmbeddingBag(n_deep, size.embedding, mode="sum")
        nn.init.normal_(self.embed.weight, 0, 0.1)
        self.wide = nn.EmbeddingBag(n_wide, n_labels, mode="sum", sparse=True)
        nn.init.zeros_(self.wide.weight)
        self.meaning = nn.Linear(size.meaning, size.embedding, bias=False) if size.meaning else None
        self.near = nn.Linear(3 * size.embedding, size.hidden)
        self.far = nn.Linear(3 * size.hidden, size.hidden)
        self.intent = nn.Linear(both, n_intents)
        self.mix = nn.Linear(both, size.hidden)
        self.told = nn.Linear(n_intents, size.hidden, bias=False)
        self.emit = nn.Linear(size.hidden, n_labels)
        self.follow = nn.Parameter(torch.zeros(n_labels, n_labels))
        self.start = nn.Parameter(torch.zeros(n_labels))
        self.drop = nn.Dropout(size.drop)

    def forward(self, batch: "Batch", told: Tensor) -> tuple[Tensor, Tensor]:
        """Intent scores (B, intents) and emissions (B, T, labels)."""
        keep = batch.mask[..., None]  # (B, T, 1)
        shape = (*batch.mask.shape, -1)
        x = self.embed(batch.deep, batch.deep_from).view(shape)  # (B, T, embedding)
        if self.meaning is not None and batch.meaning is not None:
            x = x + self.meaning(self.drop(batch.meaning))
        x = self.drop(torch.tanh(x)) * keep
        h1 = torch.relu(self.near(_window(x, 1))) * keep  # (B, T, hidden)
        h2 = torch.relu(self.far(_window(self.drop(h1), 2)))
        h = self.drop(torch.cat([h1 + h2, x], -1))
        pooled = h.masked_fill(~keep, -1e9).max(1).values
        z = torch.relu(self.mix(h) + self.told(told)[:, None])
        return self.intent(pooled), self.emit(self.drop(z)) + self.wide(batch.wide, batch.wide_from).view(
            shape
        )

    def crf_loss(self, emissions: Tensor, batch: "Batch", banned: Tensor, first: Tensor) -> Tensor:
        """Mean negative log-likelihood of the label sequences."""
        follow, start, labels, mask = self.follow + banned, self.start + first, batch.labels, batch.mask
        gold = (emissions.gather(2, labels[..., None]).squeeze(2) * mask).sum(1) + start[labels[:, 0]]
        gold = gold + (follow[labels[:, :-1], labels[:, 1:]] * mask[:, 1:]).sum(1)
        jump = follow.exp()
        alpha = start + emissions[:, 0]  # (B, labels)
        for t in range(1, emissions.shape[1]):
            top = alpha.detach().max(1, keepdim=True).values
            step = ((alpha - top).exp() @ jump).clamp_min(1e-30).log() + top + emissions[:, t]
            alpha = torch.where(mask[:, t, None], step, alpha)
        return (alpha.logsumexp(1) - gold).mean()


def _window(x: Tensor, reach: int) -> Tensor:
    """Each position beside those `reach` before and after it: (B, T, n) → (B, T, 3 n)."""
    pad = F.pad(x, (0, 0, reach, reach))
    return torch.cat([pad[:, : x.shape[1]], x, pad[:, 2 * reach :]], -1)


def bans(labels: Sequence[str]) -> tuple[Floats, Floats]:
    """Costs that forbid I-x after anything but B-x and I-x, and at the start."""
    table = np.zeros((len(labels), len(labels)), np.float32)
    first = np.zeros(len(labels), np.float32)
    for j, label in enumerate(labels):
        if label.startswith("I-"):
            first[j] = IMPOSSIBLE
            for i, before in enumerate(labels):
                if before == "O" or before[2:] != label[2:]:
                    table[i, j] = IMPOSSIBLE
    return table, first


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded sentences as tensors; ``*_from`` are the offsets of `nn.EmbeddingBag`."""

    deep: Tensor
    deep_from: Tensor
    wide: Tensor
    wide_from: Tensor
    mask: Tensor
    labels: Tensor
    intents: Tensor
    told: Tensor
    meaning: Tensor | None


def _bags(columns: list[Columns], places: list[Columns], bags: int) -> tuple[Tensor, Tensor]:
    flat, at = np.concatenate(columns), np.concatenate(places)
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(bags))
    return torch.from_numpy(flat[order]), torch.from_numpy(starts)


def collate(samples: Sequence[Sample], rng: np.random.Generator, size: Size) -> Batch:
    """Make a batch; words, known values and the intent are left out at random, so that the rest must do."""
    longest = max(len(s.words) for s in samples)
    deep: list[Columns] = []
    deep_at: list[Columns] = []
    wide: list[Columns] = []
    wide_at: list[Columns] = []
    told = rng.random(len(samples)) >= size.untold
    labels = np.zeros((len(samples), longest), np.int64)
    mask = np.zeros((len(samples), longest), bool)
    meaning = np.zeros((len(samples), longest, size.meaning), np.float32)
    for row, s in enumerate(samples):
        count = len(s.words)
        labels[row, :count] = s.labels
        mask[row, :count] = True
        if s.meaning is not None:
            meaning[row, :count] = s.meaning
        heard = np.flatnonzero((s.words > 0) & (rng.random(count) >= size.word_drop))
        deep += [s.words[heard], s.parts]
        deep_at += [heard + row * longest, s.parts_at + row * longest]
        if rng.random() >= size.value_drop:
            deep.append(s.values)
            deep_at.append(s.values_at + row * longest)
        wide.append(s.near)
        wide_at.append(s.near_at + row * longest)
        if told[row]:
            wide.append(s.told)
            wide_at.append(s.told_at + row * longest)
    bags = len(samples) * longest
    return Batch(
        *_bags(deep, deep_at, bags),
        *_bags(wide, wide_at, bags),
        torch.from_numpy(mask),
        torch.from_numpy(labels),
        torch.tensor([s.intent for s in samples]),
        torch.from_numpy(told),
        torch.from_numpy(meaning) if size.meaning else None,
    )


@torch.no_grad()
def _adagrad(weight: Tensor, squares: Tensor, rate: float) -> None:
    """One step of Adagrad on the rows that the sparse gradient names (torch's own warns)."""
    if weight.grad is None:
        return
    gradient = weight.grad.coalesce()
    rows, values = gradient.indices()[0], gradient.values()
    seen = squares[rows] + values * values
    squares[rows] = seen
    weight.index_add_(0, rows, values / (seen.sqrt() + 1e-10), alpha=-rate)


def _batches(samples: Sequence[Sample], size: int, rng: np.random.Generator) -> list[list[Sample]]:
    """Shuffled batches of sentences of similar length (padding costs time)."""
    order = rng.permutation(len(samples))
    window = size * 16
    out = []
    for i in range(0, len(order), window):
        near = sorted(order[i : i + window], key=lambda j: len(samples[j].words))
        out += [[samples[j] for j in near[k : k + size]] for k in range(0, len(near), size)]
    return [out[i] for i in rng.permutation(len(out))]


def fit(
    draw: Callable[[], Sequence[Sample]],
    n_deep: int,
    n_wide: int,
    n_intents: int,
    labels: Sequence[str],
    size: Size,
    *,
    seed: int,
    progress: Callable[[float], None],
) -> dict[str, NDArray[np.float32]]:
    """Train on ``draw()``, a fresh augmented list of samples each round; return the weights by name."""
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Network(n_deep, n_wide, n_intents, len(labels), size)
        banned, first = (torch.from_numpy(a) for a in bans(labels))
        dense = [p for name, p in net.named_parameters() if not name.startswith("wide")]
        adam = torch.optim.Adam(dense, lr=size.rate, betas=(0.9, 0.98), fused=True)
        squares = torch.zeros_like(net.wide.weight)
        waiting: list[list[Sample]] = []
        for step in range(size.steps):
            waiting = waiting or _batches(draw(), size.batch, rng)
            batch = collate(waiting.pop(), rng, size)
            told = F.one_hot(batch.intents, n_intents) * batch.told[:, None]
            scores, emissions = net(batch, told.float())
            loss = F.cross_entropy(scores, batch.intents, label_smoothing=0.1)
            loss = loss + net.crf_loss(emissions, batch, banned, first)
            share = step / size.steps
            adam.param_groups[0]["lr"] = size.rate * min(1.0, share * 10 + 0.1) * (1 - share)
            adam.zero_grad()
            net.wide.weight.grad = None
            loss.backward()
            nn.utils.clip_grad_norm_(dense, 5.0)
            adam.step()
            _adagrad(net.wide.weight, squares, size.wide_rate)
            if step % 10 == 0:
                progress(share)
        weights = {name: p.detach().numpy().copy() for name, p in net.named_parameters()}
    weights["follow"] += banned.numpy()
    weights["start"] += first.numpy()
    return weights
