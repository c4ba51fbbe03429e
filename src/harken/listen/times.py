"""Times as clients write them, of clocks that may be wrong -> when it happened, in microseconds since 1970 UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from harken.listen.fields import short
from harken.listen.said import Refused, Said
from harken.words import DAY, SECOND, Micros

EARLIEST: Micros = 631_152_000 * SECOND  # 1990: nothing was heard before
SKEW: Micros = 300 * SECOND  # a clock this much off is a clock that goes wrong; less is the network
STALE: Micros = 30 * DAY  # no clock that talks TLS is that wrong: such a sentAt is not of now
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_RIGHT = "give ISO 8601 (2026-01-31T12:00:00Z) or epoch seconds or milliseconds"


class Clock(NamedTuple):
    """How a source's times without zone are read, and what is said about it."""

    zone: tzinfo
    warning: str


def clock(timezone: str) -> Clock:
    """Raises an error of `zoneinfo` when there is no such time zone."""
    zone: tzinfo = UTC if timezone == "UTC" else ZoneInfo(timezone)
    return Clock(zone, f"time without zone read as {timezone}")


@lru_cache(maxsize=1024)
def own_clock(timezone: str) -> Clock | None:
    """The clock an item names itself: no warning, it said so."""
    try:
        return Clock(clock(timezone).zone, "")
    except (KeyError, ValueError, OSError):
        return None


def instant(value: object, zone: tzinfo) -> tuple[Micros, bool] | None:
    """The time a JSON value means, and whether it came without zone; None when it means none.

    >>> instant("1970-01-01T00:00:01.5Z", UTC), instant(1714567890, UTC), instant("soon", UTC)
    ((1500000, False), (1714567890000000, False), None)
    """
    if value.__class__ is str:
        return _of_text(value, zone)
    if value.__class__ is int or value.__class__ is float:
        return _of_number(value)
    return None


def _of_text(value: str, zone: tzinfo) -> tuple[Micros, bool] | None:
    try:
        if value[4:5] == "-":
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                return (moment.replace(tzinfo=zone) - _EPOCH) // _MICRO, True
            return (moment - _EPOCH) // _MICRO, False
        return _of_odd_text(value.strip(), zone)
    except (ValueError, OverflowError):
        try:
            return _of_odd_text(value.strip(), zone)
        except (ValueError, OverflowError, TypeError, IndexError):
            return None


def _of_odd_text(value: str, zone: tzinfo) -> tuple[Micros, bool] | None:
    """Digits, `2026-01-31 12:00:00 UTC`, `2026-01-31 12:00:00 +0100`, `Sat, 31 Jan 2026 12:00:00 GMT`."""
    if value.replace(".", "", 1).lstrip("-").isdigit() and len(value) != 8:
        return _of_number(float(value))
    if value[4:5] == "-":
        value = value.upper()
        head, _, offset = value.rpartition(" ")
        if offset in {"UTC", "GMT", "Z"} or offset[:1] in {"+", "-"}:
            value = head + (offset if offset[1:].replace(":", "").isdigit() else "Z")
    moment = parsedate_to_datetime(value) if "," in value else datetime.fromisoformat(value)
    naive = moment.tzinfo is None
    return ((moment.replace(tzinfo=zone) if naive else moment) - _EPOCH) // _MICRO, naive


def _of_number(value: float) -> tuple[Micros, bool] | None:
    """Seconds, milli-, micro- or nanoseconds since 1970, told apart by size.

    >>> {_of_number(1714567890 * 10**n) for n in (0, 3, 6, 9)}
    {(1714567890000000, False)}
    """
    size = abs(value)
    if size < 1e11:
        return round(value * 1e6), False
    if size < 1e14:
        return round(value * 1e3), False
    if size < 1e17:
        return round(value), False
    return (round(value / 1e3), False) if size < 1e20 else None


_sent = lru_cache(maxsize=256)(_of_text)  # a batch says it once for all


def when(said: Said, received: Micros, usual: Clock) -> Micros | Refused:
    """When the item happened, by the clock of the hub.

    Its own time, else the batch's, else when it was received. A client's clock that goes more than five minutes wrong
    (seen by what it says the time of sending was) is corrected; nothing happens later than five minutes from now.
    """
    time, clock = said.time, usual
    if time is None:
        return received
    if said.timezone:
        own = own_clock(said.timezone)
        if own is None:
            detail = f"no time zone {short(said.timezone)}; give a name of the IANA list (Europe/Berlin)"
            return Refused("bad_field", detail)
        clock = own
    told = _of_text(time, clock.zone) if time.__class__ is str else instant(time, clock.zone)
    if told is None or told[0] < EARLIEST:
        return _no_time(said, told is None, received)
    occurred, naive = told
    if naive and clock.warning:
        said.warnings.append(clock.warning)
    sent = said.sent
    if sent is not None:
        told = _sent(sent, clock.zone) if sent.__class__ is str else instant(sent, clock.zone)
        if told is None or not -SKEW <= received - told[0] <= SKEW:
            occurred = _corrected(occurred, told, received, said)
    if occurred > received + SKEW:
        said.warnings.append(f"{_span(occurred - received)} in the future: read as when it was received")
        return received
    return occurred


def plain_times(values: Sequence[object], clock: Clock, received: Micros) -> list[Micros | None]:
    """`when` of items that say nothing else of time; None where it has more to say than the time."""
    latest = received + SKEW
    found: list[Micros | None] = []
    for value in values:
        if value.__class__ is int and EARLIEST <= value <= latest:
            found.append(value)
            continue
        told = instant(value, clock.zone)
        odd = told is None or not EARLIEST <= told[0] <= latest or (told[1] and clock.warning)
        found.append(None if odd or told is None else told[0])
    return found


def _no_time(said: Said, unreadable: bool, received: Micros) -> Micros | Refused:
    """An item's own time must be one; the batch's is only a help."""
    if not said.timed:
        said.warnings.append(f"timestamp of the batch ignored: {short(said.time)} is no time of an event")
        return received
    return Refused("bad_time", f"{short(said.time)} is {'not a time' if unreadable else 'before 1990'}; {_RIGHT}")


def _corrected(occurred: Micros, sent: tuple[Micros, bool] | None, received: Micros, said: Said) -> Micros:
    """The client's time put right by how far its clock was off when it sent, if that can be believed."""
    said.leans = said.leans or said.lent or said.settled
    if sent is None or sent[0] < EARLIEST:
        return _ignored(said, occurred, "not a time")
    if said.settled:  # a time of history; its sentAt says nothing about the clock of now
        return occurred
    off = received - sent[0]
    if not -STALE <= off <= STALE:
        return _ignored(said, occurred, f"{_span(abs(off))} off")
    if occurred - sent[0] > SKEW:
        return _ignored(said, occurred, "before the event itself")
    said.warnings.append(f"clock {_span(abs(off))} {'slow' if off > 0 else 'fast'}: corrected by sentAt")
    return occurred + off


def _ignored(said: Said, occurred: Micros, why: str) -> Micros:
    said.warnings.append(f"sentAt ignored: {why}")
    return occurred


def _span(micros: Micros) -> str:
    """A length of time for people.

    >>> _span(7_260_000_000), _span(41 * DAY)
    ('2 hours', '41 days')
    """
    minutes = round(micros / (60 * SECOND))
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{round(minutes / 60)} hours" if minutes < 2 * 24 * 60 else f"{round(minutes / (24 * 60))} days"
