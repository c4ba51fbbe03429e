"""Journeys once more, slow and plain: lists of events in, lists of steps out. For twins of analyses; shares no code with Harken."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from unit.understand.oracle import Asked, Place, horizon_of, is_step


@dataclass
class Journey:
    profile: str
    steps: list[dict]
    open: bool
    truncated: bool


def journeys(events: list[dict], places: list[Place], asked: Asked) -> tuple[list[Journey], int]:
    """Everybody's journeys (life or visit), and the end of what could be seen."""
    known = {place.id: place for place in places}
    steps = [event for event in events if is_step(event, known)]
    ends = [one for one in (asked.until, None if asked.now is None else asked.now + 1) if one is not None]
    end = min(ends) if ends else max((event["occurred"] for event in steps), default=-1) + 1
    mine = defaultdict(list)
    for event in steps:
        if event["occurred"] < end and (asked.since is None or event["occurred"] >= asked.since):
            mine[event["profile"]].append(event)
    gaps: list[int] = []
    found: list[tuple[str, list[dict]]] = []
    for profile, rows in sorted(mine.items()):
        rows.sort(
            key=lambda e: (e["occurred"], known[e["touchpoint"]].rank if e["touchpoint"] in known else 2, e["seq"])
        )
        gaps += [b["occurred"] - a["occurred"] for a, b in pairwise(rows)]
        whole = [rows[0]]
        for a, b in pairwise(rows):
            if asked.journey == "visit" and b["occurred"] - a["occurred"] > asked.timeout:
                found.append((profile, whole))
                whole = []
            whole.append(b)
        found.append((profile, whole))
    horizon = horizon_of(gaps, asked)
    return [
        Journey(
            profile,
            rows,
            end - rows[-1]["occurred"] <= horizon,
            asked.since is not None and rows[0]["occurred"] - asked.since < horizon,
        )
        for profile, rows in found
    ], end
