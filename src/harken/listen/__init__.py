"""Raw bytes from any channel -> events, and what had to be dropped with its reason.

The way of a batch, step by step:

    decode       its bytes are parted into items             bodies.py, dialects/*.py  `open`
    shape        each item says what it says, in one shape   dialects/*.py             `read`
    time         when it happened, by the hub's clock        times.py                  `when`
    identifiers  whose it is, normalized, strongest first    identifiers.py            `identify`, `pair`
    traits       of its customer; topics of interest         traits.py                 `keepable`, `weigher`
    consent      what it says about purposes                 consent.py                `settle`
    touchpoint   where it happened, by the catalogue         touchpoints.py            `locator`
    event        all of it, with an id that dedupes          here

Rows of a table, which all say the same kinds of things, go a shorter way: what was found for one holds for those that
say the same (columns.py).

Pure: time and configuration come as arguments (`prepare` compiles the configuration once). The same bytes heard with
the same plan give the same events, and an event's `raw` alone gives it again (`reread`). What was heard can be handed
over as bytes (`heard.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

from harken.listen import bodies
from harken.listen.campaigns import campaign_of
from harken.listen.columns import Found, by_columns
from harken.listen.consent import settle
from harken.listen.dialects import DIALECTS
from harken.listen.heard import Heard, packed, unpacked
from harken.listen.identifiers import identify, pair
from harken.listen.plan import Plan, SourcePlan, event_id, prepare
from harken.listen.said import NO_DEFAULTS, Defaults, Dialect, Opened, Refused, Said, lent, with_lent
from harken.listen.times import when
from harken.listen.touchpoints import Place, place
from harken.listen.traits import keepable
from harken.words import Config, Dropped, Event, Identifier, Limits, RawBatch, Rows, digest

__all__ = [
    "Heard", "Listener", "Place", "Plan", "campaign_of", "hear", "is_mapped", "normalize", "packed", "place", "prepare",
    "reread", "unpacked",
]  # fmt: skip


class _Way(Struct):
    """What all items of a batch have in common on their way."""

    batch: RawBatch
    plan: Plan
    source: SourcePlan
    opened: Opened
    dialect: Dialect
    body: str = ""  # digest of the whole body, once it is needed
    lent: bytes = b""  # the defaults as they are written into a raw, once they are needed


def hear(batch: RawBatch, plan: Plan) -> Heard:
    """All items of a batch. Never raises for bad input: what cannot be taken is in `dropped`."""
    heard = Heard([], [])
    source = plan.source(batch.source)
    opened = _decode(batch)
    if isinstance(opened, Refused):
        heard.dropped.append(_dropped(batch, opened, batch.body, 0))
        return heard
    way = _Way(batch, plan, source, opened, DIALECTS[opened.dialect])
    for index, item in enumerate(opened.items):
        raw = bytes(item).strip()
        if not raw:
            continue  # an empty line
        event = _one(raw, index, way)
        if isinstance(event, Event):
            heard.events.append(event)
        else:
            heard.dropped.append(_letter(raw, event, index, way))
    return heard


class Listener:
    """`hear` for another process: what was heard comes as bytes (`unpacked`); b"" when it cannot be packed.

    `properties`: those that are asked for. Events of `Rows` bring no others along; all of them are in the raw.
    """

    def __init__(self, config: Config, properties: Collection[str] = ()) -> None:
        self._plan = prepare(config)
        self._found = Found()
        self.properties = frozenset(properties)

    def looks_at(self, source: str) -> frozenset[str]:
        """Properties that may tell where a row of the source happened or what it is about: `Rows.places` must tell them."""
        return self._plan.source(source).looks_at

    def batch(self, batch: RawBatch) -> bytes:
        return packed(hear(batch, self._plan))

    def rows(self, rows: Rows) -> bytes:
        """The same as `batch` of these rows as lines, but for the properties."""
        plan = self._plan
        source = plan.source(rows.batch.source)
        way = _Way(rows.batch, plan, source, Opened(items=[], dialect="harken"), DIALECTS["harken"])
        found = by_columns(rows, source, partial(_item, way), self._found)
        return packed(*found) if found else self.batch(replace(rows.batch, body=b"\n".join(rows.raws)))


def _item(way: _Way, raw: bytes, index: int) -> Event | Dropped:
    """One item, and where it goes to when it cannot be taken."""
    event = _one(raw, index, way)
    return event if isinstance(event, Event) else _letter(raw, event, index, way)


def _one(raw: bytes, index: int, way: _Way) -> Event | Refused:
    """One item, the whole way."""
    plan, source, batch = way.plan, way.source, way.batch

    said = _shape(raw, index, way)
    if not isinstance(said, Said):
        return said
    if said.time is None and batch.lines is not None:
        return Refused("bad_time", "no time; a row of a file says when it happened")
    occurred = when(said, batch.received, source.clock)
    if not isinstance(occurred, int):
        return occurred
    whose = identify(said, plan.readers, plan.traits, plan.whose)
    alias = None if said.alias is None else pair(said.alias, plan.readers.get("user_id"))
    if isinstance(alias, str):
        return Refused("bad_field", alias)
    if not whose and alias is None:
        return _nobody(said, plan)
    spot = source.locate(said)
    message_id = said.message_id or _given_id(raw, index, said, way)
    name, touchpoint, channel = spot
    return Event(  # in the order of its fields: naming twenty of them would take longer than reading the item's JSON
        event_id(source.seed, message_id),
        message_id,
        batch.source,
        way.opened.dialect,
        said.type,
        name,
        occurred,
        batch.received,
        whose,
        channel,
        touchpoint,
        said.properties,
        keepable(said.traits) if said.traits else said.traits,
        plan.weigh(name, said.properties, said.topics),
        settle(said) if "gpc" in said.context else said.consent,
        said.context,
        alias,
        batch.trusted,
        _raw(raw, said, way) if said.leans else raw,
        tuple(said.warnings) if said.warnings else (),
    )


def reread(event: Event, plan: Plan) -> Event:
    """A stored event, full again: what follows from its raw is read anew, its place is named by this plan.

    What the envelope says (ids, times, name, trail) stays as it was heard. A raw that cannot be read leaves the event
    as it is.
    """
    said = DIALECTS[event.dialect].read(event.raw, Defaults(type=event.type))
    if not isinstance(said, Said):
        return event
    source = plan.source(event.source)
    when(said, event.received, source.clock)  # for its warnings only
    whose = identify(said, plan.readers, plan.traits, plan.whose)
    alias = None if said.alias is None else pair(said.alias, plan.readers.get("user_id"))
    spot = source.locate(said)
    return replace(
        event,
        identifiers=whose,
        channel=spot.channel,
        touchpoint=spot.touchpoint,
        properties=said.properties,
        traits=keepable(said.traits),
        topics=plan.weigh(event.name, said.properties, said.topics),
        consent=settle(said),
        context=said.context,
        alias=alias if isinstance(alias, tuple) else None,
        warnings=tuple(said.warnings),
    )


def normalize(identifier: Identifier, plan: Plan) -> Identifier | None:
    """An identifier somebody wrote, as events carry it; None when its kind is no key or its value recognizes nobody."""
    reader = plan.readers.get(identifier.kind)
    read = reader(identifier.value) if reader else None
    return read[1] if isinstance(read, tuple) else None


def is_mapped(touchpoint: str, config: Config) -> bool:
    """Whether the catalogue knows the touchpoint; what it does not know waits to be named (`place`)."""
    return any(known.id == touchpoint for known in config.touchpoints)


# ---------------------------------------------------------------- steps


def _decode(batch: RawBatch) -> Opened | Refused:
    dialect = DIALECTS.get(batch.dialect)
    if dialect is None:
        return Refused("bad_field", f"no dialect {batch.dialect!r}; there are {', '.join(sorted(DIALECTS))}")
    return dialect.open(batch)


def _shape(raw: bytes, index: int, way: _Way) -> Said | Refused:
    """What the item says; first whether it may be looked at."""
    limits = way.source.limits
    if len(raw) > limits.event_bytes or index >= limits.batch_events:
        return _over(raw, index, limits)
    if raw.count(b"{") + raw.count(b"[") > limits.depth and bodies.too_deep(raw, limits.depth):
        return _over(raw, index, limits)
    if not raw.isascii() and not bodies.is_utf8(raw):
        return bodies.not_utf8(raw)
    return _read(raw, way)


def _read(raw: bytes, way: _Way) -> Said | Refused:
    """What the item says, mended if it has to be."""
    said = way.dialect.read(raw, way.opened.defaults)
    if isinstance(said, Said):
        return said
    mended = bodies.repaired(raw) if said.reason == "not_json" else None
    if mended is not None:
        said = way.dialect.read(mended, way.opened.defaults)
        if isinstance(said, Said):
            said.mended, said.leans = mended, True
    return said


def _over(raw: bytes, index: int, limits: Limits) -> Refused:
    """Which limit of its source an item is over."""
    if len(raw) > limits.event_bytes:
        return Refused("too_large", f"{len(raw)} bytes; an event of this source may have {limits.event_bytes}")
    if index >= limits.batch_events:
        detail = f"number {index + 1} of its batch; this source may send {limits.batch_events} at once"
        return Refused("too_large", detail)
    return Refused("too_deep", f"nested deeper than {limits.depth}; flatten it")


def _raw(raw: bytes, said: Said, way: _Way) -> bytes:
    """The item as sent, mended if it had to be, and with what the batch said for it if it leans on that."""
    raw, defaults = said.mended or raw, way.opened.defaults
    if defaults is NO_DEFAULTS:
        return raw
    if said.carried is not None:
        return with_lent(raw, lent(said.carried))
    way.lent = way.lent or lent(defaults)
    return with_lent(raw, way.lent)


def _nobody(said: Said, plan: Plan) -> Refused:
    why = "; ".join(said.warnings[:3]) or "none is given"
    return Refused("no_identifier", f"no identifier: {why}; give at least one of {', '.join(plan.readers)}")


def _given_id(raw: bytes, index: int, said: Said, way: _Way) -> str:
    """An id for a message whose client gave none.

    A dead letter brings the one its item would have had where it came. A row of a file is known by its line. An item with a time of its own is the same message when the whole body
    comes again: a client that sends again what it got no answer for. Without a time, two equal bodies are two events.
    """
    batch = way.batch
    if said.carried is not None and said.carried.message_id:
        return said.carried.message_id
    if batch.lines is not None:
        return digest("row", _where(batch, index), raw.hex())
    if not way.body:
        way.body = blake2b(batch.body, digest_size=16).hexdigest()
    if said.timed:
        return digest("body", batch.hint, way.body, str(index))
    return digest("body", batch.hint, way.body, str(index), str(batch.received))


def _dropped(batch: RawBatch, refused: Refused, raw: bytes, index: int) -> Dropped:
    return Dropped(
        reason=refused.reason,
        detail=refused.detail,
        source=batch.source,
        dialect=batch.dialect,
        received=batch.received,
        raw=raw,
        index=index,
        where=_where(batch, index),
        line=0 if batch.lines is None else batch.lines[0] + index,
        trusted=batch.trusted,
    )


def _letter(raw: bytes, refused: Refused, index: int, way: _Way) -> Dropped:
    letter = _dropped(way.batch, refused, _kept(raw, refused, index, way), index)
    return replace(letter, dialect=way.opened.dialect)


def _kept(raw: bytes, refused: Refused, index: int, way: _Way) -> bytes:
    """A dropped item as it is kept: so that it can be heard again alone, with what path, batch and edge said for it, and
    under the id it would have had there: once, however often the whole batch comes again."""
    if not (raw.startswith(b"{") and raw.endswith(b"}")) or refused.reason == "not_json":
        return raw
    defaults = way.opened.defaults
    if way.batch.lines is None or defaults is not NO_DEFAULTS:  # else its line is enough
        defaults = _with_id(raw, index, way)
    return raw if defaults is NO_DEFAULTS else with_lent(raw, lent(defaults))


def _with_id(raw: bytes, index: int, way: _Way) -> Defaults:
    """The batch's defaults and, for an item that can be read and has no id of its own, the id it is given."""
    said = _read(raw, way)
    defaults = way.opened.defaults
    if not isinstance(said, Said) or said.message_id:
        return defaults
    if said.carried is not None:
        defaults = said.carried
    return replace(defaults, message_id=_given_id(raw, index, said, way))


def _where(batch: RawBatch, index: int) -> str:
    return batch.where if batch.lines is None else f"{batch.where}:{batch.lines[0] + index}"
