"""A frame of rows and the stream they belong to -> one native event a row, as JSON lines.

Work is done on columns: a whole chunk becomes text in one Polars expression, so a million rows take seconds.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b

import msgspec
import polars as pl
from msgspec import Struct

from harken.connectors.tables.chunks import JSON, REST, ROW
from harken.connectors.tables.mappings import FIELD, Columns, Stream
from harken.errors import Invalid

HOUR = pl.duration(hours=1)
EVENT = "#event"
TOLD = "told "  # before the name of a property that is asked for
APART = ("alias", "identify", "group")  # types that say things of their own
PLACE = ("name", "channel", "touchpoint")  # what an item says of where it happened
TIMES = (pl.String, pl.Int64, pl.Int32, pl.Float64)  # that JSON gives back as they are
VALUES = (pl.String, pl.Boolean, pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt32, pl.UInt16, pl.UInt8, pl.Float64)
Refuse = Callable[[int, str, bytes], None]


class Asked(Struct, frozen=True):
    """Properties that who listens by columns asks for: to look at them, or to be told them."""

    looks_at: Collection[str]
    told: Collection[str]


class Written(Struct, frozen=True):
    """What was written of a frame; `columns` as `words.Rows` has them, None where they cannot tell all."""

    lines: pl.Series
    texts: pl.Series
    columns: pl.DataFrame | None
    zone: str
    kind: str


class _Event(Struct):
    """An event as expressions: fields, those that are JSON already, and of the properties each."""

    fields: dict[str, pl.Expr]
    zone: str
    objects: dict[str, pl.Expr] = {}
    properties: dict[str, pl.Expr] = {}
    nested: bool = False

    def json(self) -> pl.Expr:
        return _json(self.fields, self.objects)

    def columns(self, stream: Stream, asked: Asked) -> dict[str, pl.Expr]:
        """What the event says, by column; nothing where that would not be all."""
        if self.objects or self.nested or stream.traits or stream.type.strip().lower() in APART:
            return {}
        where = {name: value for name, value in self.fields.items() if name in PLACE}
        where |= {f".{name}": self.properties[name] for name in asked.looks_at if name in self.properties}
        found = {"id": self.fields["id"], "time": self.fields["time"]}
        found |= {"whose": self.fields["identifiers"].struct.json_encode(), "places": _json(where, {})}
        return found | {TOLD + name: self.properties[name] for name in asked.told if name in self.properties}


class Writer:
    """Writes the rows of one file. `place` names the file in the ids of its rows; "" when it has no name (stdin).
    `joined` are the columns that do not come from the file."""

    def __init__(self, stream: Stream, timezone: str, place: str, joined: Collection[str]) -> None:
        self._stream, self._zone, self._place, self._joined = stream, stream.timezone or timezone, place, joined
        self._where = f"stream '{stream.name}'"

    def write(self, frame: pl.DataFrame, refuse: Refuse, asked: Asked | None = None) -> Written:
        """The line in its file of each row, and its event; with what is asked for, as columns too where they can tell all.
        A row that cannot be an event goes to `refuse`."""
        frame = self._happened(self._timed(_plain(frame, self._where), refuse), refuse)
        event = self._event(frame)
        columns = event.columns(self._stream, asked) if asked and (self._stream.id or self._place) else {}
        made = frame.select(event.json().alias(EVENT), **columns)
        texts = made[EVENT]
        if gaps := self._has_gaps(frame):  # what is not told is left out
            texts = texts.str.replace_all(r',"[^"\\]*":null', "").str.replace_all(r'\{"[^"\\]*":null,?', "{")
        if not self._stream.id and not self._place:
            texts = pl.Series(self._by_content(texts.to_list()), dtype=pl.String)
        kind = f"{self._stream.name} {self._stream.type} {event.zone} {gaps}"
        return Written(frame[ROW], texts, made.drop(EVENT) if _are_plain(made) else None, event.zone, kind)

    def _happened(self, frame: pl.DataFrame, refuse: Refuse) -> pl.DataFrame:
        """Where one column alone tells what happened, a row in which it is empty tells nothing."""
        only = FIELD.fullmatch(self._stream.event)
        if only is None or self._stream.type != "track":
            return frame
        name = only[1]
        _need(frame.columns, [name], f"{self._where}: event")
        empty = pl.col(name).cast(pl.String).str.strip_chars().fill_null("") == ""
        for row in frame.filter(empty).iter_rows(named=True):
            told = {key: value for key, value in row.items() if not key.startswith("#")}
            reason = f"{name}: is empty, and it alone tells what happened (`event: '{{{name}}}'`)"
            refuse(row[ROW], reason, msgspec.json.encode(told, enc_hook=str))
        return frame.filter(~empty)

    def _has_gaps(self, frame: pl.DataFrame) -> bool:
        """Whether leaving out what is null is worth it, or needed: an empty trait is not told, which is not `none`."""
        nulls = sum(frame.null_count().row(0))
        return nulls * 20 > frame.height * frame.width or bool(nulls and self._stream.traits)

    def _by_content(self, texts: Sequence[str]) -> list[str]:
        """Rows without a place are told apart by what they say; equal ones by how many came before."""
        seen: dict[str, int] = {}
        named = []
        for text in texts:
            id = blake2b(text.encode(), digest_size=12).hexdigest()
            count = seen[id] = seen.get(id, 0) + 1
            named.append(f'{{"id":"{self._stream.name}|{id}|{count}",{text[1:]}')
        return named

    def _event(self, frame: pl.DataFrame) -> _Event:
        """One native event a row."""
        stream, columns = self._stream, frame.columns
        fields = {"id": self._id(frame)} if stream.id or self._place else {}
        fields["type"] = pl.lit(stream.type)
        fields["time"] = self._time(frame)
        zone = self._zone if frame.schema.get(stream.time, pl.String) == pl.String else ""
        if zone:
            fields["timezone"] = pl.lit(zone)
        whose = {kind: _text(name, frame, self._where) for kind, name in stream.identifiers.items()}
        fields["identifiers"] = pl.struct([value.alias(kind) for kind, value in whose.items()])
        for name, text in (("name", stream.event), ("channel", stream.channel), ("touchpoint", stream.touchpoint)):
            if text:
                fields[name] = _template(text, columns, self._where)
        event = _Event(fields, zone)
        used = {stream.time, *stream.identifiers.values()}
        for name, chosen in (("properties", stream.properties), ("traits", stream.traits)):
            rest = pl.col(REST) if chosen == "*" and REST in columns else None
            values = _columns(chosen, columns if rest is None else self._joined, used)
            if any(JSON + column in columns for column in values.values()) or rest is not None:
                event.objects[name] = self._object(values, frame, rest)
            elif values:
                plain = {key: _value(column, frame, self._where) for key, column in values.items()}
                fields[name] = pl.struct([value.alias(key) for key, value in plain.items()])
                if name == "properties":
                    event.properties = plain
                    event.nested = any(frame.schema.get(column, pl.String).is_nested() for column in values.values())
        return event

    def _id(self, frame: pl.DataFrame) -> pl.Expr:
        """By the `id` columns; a row in which one is empty, and every row when there are none, by its place."""
        prefix = pl.lit(f"{self._stream.name}|")
        place = pl.concat_str(prefix, pl.lit(f"{self._place}|"), pl.col(ROW).cast(pl.String))
        if not self._stream.id:
            return place
        told = [_text(name, frame, self._where) for name in self._stream.id]
        return pl.coalesce(pl.concat_str(prefix, pl.concat_str(told, separator="|")), place)

    def _object(self, values: Columns, frame: pl.DataFrame, rest: pl.Expr | None) -> pl.Expr:
        """Values of which some are JSON already, and the rest of what the row says."""
        raw = {key: pl.col(JSON + column) for key, column in values.items() if JSON + column in frame.columns}
        plain = {key: _value(name, frame, self._where) for key, name in values.items() if key not in raw}
        return _json(plain, raw, rest)

    # ------------------------------------------------------------------ time

    def _timed(self, frame: pl.DataFrame, refuse: Refuse) -> pl.DataFrame:
        """Times of an own format are read here; the rest of text goes to listen, which knows the usual ones."""
        name, format = self._stream.time, self._stream.time_format
        if not format:
            return frame
        if "{" in name:
            column = _template(name, frame.columns, self._where)
        else:
            _need(frame.columns, [name], f"{self._where}: time")
            column = pl.col(name).cast(pl.String)
        dated = any(mark in format for mark in ("%H", "%I", "%T", "%R", "%c", "%s"))
        try:
            parsed = column.str.strip_chars().str.strptime(
                pl.Datetime("us") if dated else pl.Date, format, strict=False
            )
            frame = frame.with_columns(column.alias("#said"), parsed.alias(name))
        except pl.exceptions.PolarsError as error:
            raise Invalid(f"{self._where}: time_format '{format}' cannot be used: {error}") from None
        wrong = pl.col(name).is_null() & pl.col("#said").is_not_null()
        for row in frame.filter(wrong).iter_rows(named=True):
            told = {key: value for key, value in row.items() if not key.startswith("#") and key != name}
            reason = f"{name}: {row['#said']!r} is not a time written as {format}"
            refuse(row[ROW], reason, msgspec.json.encode({**told, name: row["#said"]}, enc_hook=str))
        return frame.filter(~wrong).drop("#said")

    def _time(self, frame: pl.DataFrame) -> pl.Expr:
        """Typed times become microseconds UTC; text stays what it is."""
        name = self._stream.time
        if name not in frame.columns:
            if "{" in name or name[:4].isdigit():
                return _template(name, frame.columns, self._where)
            _need(frame.columns, [name], f"{self._where}: time")
        type_, column = frame.schema[name], pl.col(name)
        if type_ == pl.Date:
            column, type_ = column.cast(pl.Datetime("us")), pl.Datetime("us")
        if isinstance(type_, pl.Datetime):
            if type_.time_zone is None:
                column = pl.coalesce(_zoned(column, self._zone), _zoned(column + HOUR, self._zone))
            return column.dt.convert_time_zone("UTC").dt.epoch("us")
        if type_ in (pl.Null, pl.String) or type_.is_numeric():
            return column
        raise Invalid(f"{self._where}: column '{name}' holds {type_}, which is no time")


def dotted(frame: pl.DataFrame, stream: Stream) -> pl.DataFrame:
    """Columns inside columns that the stream names (`user.mail`), taken out."""
    found = []
    for name in named(stream):
        top, *steps = name.split(".")
        if steps and name not in frame.columns and isinstance(frame.schema.get(top), pl.Struct):
            column = pl.col(top)
            for step in steps:
                column = column.struct.field(step)
            found.append(column.alias(name))
    try:
        return frame.with_columns(found) if found else frame
    except pl.exceptions.PolarsError as error:
        raise Invalid(f"stream '{stream.name}': a column that is named with a dot is not there: {error}") from None


def named(stream: Stream) -> set[str]:
    """Every column a stream names, besides `*`."""
    texts = [stream.event, stream.channel, stream.touchpoint]
    for told in (stream.properties, stream.traits):
        texts += told.values() if isinstance(told, dict) else told if told != "*" else ()
    names = {name for text in texts if "{" in text for name in FIELD.findall(text)}
    for told in (stream.properties, stream.traits):
        plain = told.values() if isinstance(told, dict) else told if told != "*" else ()
        names.update(name for name in plain if "{" not in name)
    for name in (*stream.identifiers.values(), *stream.id, stream.time):
        names.update(FIELD.findall(name) if "{" in name else [name])
    return names | {join.by for join in stream.join} | {*stream.texts}


def _are_plain(made: pl.DataFrame) -> bool:
    """Whether the columns that were made (if any) hold what JSON gives back as it is."""
    types = made.schema
    told = [type_ for name, type_ in types.items() if name.startswith(TOLD)]
    return types.get("id") == pl.String and types["time"] in TIMES and all(type_ in VALUES for type_ in told)


def _plain(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Types JSON has no word for, made such that it has one."""
    made = []
    for name, type_ in frame.schema.items():
        if isinstance(type_, pl.Decimal):
            made.append(pl.col(name).cast(pl.Float64))
        elif type_ == pl.Binary:
            made.append(pl.col(name).bin.encode("base64"))
        elif isinstance(type_, pl.Struct | pl.List | pl.Array) and "Binary" in str(type_):
            raise Invalid(
                f"{where}: column '{name}' holds bytes inside {type_}; name the wanted columns in `properties`"
            )
    return frame.with_columns(made) if made else frame


