"""What people ask in, a question out: the fields of an analysis, their types, and what they are for, read from its question.

One reading serves all doors: keyword arguments, bodies of requests, flags. A field is a text, a number, yes or no, a list, a
moment (`2026-01-31`, or microseconds since 1970) or a length of time (`"7d"`, or seconds).
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

from harken.errors import Invalid
from harken.understand.analysis import UNSAID, Analysis
from harken.understand.journeys import JOURNEYS, LEVELS, REPEATS, Scope
from harken.understand.result import Json
from harken.words import DAY, SECOND

TEXT, WHOLE, NUMBER, FLAG, MOMENT, LENGTH = "text", "whole number", "number", "yes or no", "moment", "length of time"
KINDS = {"str": TEXT, "int": WHOLE, "float": NUMBER, "bool": FLAG, "Micros": LENGTH}
SIZES = {"s": SECOND, "min": 60 * SECOND, "h": 3_600 * SECOND, "d": DAY, "w": 7 * DAY}
SPELLED = {**SIZES, "m": SIZES["min"], **{f"{word}{end}": SIZES[size] for word, size in
           {"second": "s", "sec": "s", "minute": "min", "hour": "h", "day": "d", "week": "w"}.items() for end in ("", "s")}}  # fmt: skip
MOMENTS = {"since", "until", "now", "at", "begin", "begins", "began", "start", "end", "ends", "before", "after", "day"}
SAID = {  # what every question asks, in the words of people
    "since": "from this day or moment on, such as 2026-01-31",
    "until": "before this day or moment",
    "journey": "what counts as one journey: all of a customer's life, a visit, or what leads to a goal",
    "goal": "touchpoints that end a journey, with the journey `goal`",
    "timeout": "a visit ends when nothing happens for this long",
    "horizon": "who was silent for longer has left (as the gaps between steps say when it is not given)",
    "background": "touchpoints to look through, such as the home page",
    "level": "what a node is",
    "opened": "on the level group: touchpoints on their own all the same",
    "repeats": "keep every step, collapse several in a row at one node, or take only the first at each",
    "segments": "segments to tell apart",
}
WORDS = {"level": LEVELS, "journey": JOURNEYS, "repeats": REPEATS}
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)


class Field(Struct, frozen=True, kw_only=True):
    """One thing a question can say."""

    name: str
    kind: str  # text, whole number, number, yes or no, moment, length of time
    many: bool = False  # a list of these
    required: bool = False
    nothing: bool = False  # None says something: no window at all
    default: Any = None  # as the question has it: lengths of time in microseconds
    help: str = ""
    words: tuple[str, ...] = ()  # what it may be, when that is all

    @property
    def right(self) -> str:
        """What it may be, for people."""
        one = {
            MOMENT: "a moment such as 2026-01-31",
            LENGTH: "a length of time: seconds, or a text such as 7d, 12h, 30min",
            FLAG: "true or false",
            NUMBER: "a number",
            WHOLE: "a whole number",
            TEXT: f"one of {', '.join(self.words)}" if self.words else "a text",
        }[self.kind]
        one += ", or none" if self.nothing and self.default is not None else ""
        return f"a list, each {one}" if self.many else one

    def shown(self) -> Json:
        """What it is when nobody says it, as one would say it: lengths of time in seconds."""
        return plain(self, self.default)


def plain(field: Field, value: Any) -> Json:
    """A value of a question as one says it: a length of time in seconds, a list as list."""
    if isinstance(value, tuple | list):
        return [plain(field, one) for one in value]
    if field.kind == LENGTH and isinstance(value, int):
        return value // SECOND if value % SECOND == 0 else value / SECOND
    return value if isinstance(value, str | int | float | bool) else None


@cache
def fields_of_question(question: type[Scope]) -> tuple[Field, ...]:
    """What it can be asked, its own fields first, then those every question has."""
    told = _comments(question)
    own = {
        name
        for one in question.__mro__[: question.__mro__.index(Scope)]
        for name in vars(one).get("__annotations__", {})
    }
    found = [_field(question, one, told) for one in fields(question) if one.name not in UNSAID]
    return tuple(sorted(found, key=lambda one: (one.name not in own, not one.required)))


def example_of(analysis: Analysis, example: Mapping[str, Any]) -> dict[str, Json]:
    """An example of an analysis as one says it."""
    known = {one.name: one for one in fields_of_question(analysis.question)}
    return {name: plain(known[name], value) for name, value in example.items()}


def question_of(name: str, type: type[Scope], said: Mapping[str, Any], moment: Callable[[Any, str], Any]) -> Scope:
    """The question of this type that somebody asks the analysis `name` by saying `said`. `moment` reads moments. Invalid
    lists the fields there are."""
    known = {one.name: one for one in fields_of_question(type)}
    if unknown := [one for one in said if one not in known]:
        there = ", ".join(known)
        raise Invalid(f"{name} does not ask for '{unknown[0]}'; it asks for {there}", code="unknown_field")
    if missing := [one.name for one in known.values() if one.required and one.name not in said]:
        raise Invalid(f"{name} needs {', '.join(missing)}: {known[missing[0]].help or known[missing[0]].right}")
    values: dict[str, Any] = {
        one: None if value is None else _value(known[one], value, moment)
        for one, value in said.items()
        if value is not None or known[one].nothing
    }
    question = type(**values)
    question.check()
    return question


def length(value: Any, name: str) -> int:
    """A length of time in microseconds: of a number of seconds, a text such as `7d`, or a timedelta.

    >>> length("7d", "window") == length(604_800, "window") == length("1 week", "window")
    True
    """
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12:
        return round(value * SECOND)
    if isinstance(value, str) and (match := _LENGTH.fullmatch(value)) and match[2].lower() in {"", *SPELLED}:
        return round(float(match[1]) * SPELLED[match[2].lower() or "s"])
    raise Invalid(f"{name}: {value!r} is not a length of time; say seconds, or a text such as 7d, 12h, 30min, 90s")


# ---------------------------------------------------------------------- one field


def _value(field: Field, value: Any, moment: Callable[[Any, str], Any]) -> Any:
    if not field.many:
        return _one(field, value, moment)
    if isinstance(value, str | int | float | date):
        value = (value,)
    try:
        return tuple(_one(field, one, moment) for one in value)
    except TypeError:
        raise Invalid(f"{field.name}: {value!r} is not {field.right}") from None


def _one(field: Field, value: Any, moment: Callable[[Any, str], Any]) -> Any:
    if field.kind == MOMENT:
        return moment(value, field.name)
    if field.kind == LENGTH:
        return None if value == "none" and field.nothing else length(value, field.name)
    if field.words and value not in field.words:
        raise Invalid(f"{field.name}: {value!r} is not {field.right}")
    if field.kind == FLAG and isinstance(value, bool):
        return value
    if field.kind == TEXT and isinstance(value, str):
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**62
    if field.kind == NUMBER and number:
        return float(value)
    if field.kind == WHOLE and number and value == int(value):
        return int(value)
    raise Invalid(f"{field.name}: {value!r} is not {field.right}")


def _field(question: type[Scope], one: FieldInfo, told: Mapping[str, str]) -> Field:
    annotation = _annotation(question, one.name)
    plain_ = annotation.replace("None", "").replace("|", " ").strip()
    nothing = "None" in annotation
    many = plain_.startswith(("tuple[", "list[", "Sequence["))
    inner = plain_[plain_.index("[") + 1 : plain_.rindex("]")].split(",")[0].strip() if many else plain_
    words = _listed(question, one) or WORDS.get(one.name, ())
    if inner.startswith("Literal["):
        words = tuple(re.findall(r"[\"']([^\"']+)[\"']", plain_))
        inner = "str"
    kind = KINDS.get(inner, TEXT)
    words = words if kind == TEXT else ()
    if kind == LENGTH and (one.name in MOMENTS or one.name.endswith(("_at", "_since", "_until", "_moment"))):
        kind = MOMENT
    default = one.default if one.default is not NODEFAULT else None
    if one.default_factory is not NODEFAULT:
        default = one.default_factory()
    return Field(
        name=one.name, kind=kind, many=many, required=one.required, nothing=nothing, default=default, help=told.get(one.name, ""), words=words
    )  # fmt: skip


def _listed(question: type[Scope], one: FieldInfo) -> tuple[str, ...]:
    """The words the question's file lists for a field, under its name in capitals: PERIODS for `period`."""
    module = inspect.getmodule(question)
    for name in (f"{one.name.upper()}S", one.name.upper()):
        listed = getattr(module, name, None)
        words = tuple(listed) if isinstance(listed, tuple | list | dict) else ()
        if words and all(isinstance(word, str) for word in words) and one.default in (*words, (), ""):
            return words
    return ()


