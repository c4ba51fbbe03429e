"""Places nobody has named yet, or rules somebody drafts -> the rules that would catch them, and what rules would catch.

A preview hears the newest events again with the drafted touchpoint in the catalogue, so it says what publishing would
do: the narrowest rule of all touchpoints names an event, not just one that fits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from harken import listen
from harken.errors import Invalid
from harken.hub.core import Core
from harken.manage import documents
from harken.manage.documents import precision
from harken.stores import View
from harken.stores.lake import reading
from harken.words import Event, Match, Micros, Touchpoint

LOOKED_AT = 20_000  # newest events a preview looks at
EXAMPLES = 8
READ = 40  # newest events of a place its rules are read from
SPOKEN = 1_000  # newest events of a place whose properties are told
COLUMNS = ("profile", "occurred", "seq", "id", "tid", "touchpoint", "channel", "source", "type", "name", "received",
           "message_id", "dialect", "verified", "raw")  # fmt: skip


class Proposal(Struct, frozen=True, kw_only=True):
    """A place and the rules that would catch its events."""

    touchpoint: str
    channel: str
    match: tuple[Match, ...]


class Example(Struct, frozen=True, kw_only=True):
    """One event rules would catch."""

    profile: str
    occurred: Micros
    source: str
    type: str
    name: str
    touchpoint: str  # as it is called now


class Caught(Struct, frozen=True, kw_only=True):
    """What rules would catch among the newest events; `now` says by which names these go now."""

    looked_at: int
    of: int
    events: int
    customers: int
    now: Mapping[str, int]
    examples: Sequence[Example]


class Spoken(Struct, frozen=True, kw_only=True):
    """A property events of a place tell: of how many of those looked at, how many different values, some of them."""

    name: str
    events: int
    of: int
    values: int
    examples: Sequence[str]


class Naming:
    """Helps to name touchpoints."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def propose(self, touchpoints: Sequence[str]) -> list[Proposal]:
        """Rules that would catch the events of each place, read from its newest ones; none for a place nobody was at."""
        rows = self._newest(pl.col("touchpoint").is_in([*touchpoints]), READ * max(1, len(touchpoints)))
        found: dict[str, list[Match]] = {one: [] for one in touchpoints}
        channels: dict[str, str] = {}
        for row in rows.iter_rows(named=True):
            event = listen.reread(_event(row), self._core.plans.listen)
            place = listen.place(event)
            if place.match not in found[row["touchpoint"]]:
                found[row["touchpoint"]].append(place.match)
            channels.setdefault(row["touchpoint"], place.channel)
        return [
            Proposal(touchpoint=one, channel=channels.get(one, ""), match=tuple(matches))
            for one, matches in found.items()
        ]

    def properties(self, touchpoint: str) -> list[Spoken]:
        """What the newest events at a place say, those properties first that most of them have. Lists and objects are no
        values to tell a place apart by."""
        rows = self._newest(pl.col("touchpoint") == touchpoint, SPOKEN)
        told: dict[str, Counter[str]] = {}
        for row in rows.iter_rows(named=True):
            for name, value in listen.reread(_event(row), self._core.plans.listen).properties.items():
                if isinstance(value, str | int | float) and value != "":
                    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
                    told.setdefault(name, Counter())[text] += 1
        found = [
            Spoken(
                name=name,
                events=values.total(),
                of=rows.height,
                values=len(values),
                examples=[one for one, _ in values.most_common(3)],
            )
            for name, values in told.items()
        ]
        return sorted(found, key=lambda one: (-one.events, one.name))

    def preview(self, body: object) -> Caught:
        """What a touchpoint would catch if it were published as it is drafted."""
        draft = documents.read("touchpoint", body)
        if not isinstance(draft, Touchpoint):
            raise Invalid("touchpoint: a mapping of fields")
        config = self._core.plans.config
        others = [one for one in config.touchpoints if one.id != draft.id]
        catalogue = sorted([*others, draft], key=lambda one: (-precision(one), one.id))
        plan = listen.prepare(replace(config, touchpoints=tuple(catalogue)))
        rows = self._newest(None, LOOKED_AT)
        now: Counter[str] = Counter()
        whose: set[str] = set()
        examples: list[Example] = []
        for row in rows.filter(_may_fit(draft)).iter_rows(named=True):
            if listen.reread(_event(row), plan).touchpoint != draft.id:
                continue
            now[row["touchpoint"]] += 1
            whose.add(row["profile"])
            if len(examples) < EXAMPLES:
                examples.append(Example(**{name: row[name] for name in Example.__struct_fields__}))
        with self._core.read() as view:
            of = view.counts()["events"] + self._core.lake.rows(view.manifest())
        return Caught(
            looked_at=rows.height,
            of=of if rows.height == LOOKED_AT else rows.height,
            events=sum(now.values()),
            customers=len(whose),
            now=dict(now.most_common()),
            examples=examples,
        )

    def _newest(self, where: pl.Expr | None, limit: int) -> pl.DataFrame:
        """The newest events, newest first. Their numbers are found before anything else of them is read."""

        def ask(view: View) -> pl.DataFrame:
            rows = self._core.lake.frame(view, columns=COLUMNS)
            if where is not None:
                rows = rows.filter(where)
            newest = rows.select("seq").top_k(limit, by="seq").collect()["seq"]
            if newest.is_empty():
                return rows.limit(0).collect()
            return rows.filter(pl.col("seq") >= newest.min()).collect().sort("seq", descending=True)

        return reading(self._core.store, ask)


def _may_fit(touchpoint: Touchpoint) -> pl.Expr:
    """Rows whose envelope a rule of the touchpoint may fit, or that name it themselves: only these are read in full."""
    fits = pl.col("touchpoint") == touchpoint.id
    for match in touchpoint.match:
        one = pl.lit(value=True)
        if match.source:
            one &= pl.col("source") == match.source
        if match.type:
            one &= pl.col("type") == match.type
        if match.name:
            head, star, rest = match.name.partition("*")
            tail = rest.rpartition("*")[2]
            name = pl.col("name")
            one &= (name.str.starts_with(head) & name.str.ends_with(tail)) if star else (name == match.name)
        fits |= one
    return fits


def _event(row: Mapping[str, object]) -> Event:
    """A row of lake or tail as the event it is; what follows from its raw is empty."""
    return Event(identifiers=(), **{name: row[name] for name in COLUMNS if name != "profile"})  # type: ignore[arg-type]