def _json(plain: dict[str, pl.Expr], raw: dict[str, pl.Expr], rest: pl.Expr | None = None) -> pl.Expr:
    """One JSON object of plain values, values that are JSON already, and the inside of another object."""
    text = pl.struct([value.alias(key) for key, value in plain.items()]).struct.json_encode() if plain else pl.lit("{}")
    if not raw and rest is None:
        return text
    pieces = [text.str.head(-1)]
    for place, (key, value) in enumerate(raw.items()):
        comma = "," if plain or place else ""
        pieces += [pl.lit(f"{comma}{msgspec.json.encode(key).decode()}:"), value.fill_null("null")]
    if rest is not None:
        comma = "," if plain or raw else ""
        pieces.append(pl.when(rest == "").then(pl.lit("")).otherwise(pl.concat_str(pl.lit(comma), rest)))
    return pl.concat_str(*pieces, pl.lit("}"))


def _columns(chosen: Columns | tuple[str, ...] | str, columns: Collection[str], used: set[str]) -> Columns:
    """Name of a property -> column."""
    if chosen == "*":
        return {name: name for name in columns if name not in used and not name.startswith("#")}
    if isinstance(chosen, dict):
        return chosen
    return {name: name for name in chosen}


def _text(name: str, frame: pl.DataFrame, where: str) -> pl.Expr:
    """A column or template as text; whole floats (ids that met a null) lose their `.0`."""
    if "{" in name:
        return _template(name, frame.columns, where)
    _need(frame.columns, [name], where)
    column = pl.col(name)
    if frame.schema[name].is_float():
        whole = column.is_finite() & (column % 1 == 0) & (column.abs() < 2.0**53)
        return (
            pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        )
    if frame.schema[name].is_temporal():
        return column.dt.to_string("iso:strict")
    if frame.schema[name].is_nested():
        raise Invalid(f"{where}: column '{name}' holds {frame.schema[name]}; an identifier or id is one value")
    return column.cast(pl.String)


