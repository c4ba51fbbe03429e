"""Events of many customers in, frames out: what journeys customers really make. One file beside this = one question.

events -> journeys_of (steps, order, journeys: the one definition) -> an analysis -> frames with a header
"""

from __future__ import annotations

from harken.understand.compare import Comparison, compare
from harken.understand.journeys import Journeys, Scope, in_period, is_step, journeys_of
from harken.understand.map import JourneyMap, MapQuestion, Totals, journey_map, map_of
from harken.understand.moves import Moves, moves_of
from harken.understand.result import Coverage, Header

__all__ = [
    "Comparison",
    "Coverage",
    "Header",
    "JourneyMap",
    "Journeys",
    "MapQuestion",
    "Moves",
    "Scope",
    "Totals",
    "compare",
    "in_period",
    "is_step",
    "journey_map",
    "journeys_of",
    "map_of",
    "moves_of",
]
