"""A learner at one moment -> the readers' copy, which never changes, and its bytes; and a learner that goes on from there.

Bytes are a header (what is there, where) and the numbers as they are, so that a reader needs to copy nothing and gets the
same bits: a decision made from a snapshot can be made again from its bytes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.learning.belief import Floats, Full, Rows
from harken.decide.learning.calibration import Calibration
from harken.decide.learning.chances import Weights
from harken.decide.learning.layout import Layout
from harken.decide.learning.learner import Learner, Prior, group_prior, own_variance

MAGIC = b"harken-model-1\n\0"
ALIGN = 64


class About(Struct, frozen=True, kw_only=True):
    """What a snapshot is, without its numbers."""

    version: int
    lessons: int
    births: int
    answers: int  # calibration learned from
    layout: Layout
    layouts: dict[str, Layout]
    prior: Prior
    groups: tuple[str, ...]
    actions: tuple[str, ...]  # by row
    born: tuple[int, ...]


class Snapshot:
    """What is known at one moment. Nobody changes it."""

    def __init__(self, about: About, numbers: dict[str, NDArray[Any]]) -> None:
        self.about, self.numbers = about, numbers
        for one in numbers.values():
            one.flags.writeable = False

    @property
    def layout(self) -> Layout:
        return self.about.layout

    @cached_property
    def row(self) -> dict[str, int]:
        """Action -> its row."""
        return {action: at for at, action in enumerate(self.about.actions)}

    @cached_property
    def group(self) -> dict[str, int]:
        """Group -> its number."""
        return {group: at for at, group in enumerate(self.about.groups)}

    @cached_property
    def weights(self) -> Weights:
        """As readers need them, with one more group and action: those of which nothing is known yet."""
        layout, prior, numbers = self.layout, self.about.prior, self.numbers
        columns = len(layout.columns)
        variance, mean = group_prior(layout, prior)
        alone = own_variance(layout, prior)
        precision = np.vstack([numbers["own_precision"], 1 / alone])
        return Weights(
            shared_mean=numbers["shared_mean"].reshape(-1, columns),
            shared_covariance=numbers["shared_covariance"],
            group_mean=np.vstack([numbers["group_mean"], mean, mean]),
            group_covariance=np.concatenate(
                [numbers["group_covariance"], [np.diag(variance), np.zeros((columns,) * 2)]]
            ),
            own_mean=(np.vstack([numbers["own_shift"], np.zeros(columns)]) / precision).astype(np.float32),
            own_variance=(1 / precision).astype(np.float32),
        )

    @property
    def calibration(self) -> Floats:
        """Shift and slope of a served logit."""
        found: Floats = self.numbers["calibration_mean"]
        return found

    def to_bytes(self) -> bytes:
        """All of it; `from_bytes` gives it back, bit for bit."""
        places: dict[str, tuple[str, tuple[int, ...], int]] = {}
        at = 0
        for name, one in self.numbers.items():
            places[name] = (one.dtype.str, one.shape, at)
            at += -(-one.nbytes // ALIGN) * ALIGN
        header = msgspec.msgpack.encode((self.about, places))
        start = -(-(len(MAGIC) + 8 + len(header)) // ALIGN) * ALIGN
        told = bytearray(start + at)
        told[: len(MAGIC) + 8] = MAGIC + len(header).to_bytes(8, "little")
        told[len(MAGIC) + 8 : len(MAGIC) + 8 + len(header)] = header
        for name, one in self.numbers.items():
            begin = start + places[name][2]
            told[begin : begin + one.nbytes] = np.ascontiguousarray(one).tobytes()
        return bytes(told)

    @classmethod
    def from_bytes(cls, told: bytes | memoryview) -> Snapshot:
        """The snapshot those bytes are of; ValueError if they are of none."""
        view = memoryview(told)
        if bytes(view[: len(MAGIC)]) != MAGIC:
            raise ValueError("no snapshot of a model: its first bytes are others")
        size = int.from_bytes(view[len(MAGIC) : len(MAGIC) + 8], "little")
        about, places = _HEADER.decode(view[len(MAGIC) + 8 : len(MAGIC) + 8 + size])
        start = -(-(len(MAGIC) + 8 + size) // ALIGN) * ALIGN
        numbers: dict[str, NDArray[Any]] = {}
        for name, (kind, shape, at) in places.items():
            dtype = np.dtype(kind)
            count = int(np.prod(shape, dtype=np.int64))
            numbers[name] = np.frombuffer(view, dtype, count, start + at).reshape(shape) if count else np.zeros(shape)
        return cls(about, numbers)


_HEADER = msgspec.msgpack.Decoder(tuple[About, dict[str, tuple[str, tuple[int, ...], int]]])


def snapshot(learner: Learner, version: int = 0) -> Snapshot:
    """The learner as it is now, under a number: versions rise; 0 is a learner that was taught nothing."""
    rows = sorted(learner.row, key=learner.row.__getitem__)
    at = np.array([learner.row[action] for action in rows], np.int64)
    groups = sorted(learner.groups)
    blocks = [learner.groups[group] for group in groups]
    columns = len(learner.layout.columns)
    for block in (learner.shared, *blocks):
        block.settle()
    about = About(
        version=version,
        lessons=learner.lessons,
        births=learner.births,
        answers=learner.calibration.answers,
        layout=learner.layout,
        layouts=dict(learner.layouts),
        prior=learner.prior,
        groups=tuple(groups),
        actions=tuple(rows),
        born=tuple(learner.born[action] for action in rows),
    )
    numbers: dict[str, NDArray[Any]] = {
        "own_precision": learner.rows.precision[at],
        "own_shift": learner.rows.shift[at],
        "seen": learner.seen[at],
        "positive": learner.positive[at],
        "calibration_precision": learner.calibration.precision.copy(),
        "calibration_shift": learner.calibration.shift.copy(),
        "calibration_mean": learner.calibration.mean(),
    }
    for part in PARTS:
        numbers[f"shared_{part}"] = getattr(learner.shared, part).copy()
        shape = (0, columns, columns) if part in ("precision", "covariance") else (0, columns)
        numbers[f"group_{part}"] = np.stack([getattr(one, part) for one in blocks]) if blocks else np.zeros(shape)
    return Snapshot(about, numbers)


PARTS = ("precision", "shift", "covariance", "mean")


def resume(found: Snapshot) -> Learner:
    """A learner that goes on from a snapshot, as if it had never stopped."""
    about, numbers = found.about, found.numbers
    learner = Learner(about.layout, about.prior)
    learner.layouts = dict(about.layouts)
    learner.lessons, learner.births = about.lessons, about.births
    learner.shared = _block(numbers, "shared_")
    learner.calibration = Calibration(
        numbers["calibration_precision"].copy(), numbers["calibration_shift"].copy(), about.answers
    )
    for at, group in enumerate(about.groups):
        learner.groups[group] = _block(
            {name: one[at] for name, one in numbers.items() if name.startswith("group_")}, "group_"
        )
    learner.rows = Rows(learner.rows.prior, numbers["own_precision"].copy(), numbers["own_shift"].copy())
    learner.row = {action: at for at, action in enumerate(about.actions)}
    learner.born = dict(zip(about.actions, about.born, strict=True))
    learner.seen, learner.positive = numbers["seen"].copy(), numbers["positive"].copy()
    return learner


def _block(numbers: dict[str, NDArray[Any]], prefix: str) -> Full:
    precision, shift, covariance, mean = (numbers[prefix + part].copy() for part in PARTS)
    return Full(precision, shift, covariance, mean)
