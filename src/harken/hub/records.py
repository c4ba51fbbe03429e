"""A snapshot of a hub in, what its records tell an analysis beside the steps out (`understand.records`): since when two systems
know the same customer, how late events are heard, and what their properties say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

import polars as pl
from msgspec import Struct

from harken import remember
from harken.errors import Invalid
from harken.hub.core import Core
from harken.logs import ABOUT
from harken.stores import View
from harken.words import Evidence, Known, Micros, Trail

PAGE = 1_000
LINKS = {"profile": pl.String, "source_from": pl.String, "first_from": pl.Int64, "last_from": pl.Int64,
         "source_to": pl.String, "first_to": pl.Int64, "last_to": pl.Int64, "linked": pl.Int64, "id": pl.String}  # fmt: skip
PEOPLE = {"profile": pl.String, "kind": pl.String, "name": pl.String, "value": pl.String}
SHORT = 40  # characters of a trait's value that is told
STRONGEST = 3  # interests of a customer
ALWAYS = 0  # the same identifier on both: nothing had to be learned


class Trace(Struct, frozen=True):
    """What a customer left on one system under one identifier."""

    owner: str
    source: str
    first: Micros
    last: Micros
    kind: str


class HubRecords:
    """The records of one hub as of one snapshot."""

    def __init__(self, core: Core, view: View) -> None:
        self._core, self._view = core, view

    def links(self, profiles: pl.Series) -> pl.DataFrame:
        """See `Records.links`."""
        rows: list[tuple[object, ...]] = []
        pids = profiles.to_list()
        for begin in range(0, len(pids), PAGE):
            rows += self._links(pids[begin : begin + PAGE])
        return pl.DataFrame(rows, schema=LINKS, orient="row")

    def _links(self, pids: Sequence[str]) -> Iterator[tuple[object, ...]]:
        trails = {pid: own for pid, own in self._view.trails_of(pids).items() if len({one.source for one in own}) > 1}
        known = self._view.known_of(trails)
        of = {one.id: pid for pid, own in known.items() for one in own}
        evidence: dict[str, list[Evidence]] = {pid: [] for pid in trails}
        for one in self._view.evidence(of):
            if one.how != "cut" and of.get(one.a) is not None and of.get(one.a) == of.get(one.b):
                evidence[of[one.a]].append(one)
        for pid, own in trails.items():
            traces = _traces(own, known.get(pid, []))
            linked = _linked(traces, evidence[pid])
            pairs = [(a, b, linked.get(frozenset((a.owner, b.owner)), ALWAYS)) for a, b in permutations(traces, 2)]
            pairs = [(a, b, at) for a, b, at in pairs if a.source != b.source]
            if any(at > max(a.first, b.first) for a, b, at in pairs):
                for a, b, at in pairs:
                    yield pid, a.source, a.first, a.last, b.source, b.first, b.last, at, b.kind

    def delays(self, sides: pl.DataFrame, since: Micros | None, until: Micros) -> pl.DataFrame:
        """See `Records.delays`."""
        late = (pl.col("received") - pl.col("occurred")).clip(0)
        frames = self._core.lake.parts(
            self._view, columns=(*ABOUT, "occurred", "received"), since=since, until=until, reread=self._core.reread
        )
        told = pl.concat([_blank(one) for one in frames]).join(sides.select(*ABOUT, "side").lazy(), on=ABOUT)
        found = told.group_by("side").agg(late.median().alias("delay"), late.quantile(0.9).alias("delay_p90"))
        return found.collect().sort("side")

    def values(self, places: pl.DataFrame, property: str, at: pl.DataFrame | None = None) -> pl.DataFrame:
        """See `Records.values`."""
        if not property or set(property) & set("'\"\\"):
            raise Invalid(f"{property!r} cannot be the name of a property: it is empty, or has quotes in it")
        path = "$" + "".join(f"['{part}']" for part in property.split("."))
        value = pl.coalesce(pl.col("properties").str.json_path_match(one) for one in {f"$['{property}']": 0, path: 0})
        found = []
        columns = ("profile", "occurred", "seq", *ABOUT, "properties")
        for part in self._core.lake.parts(self._view, columns=columns, reread=self._core.reread):
            rows = _blank(part).join(places.select(*ABOUT, "place").lazy(), on=ABOUT)
            if at is not None:
                rows = rows.join(at.lazy(), on=["profile", "occurred"], how="semi")
            found.append(rows.select("profile", "occurred", "place", "seq", value.alias("value")).collect())
        return pl.concat(found)

    def people(self, profiles: pl.Series, at: Micros) -> pl.DataFrame:
        """See `Records.people`."""
        rows: list[tuple[str, str, str, str]] = []
        pids = profiles.to_list()
        for begin in range(0, len(pids), PAGE):
            for pid, trails in self._view.trails_of(pids[begin : begin + PAGE]).items():
                state = remember.join([remember.decode(trail.state) for trail in trails])
                rows += self._remembered(pid, state, at)
        return pl.DataFrame(rows, schema=PEOPLE, orient="row")

    def _remembered(self, pid: str, state: remember.TrailState, at: Micros) -> Iterator[tuple[str, str, str, str]]:
        plan = self._core.plans.remember
        facts = remember.Remembered(state, (), plan)
        for name in state.traits:
            values = [value for since, value in facts.trait(name) if since <= at]
            if values and isinstance(values[-1], str | bool) and len(str(values[-1])) <= SHORT:
                yield pid, "trait", name, "yes" if values[-1] is True else "no" if values[-1] is False else values[-1]
        weights = remember.interests(state, plan, at)
        deep = [
            topic for topic in weights if topic.count("/") == 1 or not any(o.startswith(f"{topic}/") for o in weights)
        ]
        for topic in [one for one in deep if one.count("/") <= 1 and weights[one] > 0][:STRONGEST]:
            yield pid, "interest", topic, ""


def _blank(rows: pl.LazyFrame) -> pl.LazyFrame:
    """With empty texts where the lake has none, as places have them."""
    return rows.with_columns(pl.col(ABOUT).fill_null(""))


def _traces(trails: Sequence[Trail], known: Sequence[Known]) -> list[Trace]:
    """Trails of one system and owner as one."""
    kinds = {one.id: one.kind for one in known}
    found: dict[tuple[str, str], Trace] = {}
    for one in trails:
        old = found.get((one.source, one.owner))
        first, last = (one.first, one.last) if old is None else (min(old.first, one.first), max(old.last, one.last))
        found[one.source, one.owner] = Trace(one.owner, one.source, first, last, kinds.get(one.owner, "none"))
    return [found[key] for key in sorted(found)]


def _linked(traces: Sequence[Trace], evidence: Sequence[Evidence]) -> dict[frozenset[str], Micros]:
    """Since when two owners are known to be one customer: the moment of the event that joined what was known of each."""
    owners = {one.owner for one in traces}
    group_of: dict[str, set[str]] = {}
    linked: dict[frozenset[str], Micros] = {}
    for one in sorted(evidence, key=lambda one: (one.occurred, one.a, one.b)):
        small, large = sorted((group_of.setdefault(id, {id}) for id in (one.a, one.b)), key=len)
        if small is large:
            continue
        linked |= {frozenset((a, b)): one.occurred for a in small & owners for b in large & owners}
        large |= small
        group_of |= dict.fromkeys(small, large)
    return linked
