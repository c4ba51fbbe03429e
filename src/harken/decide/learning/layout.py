"""Names of what weights are about -> where they stand; and what stays where when names come and go."""

from __future__ import annotations

from hashlib import blake2b
from typing import TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

ONE = "one"  # the column that is always 1: what holds for everybody
MOST_COLUMNS = 64


class Layout(Struct, frozen=True):
    """Columns of a context and features of an action, in order. The first of the columns is `ONE`."""

    columns: tuple[str, ...]
    features: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What a lesson remembers it by.

        >>> Layout(("one", "a")).id == Layout(("one", "a")).id != Layout(("one",), ("a",)).id
        True
        """
        said = "\x1e".join(("\x1f".join(self.columns), "\x1f".join(self.features)))
        return blake2b(said.encode(), digest_size=8).hexdigest()

    @property
    def size(self) -> int:
        """Weights of what all actions share: each column for the action as such, and for each of its features."""
        return len(self.columns) * (1 + len(self.features))


def places(names: tuple[str, ...], among: tuple[str, ...]) -> NDArray[np.int64]:
    """For each name where it stands among others, -1 if it is not there."""
    found = {name: at for at, name in enumerate(among)}
    return np.array([found.get(name, -1) for name in names], np.int64)


Number = TypeVar("Number", np.float32, np.float64)


def carried(values: NDArray[Number], old: tuple[str, ...], new: tuple[str, ...]) -> NDArray[Number]:
    """Values by old names, as values by new names: 0 for a name that was not there."""
    if old == new:
        return values
    at = places(new, old)
    found = np.zeros(len(new), values.dtype)
    found[at >= 0] = values[at[at >= 0]]
    return found
