"""Events as a frame in, a file other tools read out: XES, OCEL 2.0 (JSON), Arrow, Parquet, CSV.

What happened is the touchpoint, else the event's name, else its type. XES has a trace for each customer; OCEL has customers and
their trails (what one source saw of one device and account) as objects, and each event belongs to one of both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import quoteattr

import polars as pl

from harken.errors import Invalid

ATTRIBUTES = ("channel", "source", "name", "type", "touchpoint")  # of an event, beside what, when and who
NEEDED = ("profile", "occurred", "seq", "id", "tid", *ATTRIBUTES, "emotion")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # in XML
_EXTENSIONS = (("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
               ("Time", "time", "http://www.xes-standard.org/time.xesext"),
               ("Organizational", "org", "http://www.xes-standard.org/org.xesext"))  # fmt: skip


def write(events: pl.LazyFrame, path: Path, form: str) -> int:
    """Write the events (columns as `hub.tables.events` gives them); how many there were."""
    if form not in FORMS:
        raise Invalid(f"'{form}' is not a form of export; there are {', '.join(FORMS)}")
    rows = events.sort("profile", "occurred", "seq").collect()
    try:
        FORMS[form](rows, path)
    except OSError as error:
        raise Invalid(f"cannot write {path}: {error.strerror or error}") from None
    return rows.height


def _written(rows: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what happened, the event) in order."""
    for row in rows.select(NEEDED).iter_rows(named=True):
        yield row["touchpoint"] or row["name"] or row["type"], row


# ---------------------------------------------------------------------- XES


def _xes(rows: pl.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0" xes.features="" openxes.version="">\n'
        )
        for name, prefix, uri in _EXTENSIONS:
            file.write(f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n')
        file.write('<classifier name="Touchpoint" keys="concept:name"/>\n')
        trace = None
        for what, row in _written(rows):
            if row["profile"] != trace:
                file.write("</trace>\n" if trace is not None else "")
                trace = row["profile"]
                file.write(f"<trace>{_string('concept:name', trace)}\n")
            _xes_event(file, what, row)
        file.write("</trace>\n</log>\n" if trace is not None else "</log>\n")


def _xes_event(file: TextIO, what: str, row: Mapping[str, Any]) -> None:
    told = _string("concept:name", what) + f'<date key="time:timestamp" value="{_iso(row["occurred"])}"/>'
    told += _string("org:resource", row["source"]) + _string("identity:id", row["id"])
    told += "".join(_string(name, row[name]) for name in ATTRIBUTES if row[name])
    told += "" if row["emotion"] is None else f'<float key="emotion" value="{row["emotion"]}"/>'
    file.write(f"<event>{told}</event>\n")


def _string(key: str, value: str) -> str:
    return f"<string key={quoteattr(key)} value={quoteattr(_FORBIDDEN.sub('?', value))}/>"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="microseconds") + "+00:00"


# ---------------------------------------------------------------------- OCEL 2.0


def _ocel(rows: pl.DataFrame, path: Path) -> None:
    kinds = sorted({what for what, _ in _written(rows)})
    texts = [{"name": name, "type": "string"} for name in ATTRIBUTES] + [{"name": "emotion", "type": "float"}]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        types: list[dict[str, Any]] = [{"name": name, "attributes": []} for name in ("customer", "trail")]
        file.write('{"objectTypes": ' + json.dumps(types) + ',\n"eventTypes": ')
        file.write(json.dumps([{"name": kind, "attributes": texts} for kind in kinds]) + ',\n"objects": ')
        _array(file, _objects(rows))
        file.write(',\n"events": ')
        _array(file, (_ocel_event(what, row) for what, row in _written(rows)))
        file.write("}\n")


def _objects(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for profile in rows["profile"].unique(maintain_order=True):
        yield {"id": profile, "type": "customer", "attributes": [], "relationships": []}
    for profile, tid in rows.select("profile", "tid").unique(maintain_order=True).iter_rows():
        whose = [{"objectId": profile, "qualifier": "trail of"}]
        yield {"id": f"trail:{tid}", "type": "trail", "attributes": [], "relationships": whose}


def _ocel_event(what: str, row: Mapping[str, Any]) -> dict[str, Any]:
    attributes = [{"name": name, "value": row[name]} for name in ATTRIBUTES if row[name]]
    if row["emotion"] is not None:
        attributes.append({"name": "emotion", "value": row["emotion"]})
    whose = [
        {"objectId": row["profile"], "qualifier": "customer"},
        {"objectId": f"trail:{row['tid']}", "qualifier": "seen by"},
    ]
    return {"id": row["id"], "type": what, "time": row["occurred"].isoformat(timespec="microseconds") + "Z",
            "attributes": attributes, "relationships": whose}  # fmt: skip


def _array(file: TextIO, values: Iterator[dict[str, Any]]) -> None:
    before = "[\n"
    for value in values:
        file.write(before + json.dumps(value, ensure_ascii=False))
        before = ",\n"
    file.write("[]" if before == "[\n" else "\n]")


FORMS: Mapping[str, Callable[[pl.DataFrame, Path], None]] = {
    "parquet": lambda rows, path: rows.write_parquet(path),
    "arrow": lambda rows, path: rows.write_ipc(path),
    "csv": lambda rows, path: rows.write_csv(path),
    "xes": _xes,
    "ocel": _ocel,
}
