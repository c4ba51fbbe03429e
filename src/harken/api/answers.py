"""Analyses as the API tells them: the body that asks one, made from its question; its answer as JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import NODEFAULT, Struct

from harken.api.maps import MapHeader
from harken.api.moments import Instant, told
from harken.errors import Invalid
from harken.understand import Analysis, Answer
from harken.understand.asking import (
    FLAG,
    LENGTH,
    MOMENT,
    NUMBER,
    TEXT,
    WHOLE,
    Field,
    example_of,
    fields_of_question,
    plain,
)
from harken.understand.result import csv_text
from harken.words import SECOND

OUTER = {"since": "from", "until": "to"}  # what the API calls them everywhere
TYPES: Mapping[str, Any] = {
    TEXT: str,
    WHOLE: int,
    NUMBER: float,
    FLAG: bool,
    MOMENT: float | str,
    LENGTH: float | str,
}
SEGMENT = "only customers of this segment"
ROW = "a row of a table as it was answered, and `table`: the table's name"


class AnalysisHeader(MapHeader, frozen=True, kw_only=True):
    """How it was counted: enough to ask the same again, and to see why two answers differ."""

    analysis: str


class AnswerColumn(Struct, frozen=True, kw_only=True):
    """How a column is read. `kind`: text, count, share, points, seconds or score."""

    name: str
    title: str
    kind: str


class AnswerTable(Struct, frozen=True, kw_only=True):
    """A table; `columns` are those to show, `note` says what is not shown, and why."""

    title: str
    note: str
    columns: list[AnswerColumn]
    rows: list[dict[str, Any]]


class AnalysisAnswer(Struct, frozen=True, kw_only=True):
    """What was asked (a body that asks the same again), how it was counted, one sentence, exact totals, and the tables,
    the most important one first."""

    analysis: str
    caption: str
    question: dict[str, Any]
    header: AnalysisHeader
    totals: dict[str, Any]
    tables: dict[str, AnswerTable]
    warnings: list[str]  # places the question names that are none; the caption says it too


class AnalysisUse(Struct, frozen=True, kw_only=True):
    """A kind of question: what it tells, the JSON Schema of the body that asks it, and bodies that ask something."""

    name: str
    title: str
    summary: str
    customers: bool  # whether the people behind a row can be listed
    question: dict[str, Any]
    examples: list[dict[str, Any]]


# ---------------------------------------------------------------------- the body that asks


def body_of(analysis: Analysis) -> type[Struct]:
    """The type of the body that asks this analysis."""
    return _struct(analysis, "".join(map(str.capitalize, analysis.name.split("_"))) + "Question", ())


def row_body_of(analysis: Analysis) -> type[Struct]:
    """The same with the row whose customers are wanted."""
    row = ("row", Annotated[dict[str, Any], msgspec.Meta(description=ROW)])
    return _struct(analysis, "".join(map(str.capitalize, analysis.name.split("_"))) + "Customers", (row,))


def said(body: Any) -> dict[str, Any]:
    """What a body says, as `hub.journeys.ask` takes it. Numbers that are moments are told apart by their size."""
    values = {name: getattr(body, name) for name in body.__struct_fields__ if name != "row"}
    for name in OUTER:
        if isinstance(values[name], int | float):
            values[name] = f"{values[name]:.6f}".rstrip("0").rstrip(".")
    return values


def use_of(analysis: Analysis) -> AnalysisUse:
    """An analysis, described."""
    body = body_of(analysis)
    (schema,), parts = msgspec.json.schema_components([body], ref_template="#/$defs/{name}")
    return AnalysisUse(
        name=analysis.name,
        title=analysis.title,
        summary=analysis.summary,
        customers=analysis.customers is not None,
        question=parts[schema["$ref"].rpartition("/")[2]],
        examples=[example_body(analysis, one) for one in analysis.examples],
    )


def example_body(analysis: Analysis, example: Mapping[str, Any]) -> dict[str, Any]:
    """An example as a body."""
    return {OUTER.get(name, name): value for name, value in example_of(analysis, example).items()}


def _struct(analysis: Analysis, name: str, more: tuple[tuple[str, Any], ...]) -> type[Struct]:
    period = [one for one in fields_of_question(analysis.question) if one.name in OUTER]
    own = [one for one in fields_of_question(analysis.question) if one.name not in OUTER]
    text = Annotated[str, msgspec.Meta(description=SEGMENT, max_length=200)]
    return msgspec.defstruct(
        name,
        [*more, *map(_entry, own), *map(_entry, period), ("segment", text, "")],
        kw_only=True,
        forbid_unknown_fields=True,
        namespace={"__doc__": f"What `{analysis.name}` is asked. A length of time is seconds or a text such as `7d`."},
    )


def _entry(field: Field) -> tuple[str, Any, Any]:
    """A field of a body: name, type, default."""
    type_: Any = Literal[field.words] if field.words else TYPES[field.kind]
    default: Any = NODEFAULT if field.required else field.shown()
    if field.many:
        type_ = list[type_]
        default = NODEFAULT if field.required else list(default or ())
    elif field.nothing:
        type_ = type_ | None
    about = msgspec.Meta(description=f"{field.help} ({field.right})" if field.help else field.right)
    return field.name, Annotated[type_, about], msgspec.field(name=OUTER.get(field.name, field.name), **_usual(default))


def _usual(default: Any) -> dict[str, Any]:
    if isinstance(default, list):
        return {"default_factory": lambda: [*default]}
    return {} if default is NODEFAULT else {"default": default}


# ---------------------------------------------------------------------- the answer


def answer_of(found: Answer, segment: str = "") -> AnalysisAnswer:
    """An answer in the words of the API."""
    fields: dict[str, Any] = dict(found.to_dict())
    header = fields["header"]
    seconds = {f"{name}_seconds": header[name] / SECOND for name in ("timeout", "horizon")}
    fields["header"] = {**header, **seconds}
    known = {one.name: one for one in fields_of_question(type(found.question))}
    question = {OUTER.get(name, name): _said(known[name], value) for name, value in fields["question"].items()}
    fields["question"] = {**question, "segment": segment} if segment else question
    return told(fields, AnalysisAnswer)


def _said(field: Field, value: Any) -> Any:
    if field.kind == MOMENT and isinstance(value, int):
        return told(value, Instant)
    return plain(field, value)


def csv_of(found: Answer, table: str) -> bytes:
    """A table as CSV; the first one when none is named."""
    if not found.tables:
        raise Invalid(f"{found.analysis} answered no table")
    return csv_text(found[table or next(iter(found.tables))]).encode()
