"""Harken: an open hub for customer journeys. Don't map your customers' journeys: listen to them.

import harken
hub = harken.open("harken-data")
hub.profile("email:ada@example.test")
hub.journeys.map(level="stage").edges
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harken.hub import Hub
    from harken.hub.analyst import Analyst

__version__ = "0.1.0"
__all__ = ["__version__", "journeys", "open"]


def open(data: str | Path = "harken-data", *, store: str = "", lake: str = "") -> Hub:
    """The hub of a data folder (made if it is not there), or of the store a URL names."""
    from harken.hub import Hub  # here, so that `import harken` alone costs nothing

    return Hub.open(data, store=store, lake=lake)


def journeys(
    table: Any, *, who: str = "", when: str = "", what: str = "", channel: str = "", stage: str = ""
) -> Analyst:
    """The journeys of a table, without a hub: a CSV, Parquet or NDJSON file, or a frame. `who`, `when`, `what` name its
    columns (they are guessed when they have usual names); `channel` and `stage` may.

    harken.journeys("events.csv", who="customer", when="time", what="page").map()
    """
    from harken.hub.analyst import Analyst

    return Analyst(table, who=who, when=when, what=what, channel=channel, stage=stage)
