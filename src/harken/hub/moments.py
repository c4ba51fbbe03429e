"""A moment as people write it -> microseconds since 1970, as the hub counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from harken.errors import Invalid
from harken.words import Micros

When: TypeAlias = Micros | str | date | None  # a datetime is a date, too

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(value: When, name: str) -> Micros | None:
    """A whole number is microseconds already; a day is its start, what has no zone is UTC.

    >>> micros(86_400_000_000, "since"), micros(date(1970, 1, 2), "since"), micros("1970-01-02", "since")
    (86400000000, 86400000000, 86400000000)
    """
    if isinstance(value, str):
        return moment(value, name)
    if isinstance(value, datetime):
        return _micros(value)
    if isinstance(value, date):
        return _micros(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Invalid(
        f"{name}: {value!r} is not a time; give a text like 2026-01-31, a date or a datetime", code="bad_time"
    )


def moment(text: str, name: str) -> Micros | None:
    """What a text means: ISO 8601 (a date is the start of its day, no zone is UTC) or epoch in s, ms or µs.

    >>> moment("1970-01-02", "from"), moment("86400", "from"), moment("", "from")
    (86400000000, 86400000000, None)
    """
    plain = text.strip()
    if not plain:
        return None
    try:
        if plain.replace(".", "", 1).isdigit() and len(plain) != 8:
            return _of_number(float(plain))
        return _micros(datetime.fromisoformat(plain.replace(" ", "+") if "T" in plain else plain))
    except (ValueError, OverflowError):
        raise Invalid(
            f"{name}: '{plain[:40]}' is not a time; write 2026-01-31, 2026-01-31T12:00:00Z or seconds since 1970",
            code="bad_time",
        ) from None


def _micros(told: datetime) -> Micros:
    return ((told if told.tzinfo else told.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def _of_number(value: float) -> Micros:
    """Seconds, milli- or microseconds since 1970, told apart by size."""
    for limit, factor in ((1e11, 1_000_000), (1e14, 1_000), (1e17, 1)):
        if value < limit:
            return round(value * factor)
    raise ValueError
