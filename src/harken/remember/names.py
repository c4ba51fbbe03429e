"""Names out of events -> which of them are kept when there are too many. Nothing of a trail may grow without bound.

Who sends `Viewed product 83921` as an event name would fill a trail with names. What stays must not depend on the
order events came in, so it goes by the name alone: fewer digits first, then shorter, then alphabetical. Made-up
names go, named things stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

OTHER: Final = "…"  # what is counted under no name of its own
LENGTH: Final = 200

Rank: TypeAlias = tuple[int, int, int, str]


def fitted(name: str) -> str:
    """The name, cut when it is absurdly long.

    >>> len(fitted("x" * 5000)), fitted("Plan Viewed")
    (200, 'Plan Viewed')
    """
    return name if len(name) <= LENGTH else name[: LENGTH - 1] + OTHER


@lru_cache(8192)
def rank(name: str) -> Rank:
    """Lower is kept longer."""
    return 0, sum(letter.isdigit() for letter in name), len(name), name


@lru_cache(8192)
def topic_rank(name: str) -> Rank:
    """Lower is kept longer: a topic outlives what lies below it."""
    return name.count("/"), *rank(name)[1:]


def surplus(table: Mapping[str, Any], cap: int, by: Callable[[str], Rank] = rank) -> str | None:
    """The name that has to go for the table to come nearer to its cap, None when it is within."""
    if len(table) - (OTHER in table) <= cap:
        return None
    return max((name for name in table if name != OTHER), key=by)
