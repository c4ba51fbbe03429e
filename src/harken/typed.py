"""The shapes of the program that are loaded -> known to msgspec, which must not learn one on two threads at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

import msgspec

_learning = threading.Lock()
_known: set[type] = set()


def learn() -> None:
    """Have msgspec learn every shape of ours now, in one thread.

    It learns a shape when it is first read, and a second thread that reads the same one meanwhile finds it half learned:
    that ends the process (a null pointer; msgspec 0.22). Called before a program has threads that read."""
    with _learning:
        for shape in _shapes(msgspec.Struct):
            if shape not in _known and shape.__module__.partition(".")[0] == "harken":
                _known.add(shape)
                with suppress(TypeError, NameError):  # it holds what no text can be, so nobody reads it
                    msgspec.json.Decoder(shape)


def _shapes(root: type) -> Iterator[type]:
    below: list[type] = root.__subclasses__()
    for one in below:
        yield one
        yield from _shapes(one)
