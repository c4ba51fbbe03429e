"""Small logs by hand and by chance, for the tests of `understand`."""

from __future__ import annotations

import random

import polars as pl

from harken.words import Config, Stage, Touchpoint
from unit.understand.oracle import Place

MINUTE = 60 * 1_000_000
DAY = 1_440 * MINUTE
SCHEMA = {
    "profile": pl.String,
    "occurred": pl.Int64,
    "seq": pl.Int64,
    "touchpoint": pl.String,
    "channel": pl.String,
    "type": pl.String,
    "emotion": pl.Float64,
}
PLACES = [
    Place("web: Ad", channel="web", stage="discover", group="ads"),
    Place("web: Ad 2", channel="web", stage="discover", group="ads"),
    Place("web: Plan page", channel="web", stage="consider", rank=1),
    Place("app: Überweisung 💶", channel="app", stage="buy"),
    Place("call_center: Billing call", channel="call_center", stage="get_help", rank=3),
    Place("web: Sign-up", channel="web", stage="buy"),
]


def catalogue(
    places: list[Place] = PLACES, stages: tuple[str, ...] = ("discover", "consider", "buy", "get_help")
) -> Config:
    return Config(
        version=7,
        touchpoints=tuple(
            Touchpoint(id=one.id, channel=one.channel, stage=one.stage, group=one.group, rank=one.rank)
            for one in places
        ),
        stages=tuple(Stage(id=one, name=one.replace("_", " ").capitalize(), order=n) for n, one in enumerate(stages)),
    )


def log(*rows: tuple) -> list[dict]:
    """Events from (profile, occurred, touchpoint[, more fields as a dict]); numbered as they stand."""
    events = []
    for seq, (profile, occurred, touchpoint, *more) in enumerate(rows, 1):
        event = {"profile": profile, "occurred": occurred, "seq": seq, "touchpoint": touchpoint}
        event |= {"channel": touchpoint.partition(":")[0], "type": "page", "emotion": None, **(more[0] if more else {})}
        events.append(event)
    return events


def frame(events: list[dict]) -> pl.LazyFrame:
    return pl.DataFrame(events, schema=SCHEMA).lazy()


def by_chance(seed: int, size: int, customers: int = 6, span: int = 40 * DAY) -> list[dict]:
    """A log with every trap in it: ties, gaps of exactly the timeout, unmapped places, bookkeeping."""
    chance = random.Random(seed)
    places = [one.id for one in PLACES] + ["web: /unmapped", "OTHER", ""]
    events = []
    at = {f"p{n}": chance.randrange(span) for n in range(customers)}
    for seq in range(1, size + 1):
        profile = f"p{chance.randrange(customers)}"
        at[profile] += chance.choice([0, 0, 1, MINUTE, 29 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1, DAY, -DAY, 8 * DAY])
        touchpoint = chance.choice(places)
        events.append(
            {
                "profile": profile,
                "occurred": max(0, at[profile]),
                "seq": seq,
                "touchpoint": touchpoint,
                "channel": chance.choice(["web", "app", ""]),
                "type": chance.choice(["track", "page", "screen", "identify", "consent", "feedback"]),
                "emotion": chance.choice([None, None, -1.0, 0.25, 0.5, 4.0]),
            }
        )
    chance.shuffle(events)
    return events
