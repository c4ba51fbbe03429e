"""What a hub holds, as tables: events, profiles, identifiers, trails. For SQL and for exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import msgspec
import polars as pl

from harken.hub.core import Core
from harken.hub.customers import Customers
from harken.stores import View

PAGE = 2_000
EVENTS = ("profile", "occurred", "seq", "id", "tid", "source", "channel", "touchpoint", "type", "name", "received",
          "verified", "emotion", "properties")  # fmt: skip
MOMENT = pl.Datetime("us")
Schema: TypeAlias = Mapping[str, pl.DataType | type[pl.DataType]]
SEEN: Schema = {"first_seen": MOMENT, "last_seen": MOMENT, "events": pl.Int64}
PROFILES: Schema = {"profile": pl.String, "identifiers": pl.String, **SEEN, "visits": pl.Int64, "stage": pl.String,
                    "segments": pl.List(pl.String), "traits": pl.String, "interests": pl.String}  # fmt: skip
IDENTIFIERS: Schema = {"kind": pl.String, "value": pl.String, "profile": pl.String, "first_seen": MOMENT,
                       "quarantined": pl.Boolean}  # fmt: skip
TRAILS: Schema = {"tid": pl.String, "profile": pl.String, "source": pl.String, **SEEN}


class Tables:
    """The tables of one hub. `busy` is called now and then, and stops the work by raising."""

    def __init__(self, core: Core, customers: Customers) -> None:
        self._core, self._customers = core, customers
        self.names = {
            "events": self.events,
            "profiles": self.profiles,
            "identifiers": self.identifiers,
            "trails": self.trails,
        }

    def events(self, view: View, busy: Callable[[], None] = lambda: None) -> pl.LazyFrame:
        """Every event once, under the profile it belongs to now; moments in UTC, `properties` a JSON object."""
        busy()
        frame = self._core.lake.frame(view, columns=EVENTS, reread=self._core.reread)
        return frame.with_columns(pl.from_epoch("occurred", "us"), pl.from_epoch("received", "us"))

    def profiles(self, view: View, busy: Callable[[], None] = lambda: None) -> pl.LazyFrame:
        """Every customer: identifiers, traits and interests are JSON."""

        def rows() -> Iterator[tuple[object, ...]]:
            for pids in self._pids(view, busy):
                for one in self._customers.customers(view, pids):
                    yield (
                        one.pid,
                        _json({kind: [each.value for each in one.identifiers if each.kind == kind]
                               for kind in dict.fromkeys(each.kind for each in one.identifiers)}),
                        one.first_seen, one.last_seen, one.events, one.visits, one.stage.current, [*one.segments],
                        _json({name: trait.value for name, trait in one.traits.items()}), _json(one.interests),
                    )  # fmt: skip

        return _frame(rows(), PROFILES)

    def identifiers(self, view: View, busy: Callable[[], None] = lambda: None) -> pl.LazyFrame:
        """Every identifier, and the profile it belongs to."""

        def rows() -> Iterator[tuple[object, ...]]:
            for pids in self._pids(view, busy):
                for known in view.known_of(pids).values():
                    for one in known:
                        yield one.kind, one.value, one.pid, one.first, one.quarantined

        return _frame(rows(), IDENTIFIERS)

    def trails(self, view: View, busy: Callable[[], None] = lambda: None) -> pl.LazyFrame:
        """Every trail (one source, one device, one account), and the profile it belongs to."""

        def rows() -> Iterator[tuple[object, ...]]:
            for pids in self._pids(view, busy):
                for pid, trails in view.trails_of(pids).items():
                    for one in trails:
                        yield one.tid, pid, one.source, one.first, one.last, one.events

        return _frame(rows(), TRAILS)

    def _pids(self, view: View, busy: Callable[[], None]) -> Iterator[list[str]]:
        after = ""
        while page := view.list_profiles(after, PAGE):
            busy()
            after = page[-1].pid
            yield [one.pid for one in page]


def _frame(rows: Iterator[tuple[object, ...]], schema: Schema) -> pl.LazyFrame:
    raw = {name: pl.Int64 if type == MOMENT else type for name, type in schema.items()}
    frame = pl.DataFrame(list(rows), schema=raw, orient="row")
    return frame.with_columns(pl.col(name).cast(MOMENT) for name, type in schema.items() if type == MOMENT).lazy()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
