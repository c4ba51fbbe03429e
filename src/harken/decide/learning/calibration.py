"""Logits as served, and what came of them once that is final -> the logits they should have been.

Whatever is chosen because it looks best looks better than it is, the more so the less is known. A shift and a slope put
that right: served = shift + slope x raw, learned from the chosen ones, the last few thousand of which count most. The slope is
above 0: calibration never changes which of two is better.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from harken.decide.learning.belief import Floats
from harken.decide.learning.laplace import met

HALF = 2_000  # answers after which one counts half
VARIANCE = (0.25, 0.04)  # of shift and slope before anything is known
LEAST_SLOPE = 0.1
PRIOR = np.diag([1 / one for one in VARIANCE])
PRIOR_SHIFT = np.array([0.0, 1 / VARIANCE[1]])


class Served(Struct, frozen=True, array_like=True):
    """What one final answer taught, and when: after how many others."""

    raw: float
    weight: float
    response: float
    at: int


class Calibration:
    """Shift and slope of the served logit."""

    def __init__(self, precision: Floats | None = None, shift: Floats | None = None, answers: int = 0) -> None:
        self.precision = np.zeros((2, 2)) if precision is None else precision  # what was learned, without the prior
        self.shift = np.zeros(2) if shift is None else shift
        self.answers = answers

    def mean(self) -> Floats:
        """Shift and slope."""
        precision, shift = PRIOR + self.precision, PRIOR_SHIFT + self.shift
        found: Floats = np.asarray(np.linalg.solve(precision, shift), np.float64)
        if found[1] < LEAST_SLOPE:
            found = np.array([(shift[0] - precision[0, 1] * LEAST_SLOPE) / precision[0, 0], LEAST_SLOPE])
        return found

    def teach(self, raw: float, *, positive: bool) -> Served:
        """Learn from an answer that is final; what it taught is to be kept for `take_back`."""
        looked = np.array([1.0, raw])
        precision = PRIOR + self.precision
        mean = float(looked @ np.linalg.solve(precision, PRIOR_SHIFT + self.shift))
        noise, response = met(mean, float(looked @ np.linalg.solve(precision, looked)), positive)
        fade = 0.5 ** (1 / HALF)
        self.precision *= fade
        self.shift *= fade
        self.answers += 1
        served = Served(raw, 1 / noise, response, self.answers)
        self._apply(served, 1.0)
        return served

    def take_back(self, served: Served) -> None:
        """Know everything but this, which counts as much as is left of it."""
        self._apply(served, -1.0)

    def _apply(self, served: Served, sign: float) -> None:
        left: float = sign * served.weight * 0.5 ** ((self.answers - served.at) / HALF)
        looked = np.array([1.0, served.raw])
        self.precision += left * np.outer(looked, looked)
        self.shift += left * served.response * looked
