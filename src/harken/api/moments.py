"""Moments as the hub counts them -> text in UTC; so whole answers too. And the period two parameters mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from harken.errors import Invalid
from harken.hub.moments import moment
from harken.words import Micros

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(at: Micros) -> str:
    """A moment as text, always with six digits, so that texts sort as times do.

    >>> iso(1_500_000)
    '1970-01-01T00:00:01.500000Z'
    """
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def period(since: str, until: str) -> tuple[Micros | None, Micros | None]:
    """What `from` and `to` mean together.

    >>> period("1970-01-02", "")
    (86400000000, None)
    """
    first, end = moment(since, "from"), moment(until, "to")
    if first is not None and end is not None and first >= end:
        raise Invalid("from, to: the period is empty; `to` must be later than `from`")
    return first, end


class Instant(str):
    """A moment as text: `2026-01-31T12:00:00.000000Z`. Made of Micros by `told`."""

    __slots__ = ()


def told(value: object, shape: type[T]) -> T:
    """What the hub gave, in the shape answers have: the fields it names, moments as text."""
    return msgspec.convert(value, shape, from_attributes=True, dec_hook=_told)


def _told(shape: type, value: object) -> object:
    if shape is Instant and isinstance(value, int):
        return Instant(iso(value))
    # msgspec's contract of a `dec_hook`: so it says that the hook does not know the type, and msgspec tells which
    raise NotImplementedError(f"no way from {type(value).__name__} to {shape.__name__}")
