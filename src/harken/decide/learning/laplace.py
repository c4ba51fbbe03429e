"""A Gaussian belief about a logit and one answer -> the Gaussian observation that teaches the same at its peak."""

from __future__ import annotations

from math import exp

STEPS = 50  # of the search for the peak; it takes about four
SURE = 15.0  # a logit of which more makes no difference: chances of 3 in 10 million


def met(mean: float, variance: float, positive: bool) -> tuple[float, float]:
    """Noise and response of the Gaussian observation that leaves the same belief as the logistic one, at its peak.

    The peak z of a belief N(mean, variance) times the likelihood solves z = mean + variance (y - sigmoid(z)).
    """
    y = 1.0 if positive else 0.0
    low, high = (mean, mean + variance) if positive else (mean - variance, mean)
    z, last = mean, high - low
    for _ in range(STEPS):
        p = sigmoid(z)
        off = z - mean - variance * (y - p)
        low, high = (low, z) if off > 0 else (z, high)
        step = off / (1 + variance * p * (1 - p))
        if (
            not low <= z - step <= high or abs(step) > last / 2
        ):  # Newton goes astray where the slope turns: halve instead
            step = z - (low + high) / 2
        z, last = z - step, abs(step)
        if last < 1e-12 * (1 + abs(z)):
            break
    p = sigmoid(max(-SURE, min(SURE, z)))
    noise = 1 / (p * (1 - p))
    return noise, z + (y - sigmoid(z)) * noise


def sigmoid(logit: float) -> float:
    """A logit as a chance.

    >>> sigmoid(0.0)
    0.5
    """
    return 1 / (1 + exp(-logit)) if logit >= 0 else (e := exp(logit)) / (1 + e)
