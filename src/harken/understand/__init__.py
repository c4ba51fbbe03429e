"""Events of many customers in, frames out: what journeys customers really make.

events -> logs (arrays) -> journeys_of (steps, order, journeys: the one definition) -> an analysis -> tables with a header

`map` is the picture of it all; every other question is one file in `questions/`.
"""

from __future__ import annotations

from harken.understand.analysis import About, Analysis, Answer, Table, analyses, analysis
from harken.understand.compare import Comparison, compare
from harken.understand.journeys import Journeys, Scope, is_step, journeys_of
from harken.understand.map import JourneyMap, MapQuestion, Totals, journey_map, map_of, warm
from harken.understand.met import met_by, uses_of
from harken.understand.moves import Moves, moves_of
from harken.understand.result import Coverage, Header

__all__ = [
    "About",
    "Analysis",
    "Answer",
    "Comparison",
    "Coverage",
    "Header",
    "JourneyMap",
    "Journeys",
    "MapQuestion",
    "Moves",
    "Scope",
    "Table",
    "Totals",
    "analyses",
    "analysis",
    "compare",
    "is_step",
    "journey_map",
    "journeys_of",
    "map_of",
    "met_by",
    "moves_of",
    "uses_of",
    "warm",
]
