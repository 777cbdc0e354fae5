"""Linear classifiers, trained in torch: an SVM over n-grams, multinomial regression over dense features."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from miron.learn.features import Columns, Encoded, Floats

_DENSE_UP_TO = 2500  # sentences; beyond, their Gram matrix costs more than it saves


class Problem:
    """Sentences to separate, held in the form that is cheapest to train on.

    Few sentences span a small space: in an orthonormal basis of it (Cholesky factor of the Gram matrix) the
    machine is the same and training takes milliseconds, so that cross-validation costs nothing.
    """

    def __init__(self, rows: Sequence[Encoded], width: int) -> None:
        import torch

        self._rows, self._width = rows, width
        self._factor: Any = None
        if len(rows) <= _DENSE_UP_TO:
            sparse = _csr(rows, width)
            gram = torch.empty(len(rows), len(rows))
            for at in range(0, len(rows), 256):
                block = _csr(rows[at : at + 256], width).to_dense()
                gram[:, at : at + 256] = sparse @ block.T
            self._factor = torch.linalg.cholesky((gram + gram.T) / 2 + 1e-3 * torch.eye(len(rows)))

    def fit(self, chosen: Columns, labels: Columns, classes: int) -> tuple[Any, Any]:
        """Train on some of the rows: weights (in the inner basis) and bias. Label -1 is no class."""
        import torch

        if self._factor is not None:
            matrix = self._factor[torch.from_numpy(chosen)]
            return _svm(matrix, matrix.T, labels, classes)
        rows = [self._rows[i] for i in chosen]
        return _svm(_csr(rows, self._width), _csr_transposed(rows, self._width), labels, classes)

    def weights(self, machine: tuple[Any, Any]) -> tuple[Floats, Floats]:
        """Weights (width, classes) and bias over the features themselves."""
        import torch

        weight, bias = machine
        if self._factor is not None:
            dual = torch.linalg.solve_triangular(self._factor.T, weight, upper=True)
            weight = _csr_transposed(self._rows, self._width) @ dual
        return weight.numpy().copy(), bias.numpy().copy()


def _svm(matrix: Any, transposed: Any, labels: Columns, classes: int) -> tuple[Any, Any]:
    """One against the rest, squared hinge, L-BFGS: no randomness."""
    import torch

    cost = 0.5
    target = torch.from_numpy(labels)
    sign = -torch.ones(len(labels), classes)
    known = torch.nonzero(target >= 0).squeeze(1)
    sign[known, target[known]] = 1.0
    weight = torch.zeros(matrix.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=35, history_size=6, line_search_fn="strong_wolfe", tolerance_grad=1e-4
    )

    @torch.no_grad()
    def closure() -> Any:
        slack = (1 - sign * (matrix @ weight + bias)).clamp_min_(0)
        push = -2 * cost * sign * slack
        weight.grad = weight + transposed @ push
        bias.grad = push.sum(0) + 0.01 * bias
        return 0.5 * (weight * weight).sum() + 0.005 * (bias * bias).sum() + cost * (slack * slack).sum()

    optimiser.step(closure)
    return weight.detach(), bias.detach()


def softmax(features: Floats, labels: Columns, classes: int) -> tuple[Floats, Floats]:
    """Regularised multinomial logistic regression: weights (numbers, classes) and bias."""
    import torch

    cost = 20.0
    x, target = torch.from_numpy(features), torch.from_numpy(labels)
    weight = torch.zeros(x.shape[1], classes)
    bias = torch.zeros(classes)
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=30, history_size=8, line_search_fn="strong_wolfe", tolerance_grad=1e-3
    )

    @torch.no_grad()
    def closure() -> Any:
        shares = torch.log_softmax(x @ weight + bias, 1)
        loss = -cost * shares.gather(1, target[:, None]).sum() + 0.5 * (weight * weight).sum()
        push = shares.exp()
        push[torch.arange(len(push)), target] -= 1
        weight.grad = weight + cost * (x.T @ push)
        bias.grad = cost * push.sum(0)
        return loss

    optimiser.step(closure)
    return weight.numpy().copy(), bias.numpy().copy()


def _csr(rows: Sequence[Encoded], width: int) -> Any:
    starts = np.cumsum([0, *(len(r.columns) for r in rows)])
    columns = np.concatenate([r.columns for r in rows])
    return _tensor(starts, columns, np.concatenate([r.values for r in rows]), (len(rows), width))


def _csr_transposed(rows: Sequence[Encoded], width: int) -> Any:
    columns = np.concatenate([r.columns for r in rows])
    values = np.concatenate([r.values for r in rows])
    at = np.repeat(np.arange(len(rows)), [len(r.columns) for r in rows])
    order = np.argsort(columns, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=width))])
    return _tensor(starts, at[order], values[order], (width, len(rows)))


def _tensor(starts: Columns, columns: Columns, values: Floats, shape: tuple[int, int]) -> Any:
    import torch

    with warnings.catch_warnings():
        # torch says once that CSR is in beta; the two products used here have been stable for years.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            torch.from_numpy(starts),
            torch.from_numpy(columns),
            torch.from_numpy(values),
            shape,
            check_invariants=False,
        )
