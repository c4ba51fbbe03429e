"""A question and the places there are in, a sentence for each place it names that is none out: a misspelled one counts nobody,
and nobody would know why."""

from __future__ import annotations

from difflib import get_close_matches

from harken.understand.journeys import Journeys, Scope
from harken.understand.levels import ALSO, PSEUDO, described, matching, parts_of
from harken.words import Config

GOAL = "goal:"  # a goal that is not there is refused where it is looked up


def unknown(journeys: Journeys, catalogue: Config, question: Scope) -> tuple[str, ...]:
    """What is wrong with each place the question names that nobody was ever at."""
    told = []
    for text in dict.fromkeys(question.patterns()):
        for kind, wanted, whole in parts_of(text):
            if whole in PSEUDO or text.startswith(GOAL) or not wanted:
                continue
            if not matching(journeys.places, catalogue, whole).any():
                told.append(_told(journeys, catalogue, kind, wanted, whole))
    return tuple(dict.fromkeys(told))


def _told(journeys: Journeys, catalogue: Config, kind: str, wanted: str, whole: str) -> str:
    columns = described(journeys.places, catalogue)
    also = journeys.places[ALSO].to_list() if ALSO in journeys.places.columns else []
    there = {*columns[kind].to_list(), *(also if kind == "touchpoint" else ())} - {""}
    if kind == "touchpoint" and wanted in {one.id for one in catalogue.touchpoints}:
        return f"Nobody was ever at '{wanted}'."
    head = whole.removesuffix(wanted)
    near = get_close_matches(wanted, sorted(there), 1, 0.6)
    lower = {one.lower(): one for one in sorted(there, reverse=True)}
    found = lower.get(wanted.lower()) or (near[0] if near else "")
    hint = f" (did you mean '{head}{found}'?)" if found else ""
    return f"There is no place '{whole}'{hint}."
