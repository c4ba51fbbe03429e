"""Observations of a linear form -> a Gaussian over its weights: one with every covariance, one that has none.

What is known is kept as precision and shift (precision x mean), to which an observation only ever adds: its weight times the
square of what was looked at, and that times the response. So the order of observations makes no difference, and taking one
back is subtracting what it added, whatever came in between. Covariance and mean are what readers need; they follow.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

TOGETHER = 32  # observations that are put into the matrices at once
FRESH = 4096  # after so many, covariance and mean are computed anew, so that rounding does not add up


class Full:
    """Weights that may all depend on each other."""

    def __init__(self, precision: Floats, shift: Floats, covariance: Floats, mean: Floats) -> None:
        self.precision, self.shift = precision, shift
        self.covariance, self.mean = covariance, mean
        size = len(shift)
        self._gains, self._seen = np.empty((TOGETHER, size)), np.empty((TOGETHER, size))
        self._shrinks, self._weights, self._responses = np.empty((3, TOGETHER))
        self._waiting = 0
        self._since = 0

    @classmethod
    def prior(cls, variance: Floats, mean: Floats) -> Full:
        """Before anything is known: independent weights."""
        return cls(np.diag(1 / variance), mean / variance, np.diag(variance), mean.copy())

    def spread(self, looked: Floats) -> tuple[Floats, float]:
        """Covariance of each weight with what is looked at, and the variance of that."""
        gain: Floats = self.covariance @ looked
        if n := self._waiting:
            gains = self._gains[:n]
            gain -= (self._shrinks[:n] * (gains @ looked)) @ gains
        return gain, float(gain @ looked)

    def add(self, looked: Floats, weight: float, response: float, spread: tuple[Floats, float] | None = None) -> None:
        """Take in an observation; with the negative of its weight: take it back."""
        gain, variance = spread or self.spread(looked)
        shrink = weight / (1 + weight * variance)
        self.mean += gain * (shrink * (response - float(self.mean @ looked)))
        at = self._waiting
        self._gains[at], self._seen[at] = gain, looked
        self._shrinks[at], self._weights[at], self._responses[at] = shrink, weight, response
        self._waiting += 1
        if self._waiting == TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Put what waits into the matrices."""
        n, self._waiting = self._waiting, 0
        if not n:
            return
        gains, seen = self._gains[:n], self._seen[:n]
        weighted = seen * self._weights[:n, None]
        self.covariance -= (gains * self._shrinks[:n, None]).T @ gains
        self.precision += weighted.T @ seen
        self.shift += weighted.T @ self._responses[:n]
        self._since += n
        if self._since >= FRESH:
            self.refresh()

    def refresh(self) -> None:
        """Covariance and mean anew from what is known."""
        self.settle()
        self._since = 0
        self.covariance = inverse(self.precision)
        self.mean = self.covariance @ self.shift


class Rows:
    """Many vectors of weights, one a row, in each of which all are independent."""

    def __init__(self, prior: Floats, precision: Floats, shift: Floats) -> None:
        self.prior = prior  # precision of a row of which nothing is known
        self.precision, self.shift = precision, shift

    @classmethod
    def of(cls, variance: Floats) -> Rows:
        """No rows yet."""
        empty = np.zeros((0, len(variance)))
        return cls(1 / variance, empty, empty.copy())

    def blank(self, row: int) -> None:
        """Know nothing of a row; the table grows as far as it must."""
        if row >= len(self.shift):
            more = max(16, len(self.shift), row + 1 - len(self.shift))
            self.precision = np.vstack([self.precision, np.tile(self.prior, (more, 1))])
            self.shift = np.vstack([self.shift, np.zeros((more, len(self.prior)))])
        self.precision[row], self.shift[row] = self.prior, 0.0

    def guess(self, row: int, looked: Floats) -> tuple[float, float]:
        """Mean and variance of what is looked at."""
        part = looked / self.precision[row]
        return float(part @ self.shift[row]), float(part @ looked)

    def lesson(self, row: int, looked: Floats, weight: float, error: float) -> NDArray[np.float32]:
        """What an observation adds to the shift of a row. `weight` is that of the whole observation, so that no weight is
        surer of its part than the others let it be; rounded, so that it is small to keep and can be taken back exactly."""
        variance = 1 / self.precision[row]
        share = weight * looked
        change: Floats = share * (error * (1 + share * looked * variance) + looked * self.shift[row] * variance)
        return change.astype(np.float32)

    def add(self, row: int, looked: Floats, weight: float, change: NDArray[np.float32]) -> None:
        """Take in an observation; with the negative of weight and change: take it back."""
        self.precision[row] += weight * looked * looked
        self.shift[row] += change


def inverse(precision: Floats) -> Floats:
    """Of a symmetric positive matrix, and symmetric itself to the last bit."""
    found = np.linalg.inv(precision)
    return (found + found.T) / 2
