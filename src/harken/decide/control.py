"""A customer and the control groups there are -> the group they are in, the same one for as long as it stands.

Chance is a hash: who is in a group of 2 % stays in it when it grows to 5 %, and nobody is asked or stored. What is
hashed is the customer's earliest identifier, which a sign-in or a merge with someone younger does not change.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from harken.words import Control


def portion(*names: str) -> float:
    """A number from 0 (included) to 1 (not) that follows from the names, evenly spread over all names.

    >>> portion("holdout", "k1") == portion("holdout", "k1")
    True
    """
    hashed = blake2b("\x1f".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(hashed, "big") / 2**64


def control_of(controls: Iterable[Control], placement: str, unit: str) -> Control | None:
    """The first group, by id, that a customer is in at a placement. `unit`: their earliest identifier."""
    for control in controls:
        here = not control.placements or placement in control.placements
        if here and portion(control.salt or control.id, unit) < control.share:
            return control
    return None
