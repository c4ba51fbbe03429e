"""The journey map once more, slow and plain: lists of events in, dictionaries of counts out. Shares no code with Harken."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median, pstdev

DAY = 86_400 * 1_000_000
HIDDEN_TYPES = {"identify", "alias", "group", "consent", "decision", "response", "receipt"}


@dataclass
class Place:
    """What the catalogue says of a touchpoint."""

    id: str
    channel: str = ""
    stage: str = ""
    group: str = ""
    rank: int = 2


@dataclass
class Asked:
    since: int | None = None
    until: int | None = None
    now: int | None = None
    profiles: set[str] | None = None
    journey: str = "life"
    timeout: int = 30 * 60 * 1_000_000
    horizon: int | None = None
    background: tuple[str, ...] = ()
    level: str = "touchpoint"
    repeats: str = "keep"


@dataclass
class Answer:
    customers: int = 0
    journeys: int = 0
    events: int = 0
    horizon: int = 0
    ties: int = 0
    node: dict = field(default_factory=dict)  # id -> {customers, journeys, events, emotions, times}
    edge: dict = field(default_factory=dict)  # (from, to) -> {customers, journeys, events, times}
    stage: dict = field(default_factory=dict)


def answer(events: list[dict], places: list[Place], asked: Asked) -> Answer:
    known = {place.id: place for place in places}
    steps = [event for event in events if is_step(event, known)]
    ends = [one for one in (asked.until, None if asked.now is None else asked.now + 1) if one is not None]
    end = min(ends) if ends else max((event["occurred"] for event in steps), default=-1) + 1
    steps = [
        event
        for event in steps
        if event["occurred"] < end
        and (asked.since is None or event["occurred"] >= asked.since)
        and (asked.profiles is None or event["profile"] in asked.profiles)
    ]
    by_customer = defaultdict(list)
    for event in steps:
        by_customer[event["profile"]].append(event)
    gaps, ties, journeys = [], 0, []
    for profile, mine in by_customer.items():
        mine.sort(
            key=lambda e: (e["occurred"], known[e["touchpoint"]].rank if e["touchpoint"] in known else 2, e["seq"])
        )
        journey = [mine[0]]
        for before, after in itertools.pairwise(mine):
            gap = after["occurred"] - before["occurred"]
            gaps.append(gap)
            ties += gap == 0
            if asked.journey == "visit" and gap > asked.timeout:
                journeys.append((profile, journey))
                journey = []
            journey.append(after)
        journeys.append((profile, journey))
    horizon = horizon_of(gaps, asked)
    return counted(journeys, known, asked, end, horizon, ties)


def is_step(event: dict, known: dict[str, Place]) -> bool:
    if event["type"] in ("track", "page", "screen") or event["touchpoint"] in known:
        return True
    return event["touchpoint"] != "" and event["type"] not in HIDDEN_TYPES


def horizon_of(gaps: list[int], asked: Asked) -> int:
    if asked.journey == "visit":
        return asked.timeout
    if asked.horizon is not None:
        return asked.horizon
    if not gaps:
        return 7 * DAY
    return max(7 * DAY, sorted(gaps)[math.ceil(len(gaps) * 95 / 100) - 1])


def node_of(event: dict, known: dict[str, Place], level: str) -> str:
    place = known.get(event["touchpoint"], Place(event["touchpoint"]))
    found = {
        "touchpoint": event["touchpoint"],
        "group": place.group or event["touchpoint"],
        "stage": place.stage,
        "channel": place.channel or event["channel"],
    }[level] or "(none)"
    return f"{found} ({level})" if found in ("START", "BEFORE", "END", "OPEN", "OTHER") else found


def counted(journeys, known, asked, end, horizon, ties) -> Answer:
    result = Answer(horizon=horizon, ties=ties)
    edges = defaultdict(lambda: {"customers": set(), "journeys": set(), "events": 0, "times": []})
    nodes = defaultdict(lambda: {"customers": set(), "journeys": set(), "events": 0, "emotions": [], "times": []})
    stages = defaultdict(lambda: {"customers": set(), "left": set(), "still_open": set(), "events": 0})
    everybody = set()

    def link(a, b, profile, number, time=None):
        one = edges[a, b]
        one["customers"].add(profile)
        one["journeys"].add(number)
        one["events"] += 1
        if time is not None:
            one["times"].append(time)
            nodes[a]["times"].append(time)

    for number, (profile, whole) in enumerate(journeys):
        began, ended = whole[0]["occurred"], whole[-1]["occurred"]
        steps = [event for event in whole if event["touchpoint"] not in asked.background]
        if asked.repeats == "first":
            met: set[str] = set()
            steps = [
                event
                for event in steps
                if (node := node_of(event, known, asked.level)) not in met and not met.add(node)
            ]
        if not steps:
            continue
        everybody.add(profile)
        result.journeys += 1
        result.events += len(steps)
        at = [node_of(event, known, asked.level) for event in steps]
        truncated = asked.since is not None and began - asked.since < horizon
        open_ = end - ended <= horizon
        link("BEFORE" if truncated else "START", at[0], profile, number)
        for place, (event, node) in enumerate(zip(steps, at, strict=True)):
            again = place > 0 and at[place - 1] == node
            if not (asked.repeats == "collapse" and again):
                nodes[node]["events"] += 1
            nodes[node]["customers"].add(profile)
            nodes[node]["journeys"].add(number)
            if event["emotion"] is not None:
                nodes[node]["emotions"].append(event["emotion"])
            stage = known.get(event["touchpoint"], Place("")).stage or "(none)"
            stages[stage]["customers"].add(profile)
            stages[stage]["events"] += 1
            if place and not (asked.repeats == "collapse" and again):
                link(at[place - 1], node, profile, number, event["occurred"] - steps[place - 1]["occurred"])
        link(at[-1], "OPEN" if open_ else "END", profile, number)
        last = known.get(steps[-1]["touchpoint"], Place("")).stage or "(none)"
        stages[last]["still_open" if open_ else "left"].add(profile)
    result.customers = len(everybody)
    out = Counter()
    for (a, _), one in edges.items():
        out[a] += one["events"]
    result.edge = {
        ends: {
            "customers": len(one["customers"]),
            "journeys": len(one["journeys"]),
            "events": one["events"],
            "p_out": one["events"] / out[ends[0]],
            "median_seconds": median(one["times"]) / 1e6 if one["times"] else None,
            "p90_seconds": linear(one["times"], 0.9),
        }
        for ends, one in edges.items()
    }
    result.node = {
        id: {
            "customers": len(one["customers"]),
            "journeys": len(one["journeys"]),
            "events": one["events"],
            "emotion_n": len(one["emotions"]),
            "emotion": sum(one["emotions"]) / len(one["emotions"]) if one["emotions"] else None,
            "emotion_sd": spread(one["emotions"]),
            "median_seconds": median(one["times"]) / 1e6 if one["times"] else None,
            **{
                name: len(edges[ends]["customers"]) if ends in edges else 0
                for name, ends in (
                    ("started", ("START", id)),
                    ("continued", ("BEFORE", id)),
                    ("left", (id, "END")),
                    ("still_open", (id, "OPEN")),
                )
            },
        }
        for id, one in nodes.items()
    }
    result.stage = {
        id: {name: len(value) if isinstance(value, set) else value for name, value in one.items()}
        for id, one in stages.items()
    }
    return result


def linear(times: list[int], share: float) -> float | None:
    if not times:
        return None
    ordered, place = sorted(times), share * (len(times) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return (ordered[below] + (ordered[above] - ordered[below]) * (place - below)) / 1e6


def spread(values: list[float]) -> float | None:
    return pstdev(values) * math.sqrt(len(values) / (len(values) - 1)) if len(values) > 1 else None
