"""Which events a question must read whole in, what these told out: from lake and tail of one snapshot, not more than fits."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import polars as pl

from harken.errors import TooLarge
from harken.hub.core import Core
from harken.listen import campaign_of
from harken.listen.campaigns import MARK, campaign_in
from harken.logs import ABOUT, Logs
from harken.stores import View
from harken.stores.lake.rows import KEPT, events_of
from harken.understand.journeys import Scope
from harken.understand.told import CAMPAIGN, EVENT, Wanted
from harken.words import Event

MOST = 1_000_000  # events read whole for one question
KEYS = ["profile", "occurred", "seq", *ABOUT]
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def told_by(core: Core, view: View, logs: Logs, wanted: Wanted, scope: Scope, most: int = MOST) -> pl.DataFrame:
    """The events `wanted` asks for in the scope's period, as its frame. TooLarge when they are more than `most`."""
    places = logs.places.select(ABOUT).filter(pl.Series(wanted.places))
    if not wanted.campaign:
        _check(sum(_met(logs, wanted, scope)), most)
    frames, count = [_empty(wanted)], 0
    for rows in _rows(core, view, places, wanted, scope):
        count += rows.height
        _check(count, most)
        frames.append(_campaigns(core, rows) if wanted.campaign else _texts(rows, wanted))
    return pl.concat(frames)


def _check(count: int, most: int) -> None:
    if count > most:
        raise TooLarge(
            f"this needs more than {most:,} events read whole, which an index cannot tell; ask about a shorter period "
            "(`since`, `until`)"
        )


def _met(logs: Logs, wanted: Wanted, scope: Scope) -> Iterator[int]:
    """How many events of each part are asked for."""
    for log in logs.parts:
        asked = wanted.places[log.place]
        if scope.since is not None:
            asked &= log.occurred >= scope.since
        if scope.until is not None:
            asked &= log.occurred < scope.until
        yield int(np.count_nonzero(asked))


def _rows(core: Core, view: View, places: pl.DataFrame, wanted: Wanted, scope: Scope) -> Iterator[pl.DataFrame]:
    """The events at these places, frame by frame."""
    if places.is_empty():
        return
    there = {*places.iter_rows()}

    def read(event: Event) -> Event:  # of the tail, only those asked for are read
        about = (event.touchpoint, event.channel, event.name, event.source, event.type)
        return core.reread(event) if about in there else event

    columns = [*KEYS, *(name for name in KEPT if name not in KEYS)] if wanted.campaign else [*KEYS, "properties"]
    parts = core.lake.parts(view, columns=columns, since=scope.since, until=scope.until, reread=read)
    for part in parts:
        rows = part.filter(pl.col("touchpoint").is_in(places["touchpoint"].unique().implode()))
        if wanted.campaign:
            rows = rows.filter(pl.col("raw").bin.contains(MARK))
        found = rows.collect().with_columns(pl.col(ABOUT).fill_null("")).join(places, on=ABOUT, how="semi")
        if found.height:
            yield found


def _empty(wanted: Wanted) -> pl.DataFrame:
    return pl.DataFrame(schema={**EVENT, **dict.fromkeys(wanted.columns, pl.String)})


def _texts(rows: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """With a text for each property: as it was sent, numbers and yes or no as JSON writes them; nothing for lists and objects."""
    found: dict[str, list[str | None]] = {name: [] for name in wanted.properties}
    for text in rows["properties"]:
        told = _decode(text) if text else {}
        for name, texts in found.items():
            texts.append(_plain(told[name]) if name in told else None)
    return pl.concat([rows.select(KEYS), pl.DataFrame(found, schema=dict.fromkeys(found, pl.String))], how="horizontal")


def _plain(value: msgspec.Raw) -> str | None:
    told = bytes(value)
    if told[:1] == b'"':
        return msgspec.json.decode(told, type=str)
    return None if told[:1] in (b"{", b"[") or told == b"null" else told.decode()


def _campaigns(core: Core, rows: pl.DataFrame) -> pl.DataFrame:
    """The events that came by a campaign."""
    found = [campaign_in(dialect, raw) for dialect, raw in rows.select("dialect", "raw").iter_rows()]
    slow = [place for place, one in enumerate(found) if one is None]
    for place, event in zip(slow, events_of(rows[slow].select(KEPT).to_arrow()) if slow else (), strict=True):
        found[place] = campaign_of(core.reread(event))
    return rows.select(KEYS).with_columns(pl.Series(CAMPAIGN, found, dtype=pl.String)).filter(pl.col(CAMPAIGN) != "")