def _zoned(column: pl.Expr, zone: str) -> pl.Expr:
    """Local time of a zone. A clock that is set back says some times twice: the first is meant; one that is set forward
    skips some: those are null here, and are read as if it had not been set yet, which is an hour later by the new time."""
    return column.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")


def _value(name: str, frame: pl.DataFrame, where: str) -> pl.Expr:
    if "{" in name:
        return _template(name, frame.columns, where)
    _need(frame.columns, [name], where)
    if frame.schema[name].is_temporal():
        return pl.col(name).dt.to_string("iso:strict")
    return pl.col(name)


def _template(text: str, columns: Sequence[str], where: str) -> pl.Expr:
    names = FIELD.findall(text)
    if not names:
        return pl.lit(text)
    _need(columns, names, where)
    pieces: list[pl.Expr] = []
    for part, name in zip(FIELD.sub("\x00", text).split("\x00"), [*names, ""], strict=True):
        pieces.append(pl.lit(part))
        if name:
            pieces.append(pl.col(name).cast(pl.String).fill_null("unknown"))
    return pl.concat_str(pieces)


def _need(columns: Sequence[str], names: Sequence[str], where: str) -> None:
    there = [name for name in columns if not name.startswith("#")]
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, there, 1)
            hint = f", did you mean '{near[0]}'" if near else ""
            raise Invalid(f"{where}: there is no column '{name}'{hint}; there are {', '.join(there[:40])}")
