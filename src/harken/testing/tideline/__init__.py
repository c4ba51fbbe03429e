"""A seed, a size and an end -> the events of Tideline Mobile, a simulated phone company, as its clients send them.

    >>> batches = list(history(seed=1, customers=50, days=10, end=1_800_000_000_000_000))
    >>> batches == list(history(seed=1, customers=50, days=10, end=1_800_000_000_000_000))
    True
    >>> all(a.received <= b.received for a, b in zip(batches, batches[1:]))
    True

`history` is the past; `live` is the present; `begin` gives both with the same people, and lets them be shown things.
`truth` says which identifier belongs to whom. `CONFIGURATION` is the folder of documents a team at Tideline would have
written for its hub. Nothing here looks at a clock or draws without the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harken.testing.people import Person
from harken.testing.tideline import identities
from harken.testing.tideline.identities import TEST_ACCOUNT, TEST_PERSON, Owned
from harken.testing.tideline.life import Life
from harken.testing.tideline.places import SOURCES
from harken.testing.tideline.post import Batch, raw
from harken.words import DAY, Micros

__all__ = [
    "CONFIGURATION", "CUSTOMERS", "DAYS", "SOURCES", "TEST_ACCOUNT", "TEST_PERSON", "Batch", "Life", "Owned", "begin",
    "history", "live", "person", "raw", "resume", "truth",
]  # fmt: skip

CONFIGURATION = Path(__file__).parent
CUSTOMERS = 12_000
DAYS = 90
BATCH = 500
TURN = 0.5  # part of the period after which the ID check is better


def begin(*, seed: int, customers: int = CUSTOMERS, days: float = DAYS, end: Micros, batch: int = BATCH) -> Life:
    """Tideline as it was `days` before `end`: call `history()` on it, and then `live(…)` for how it goes on.

    `batch` is the most events a relay puts into one batch; 0 has every client post for itself, as in `live`.
    """
    period = _period(days, end)
    return Life(seed, customers, period, turn=period[0] + round(TURN * days * DAY), batch=batch)


def history(
    *, seed: int, customers: int = CUSTOMERS, days: float = DAYS, end: Micros, batch: int = BATCH
) -> Iterator[Batch]:
    """Everything the hub would have received in the `days` before `end`, in order of arrival: 50 events a customer."""
    return begin(seed=seed, customers=customers, days=days, end=end, batch=batch).history()


def resume(*, seed: int, customers: int = CUSTOMERS, start: Micros) -> Life:
    """The people of the history with this seed (their identifiers are the same), somewhere in their lives at `start`.

    Call `live(…)` on it, and `show(…)` while it runs.
    """
    return Life(seed, customers, (start, start + DAYS * DAY), turn=start, batch=0)


def live(
    *, seed: int, customers: int = CUSTOMERS, rate_per_minute: float = 0, start: Micros
) -> Iterator[tuple[Micros, Batch]]:
    """(due, batch) without end: people going on with their lives from `start`, at about that many events a minute.

    0 lets them live at their own pace: 12,000 people make about 5 events a minute, few at night.

    >>> feed = live(seed=1, customers=100, rate_per_minute=60, start=1_800_000_000_000_000)
    >>> due, batch = next(feed)
    >>> due == batch.received, len(batch.people), batch.hint in ("batch", "page", "track", "identify")
    (True, 1, True)
    """
    return resume(seed=seed, customers=customers, start=start).live(start, rate_per_minute)


def truth(*, seed: int, customers: int = CUSTOMERS, days: float = DAYS, end: Micros) -> list[Owned]:
    """Which identifier belongs to which simulated people: what a hub should find out, known without running anything.

    >>> [one.value for one in truth(seed=1, customers=2, days=1, end=0) if one.kind == "user_id"]
    ['TM-0010457', 'TM-0010458', 'TM-TEST-1']
    """
    return list(identities.owned(seed, customers, _period(days, end)))


def person(*, seed: int, number: int, days: float = DAYS, end: Micros = 0) -> Person:
    """Somebody by number, as they are before they meet Tideline."""
    return identities.person(seed, number, _period(days, end))


def _period(days: float, end: Micros) -> identities.Period:
    return end - round(days * DAY), end
