"""Harken: an open hub for customer journeys. Don't map your customers' journeys: listen to them.

import harken
hub = harken.open("harken-data")
hub.profile("email:ada@example.test")
hub.journeys.map(level="stage").edges
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harken.hub import Hub

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(data: str | Path = "harken-data", *, store: str = "", lake: str = "") -> Hub:
    """The hub of a data folder (made if it is not there), or of the store a URL names."""
    from harken.hub import Hub  # here, so that `import harken` alone costs nothing

    return Hub.open(data, store=store, lake=lake)
