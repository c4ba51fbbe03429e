"""A mapping file (YAML), or a few flags -> what a row of which files means. Nothing of the tables is read here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import yaml
from msgspec import Struct

from harken.connectors.tables.chunks import Format
from harken.errors import Invalid

FIELD = re.compile(r"\{([^{}]+)\}")
GUIDE = "docs/how-to/import-your-data.md"
Columns: TypeAlias = dict[str, str]


class Join(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A small table whose columns are added to each row: `products.parquet` on `product_id`."""

    file: str  # beside the mapping, or `package:name/path`
    by: str  # a column of both
    take: tuple[str, ...] = ()  # columns to take; empty = all


class Stream(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One set of files with the same columns, and what a row of it means.

    `event`, `channel`, `touchpoint` are texts with `{column}` in them; `time`, `identifiers`, `properties` and
    `traits` name columns (or are such texts, when they hold a brace; `time` may be one moment for all rows). A column
    inside another is named with a dot: `user.mail`.
    """

    name: str  # tells the rows of this stream from those of others; do not change it between two imports
    files: tuple[str, ...]  # names or patterns from the mapping's folder on, `package:name/path`, or `-` for stdin
    time: str  # when it happened
    identifiers: Columns  # kind of key: column
    event: str = ""  # what happened; needed unless `type` says it
    type: str = "track"  # track, page, screen, identify, …
    channel: str = ""  # empty = the source's
    touchpoint: str = ""  # empty = named by the catalogue, or by the event's name
    properties: Columns | tuple[str, ...] | Literal["*"] = "*"  # columns, or new name: column; `*` = all others
    traits: Columns | tuple[str, ...] = ()  # what a row says of its customer
    id: tuple[str, ...] = ()  # columns that together tell a row from every other; else its place in its file
    time_format: str = ""  # how a time that is not ISO 8601 is written: `%d.%m.%Y %H:%M`
    timezone: str = ""  # how a time without zone is read; the mapping's when empty
    format: Format = "auto"  # told by the file's name, unless said
    delimiter: str = ""  # CSV; "" = the one the header uses
    encoding: str = "utf-8"  # of CSV and NDJSON: cp1252, utf-16, …
    texts: tuple[str, ...] = ()  # CSV columns to keep as text although they look like numbers
    join: tuple[Join, ...] = ()  # small tables that add columns


class Mapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping file: one source, one or more streams of rows."""

    source: str  # every event comes from it
    streams: tuple[Stream, ...]  # kinds of rows
    timezone: str = "UTC"  # of times that carry none


def load(path: Path) -> tuple[Mapping, Path]:
    """A mapping file, or `import.yaml` in a folder, and the folder its relative paths start from."""
    file = path / "import.yaml" if path.is_dir() else path
    if not file.is_file():
        raise Invalid(f"there is no mapping {file}; {GUIDE} says how to write one")
    try:
        body = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  every scalar is text
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid(f"{file}: not YAML: {error}") from None
    if not isinstance(body, dict):
        raise Invalid(f"{file}: a mapping has `source` and `streams`; {GUIDE} shows one")
    streams = body.get("streams")
    for stream in streams if isinstance(streams, list) else []:
        for name in ("files", "id", "texts", "traits"):  # one name may stand without brackets
            if isinstance(stream, dict) and isinstance(stream.get(name), str):
                stream[name] = [stream[name]] if stream[name] else []
    try:
        mapping = msgspec.convert(body, Mapping)
    except msgspec.ValidationError as error:
        raise Invalid(f"{file}: {error}{_near(str(error))}; {GUIDE} says what there is") from None
    check(mapping, str(file))
    return mapping, file.parent


def quick(
    tables: Sequence[str],
    *,
    who: Sequence[str],
    when: str,
    what: str,
    source: str,
    **more: Any,
) -> Mapping:
    """A mapping for tables of one shape from a few flags: `who` are columns or kind=column pairs; `what` is a column, or
    a text with {column} in it. `more` are fields of the stream."""
    identifiers: dict[str, str] = {}
    for one in who:
        kind, equals, column = one.partition("=")
        identifiers[kind if equals else "user_id"] = column if equals else kind
    event = what if "{" in what else "{" + what + "}"
    timezone = more.pop("timezone", "") or "UTC"
    stream = Stream(name="table", files=tuple(tables), time=when, identifiers=identifiers, event=event, **more)
    mapping = Mapping(source=source, streams=(stream,), timezone=timezone)
    check(mapping, "flags")
    return mapping


def check(mapping: Mapping, where: str) -> None:
    """What can be said before a table is opened; Invalid says what would be right."""
    names = [stream.name for stream in mapping.streams]
    if not names:
        raise Invalid(f"{where}: `streams` is empty; one stream says what a row of some files means")
    for stream in mapping.streams:
        at = f"{where}: stream '{stream.name}'"
        if names.count(stream.name) > 1:
            raise Invalid(f"{at}: two streams have this name; the name tells their rows apart")
        if not stream.identifiers:
            raise Invalid(f"{at}: `identifiers` is empty; say which column identifies a customer: `email: mail`")
        if not stream.event and stream.type == "track":
            raise Invalid(f"{at}: `event` is missing: a text such as `Ordered`, or `{{column}}`")
        if len(stream.delimiter) > 1:
            raise Invalid(f"{at}: delimiter '{stream.delimiter}' has more than one character")
    for zone in {mapping.timezone, *(stream.timezone for stream in mapping.streams)} - {""}:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            near = difflib.get_close_matches(zone, available_timezones(), 1)
            hint = f", did you mean {near[0]}" if near else " (such as Europe/Berlin)"
            raise Invalid(f"{where}: there is no timezone '{zone}'{hint}") from None


def _near(error: str) -> str:
    """What is right where a field does not exist: the nearest name of that place, else where it belongs, else all.

    >>> _near("Object contains unknown field `channel`")
    " ('channel' is said for each stream, below `streams`)"
    >>> _near("Object contains unknown field `tme` - at `$.streams[0]`")
    " (did you mean 'time'?)"
    """
    unknown = re.search(r"unknown field `([^`]+)`", error)
    if not unknown:
        return ""
    name, place = unknown[1], Join if ".join[" in error else Stream if ".streams[" in error else Mapping
    near = difflib.get_close_matches(name, place.__struct_fields__, 1)
    if near:
        return f" (did you mean '{near[0]}'?)"
    if place is Mapping and name in Stream.__struct_fields__:
        return f" ('{name}' is said for each stream, below `streams`)"
    return f" (there may be {', '.join(place.__struct_fields__)})"