def _annotation(question: type[Scope], name: str) -> str:
    for one in question.__mro__:
        told = vars(one).get("__annotations__", {}).get(name)
        if told is not None:
            return told if isinstance(told, str) else getattr(told, "__name__", str(told))
    return "str"


# ---------------------------------------------------------------------- what fields are for


def _comments(question: type[Scope]) -> dict[str, str]:
    """What the source says beside each field, or in a docstring under it."""
    told: dict[str, str] = {}
    for one in reversed(question.__mro__[: question.__mro__.index(Scope)]):
        told |= dict(_beside(textwrap.dedent(inspect.getsource(one))))
    return {**{name: text for name, text in SAID.items() if name not in told}, **told}


def _beside(source: str) -> Iterator[tuple[str, str]]:
    """(field, comment) of a class."""
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(iter(source.splitlines(keepends=True)).__next__)
        if token.type == tokenize.COMMENT
    }
    body = ast.parse(source).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for place, node in enumerate(statements):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        after = statements[place + 1] if place + 1 < len(statements) else None
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            yield node.target.id, " ".join(after.value.value.split())
            continue
        lines = [
            comments[line] for line in range(node.lineno, (node.end_lineno or node.lineno) + 1) if line in comments
        ]
        if lines:
            yield node.target.id, " ".join(lines)
