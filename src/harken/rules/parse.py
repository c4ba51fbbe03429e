"""A rule as written (mappings and lists out of YAML or JSON) -> Rule, or Invalid that names each wrong place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches
from math import isnan
from typing import Any, Final

from harken.errors import Invalid
from harken.rules.tree import (
    All,
    AnyOf,
    ConsentTo,
    Count,
    Field,
    GoalChance,
    Has,
    InSegment,
    InStage,
    InterestIn,
    Kind,
    Leaf,
    Not,
    Rule,
    Seen,
    Spent,
    Test,
    Trait,
)
from harken.words import DAY, SECOND, Micros

DEPTH: Final = 32  # rules inside rules
LEAVES: Final = 500
PARTS: Final = 2_000  # leaves and groups together
CHOICES: Final = 1_000  # values of one `in`
TEXT: Final = 1_000  # characters of a name or value
SHOWN: Final = 10  # problems told at once

UNITS: Final = {"m": 60 * SECOND, "h": 3_600 * SECOND, "d": DAY, "w": 7 * DAY}
LONGEST: Final = 3_660 * DAY

OPS: Final = (
    "is", "is_not", "in", "not_in", "contains", "starts_with", "exists",
    "above", "below", "at_least", "at_most", "between",
)  # fmt: skip
NUMBER_OPS: Final = ("above", "below", "at_least", "at_most", "between")
COUNT_KEYS: Final = ("at_least", "at_most", "exactly", "never", "within")


def parse(obj: object, where: str = "rule") -> Rule:
    """Read a rule as written; Invalid lists every problem as `path: what is wrong and what would be right`.

    >>> parse({"event": "Plan Viewed", "at_least": 2, "within": "30d"})
    Count(kind='event', name='Plan Viewed', at_least=2, at_most=None, within=2592000000000)
    >>> parse({"event": "Plan Viewed", "withn": "30d"})
    Traceback (most recent call last):
    harken.errors.Invalid: rule.withn: there is no 'withn' here; did you mean 'within'?
    """
    reader = _Reader()
    rule = reader.rule(obj, where, 1)
    if reader.problems or rule is None:
        more = len(reader.problems) - SHOWN
        shown = reader.problems[:SHOWN] + ([f"… and {more} more"] if more > 0 else [])
        raise Invalid("\n".join(shown), code="invalid_rule")
    return rule


def duration(text: object) -> Micros | None:
    """`30m`, `12h`, `7d`, `4w` as microseconds; None when it is not a duration of at most ten years."""
    found = re.fullmatch(r"([0-9]{1,7})([mhdw])", text) if isinstance(text, str) else None
    if found is None:
        return None
    length = int(found[1]) * UNITS[found[2]]
    return length if 0 < length <= LONGEST else None


def shown(value: object) -> str:
    """A value as an error message shows it: short."""
    text = repr(value) if not isinstance(value, Mapping | list) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "…"


class _Reader:
    """Walks what was written, collecting problems; a part that is wrong reads as None."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.leaves = 0
        self.parts = 0

    def wrong(self, path: str, problem: str) -> None:
        self.problems.append(f"{path}: {problem}")

    def rule(self, obj: object, path: str, depth: int) -> Rule | None:
        if depth > DEPTH:
            self.wrong(
                path, f"rules may stand {DEPTH} deep inside each other; name a part of it as a segment of its own"
            )
            return None
        if not self._has_room(path):
            return None
        if not isinstance(obj, Mapping):
            hint = "; put it under `all:` or `any:`" if isinstance(obj, list | tuple) else ""
            self.wrong(path, f"a rule is a mapping like {{trait: plan, is: gold}}, not {shown(obj)}{hint}")
            return None
        subjects = [key for key in obj if key in SUBJECTS]
        if len(subjects) != 1:
            self._no_subject(obj, subjects, path)
            return None
        subject = subjects[0]
        if subject in ("all", "any", "not"):
            return self._group(obj, subject, path, depth)
        self.leaves += 1
        before = len(self.problems)
        leaf = SUBJECTS[subject](self, obj, path)
        return leaf if len(self.problems) == before else None

    def _has_room(self, path: str) -> bool:
        if self.parts > PARTS or self.leaves > LEAVES:
            return False
        self.parts += 1
        if self.parts > PARTS or self.leaves >= LEAVES:
            self.parts = PARTS + 1
            self.wrong(path, f"a rule may ask {LEAVES} things; use `in` for many values, or a segment of its own")
            return False
        return True

    def _no_subject(self, obj: Mapping[Any, Any], subjects: list[str], path: str) -> None:
        if len(subjects) > 1:
            both = " and ".join(f"`{subject}`" for subject in subjects)
            self.wrong(path, f"{both} ask two things at once; make each its own entry under `all:`")
        elif not obj:
            self.wrong(path, "an empty rule asks nothing; `all: []` is everybody")
        else:
            close = [near for key in obj if isinstance(key, str) for near in get_close_matches(key, SUBJECTS, 1)]
            hint = f"did you mean `{close[0]}`?" if close else f"it begins with one of {', '.join(SUBJECTS)}"
            self.wrong(path, f"there is no rule about {', '.join(shown(key) for key in list(obj)[:5])}; {hint}")

    def _group(self, obj: Mapping[Any, Any], subject: str, path: str, depth: int) -> Rule | None:
        self.only(obj, (subject,), path)
        inner, at = obj[subject], f"{path}.{subject}"
        if subject == "not":
            part = self.rule(inner, at, depth + 1)
            return None if part is None else Not(part)
        if not isinstance(inner, list | tuple):
            self.wrong(at, f"wants a list of rules, not {shown(inner)}")
            return None
        parts: list[Rule] = []
        for number, one in enumerate(inner):
            if self.parts > PARTS:
                break
            part = self.rule(one, f"{at}[{number}]", depth + 1)
            if part is not None:
                parts.append(part)
        return All(tuple(parts)) if subject == "all" else AnyOf(tuple(parts))

    # ------------------------------------------------------------------ parts of a leaf

    def only(self, obj: Mapping[Any, Any], keys: tuple[str, ...], path: str) -> None:
        """Name every key that does not belong here."""
        for key in obj:
            if key in keys:
                continue
            if key == "where":
                self.wrong(
                    f"{path}.where",
                    "counts are kept by name, not by property; give these events a touchpoint of their own "
                    "(its `match` may ask for properties) and count that",
                )
                continue
            close = get_close_matches(key, keys, 1) if isinstance(key, str) else []
            hint = f"did you mean {close[0]!r}?" if close else f"there may be {', '.join(keys)}"
            self.wrong(f"{path}.{key}", f"there is no {shown(key)} here; {hint}")

    def name(self, obj: Mapping[Any, Any], key: str, path: str) -> str:
        value = obj[key]
        if isinstance(value, str) and 0 < len(value) <= TEXT:
            return value
        if isinstance(value, int | float):
            self.wrong(f"{path}.{key}", f'a name is text: write "{value}" in quotes')
        else:
            self.wrong(f"{path}.{key}", f"wants a name of 1 to {TEXT} characters, not {shown(value)}")
        return ""

    def length(self, obj: Mapping[Any, Any], key: str, path: str) -> Micros | None:
        """The duration under `key`; None when there is none."""
        if key not in obj:
            return None
        value = obj[key]
        length = duration(value)
        if length is None:
            hint = f'"{value}d"?' if isinstance(value, int) and not isinstance(value, bool) else "30m, 12h, 7d or 4w"
            self.wrong(f"{path}.{key}", f"wants a duration up to ten years, not {shown(value)}: {hint}")
        return length

    def whole(self, obj: Mapping[Any, Any], key: str, path: str) -> int | None:
        if key not in obj:
            return None
        value = obj[key]
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000_000:
            return value
        self.wrong(f"{path}.{key}", f"wants a whole number from 0, not {shown(value)}")
        return None

    def flag(self, obj: Mapping[Any, Any], key: str, path: str) -> bool:
        value = obj.get(key, True)
        if not isinstance(value, bool):
            self.wrong(f"{path}.{key}", f"wants true or false, not {shown(value)}")
            return True
        return value

    def tests(self, obj: Mapping[Any, Any], path: str, ops: tuple[str, ...] = OPS) -> tuple[Test, ...]:
        """Every comparison of the leaf; all of them must hold."""
        found = tuple(self._test(op, obj[op], f"{path}.{op}") for op in ops if op in obj)
        if not found:
            self.wrong(path, f"says nothing to compare with: add one of {', '.join(ops)}")
        return found

    def _test(self, op: str, value: object, path: str) -> Test:
        if op == "exists":
            if not isinstance(value, bool):
                self.wrong(path, f"wants true or false, not {shown(value)}")
        elif op in ("in", "not_in", "between"):
            return Test(op, self._list(op, value, path))
        elif op == "starts_with":
            if not isinstance(value, str):
                self.wrong(path, f"wants text, not {shown(value)}")
        elif op in NUMBER_OPS and isinstance(value, bool):
            self.wrong(path, f"wants a number or text, not {shown(value)}")
        self._scalar(value, path)
        return Test(op, value)

    def _list(self, op: str, value: object, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or not 0 < len(value) <= CHOICES:
            self.wrong(path, f"wants a list of {'two' if op == 'between' else f'1 to {CHOICES}'} values")
            return ()
        for one in value:
            self._scalar(one, path)
        if op == "between" and not self._is_range(value):
            self.wrong(path, "wants the lower and the upper end, both numbers or both text: [1, 10]")
        return tuple(value)

    @staticmethod
    def _is_range(value: list[Any] | tuple[Any, ...]) -> bool:
        if len(value) != 2 or any(isinstance(end, bool) for end in value):
            return False
        numbers = all(isinstance(end, int | float) for end in value)
        return (numbers or all(isinstance(end, str) for end in value)) and bool(value[0] <= value[1])

    def _scalar(self, value: object, path: str) -> None:
        if isinstance(value, str):
            if len(value) > TEXT:
                self.wrong(path, f"wants at most {TEXT} characters")
        elif isinstance(value, date):
            self.wrong(path, f'dates are compared as text: write "{value}" in quotes')
        elif isinstance(value, int | float):
            if abs(value) > 1e300 or isnan(value):
                self.wrong(path, "wants a finite number")
        elif value is None:
            self.wrong(path, "cannot be empty; for a missing value say `exists: false`")
        else:
            self.wrong(path, f"wants text, a number, true or false, not {shown(value)}")


# ---------------------------------------------------------------- one reader for each kind of leaf


def _trait(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("trait", *OPS, "for"), path)
    lasting = reader.length(obj, "for", path)
    return Trait(reader.name(obj, "trait", path), reader.tests(obj, path), lasting or 0)


def _count(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    kind: Kind = "event" if "event" in obj else "touchpoint" if "touchpoint" in obj else "channel"
    reader.only(obj, (kind, *COUNT_KEYS), path)
    name, within = reader.name(obj, kind, path), reader.length(obj, "within", path)
    low, high, exactly = (reader.whole(obj, key, path) for key in ("at_least", "at_most", "exactly"))
    if "never" in obj:
        if obj["never"] is not True:
            reader.wrong(f"{path}.never", "wants true; leave it out to mean at least once")
        if {"at_least", "at_most", "exactly"} & obj.keys():
            reader.wrong(f"{path}.never", "cannot stand beside at_least, at_most or exactly")
        return Count(kind, name, 0, 0, within)
    if exactly is not None:
        if {"at_least", "at_most"} & obj.keys():
            reader.wrong(f"{path}.exactly", "cannot stand beside at_least or at_most")
        return Count(kind, name, exactly, exactly, within)
    if low is not None and high is not None and low > high:
        reader.wrong(f"{path}.at_least", f"{low} is more than at_most {high}, which nothing can be")
    return Count(kind, name, low if low is not None else int(high is None), high, within)


def _spent(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("spent", *NUMBER_OPS, "within"), path)
    within = reader.length(obj, "within", path)
    if within is not None and within % DAY:
        reader.wrong(f"{path}.within", "money is summed over whole days: write 7d or 4w")
    tests = _numbers(reader, obj, path)
    return Spent(reader.name(obj, "spent", path), tests, within // DAY if within else None)


def _interest(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("interest", *NUMBER_OPS), path)
    return InterestIn(reader.name(obj, "interest", path).strip("/"), _numbers(reader, obj, path))


def _goal_chance(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("goal_chance", *NUMBER_OPS), path)
    tests = _numbers(reader, obj, path)
    for test in tests:
        ends = test.value if isinstance(test.value, tuple) else (test.value,)
        if any(isinstance(end, int | float) and not 0 <= end <= 1 for end in ends):
            reader.wrong(f"{path}.{test.op}", "a chance is from 0 to 1: write 0.3 for 30 %")
    return GoalChance(reader.name(obj, "goal_chance", path), tests)


def _numbers(reader: _Reader, obj: Mapping[Any, Any], path: str) -> tuple[Test, ...]:
    tests = reader.tests(obj, path, NUMBER_OPS)
    for test in tests:
        ends = test.value if isinstance(test.value, tuple) else (test.value,)
        if any(isinstance(end, str) for end in ends):
            reader.wrong(f"{path}.{test.op}", "wants a number")
    return tests


def _stage(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("stage", "is"), path)
    which = obj.get("is", "current")
    if which not in ("current", "earliest", "furthest"):
        reader.wrong(f"{path}.is", f"wants current, earliest or furthest, not {shown(which)}")
    return InStage(reader.name(obj, "stage", path), which)


def _consent(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("consent", "is"), path)
    return ConsentTo(reader.name(obj, "consent", path), reader.flag(obj, "is", path))


def _segment(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("segment",), path)
    return InSegment(reader.name(obj, "segment", path))


def _seen(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    key = "seen" if "seen" in obj else "first_seen"
    reader.only(obj, (key,), path)
    value = obj[key]
    word, _, length = value.partition(" ") if isinstance(value, str) else ("", "", "")
    within = duration(length.strip())
    if word != "within" or within is None:
        reader.wrong(f"{path}.{key}", f"wants `within 30d` (for the opposite put it under `not:`), not {shown(value)}")
    return Seen("last" if key == "seen" else "first", within or DAY)


def _has(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("has",), path)
    return Has(reader.name(obj, "has", path))


def _property(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("property", *OPS), path)
    return Field("property", reader.name(obj, "property", path), reader.tests(obj, path))


def _context(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    reader.only(obj, ("context", *OPS), path)
    return Field("context", reader.name(obj, "context", path), reader.tests(obj, path))


def _never(reader: _Reader, obj: Mapping[Any, Any], path: str) -> Leaf:
    raise AssertionError(f"{path}: groups are read by _group")


SUBJECTS: Final[Mapping[str, Callable[[_Reader, Mapping[Any, Any], str], Leaf]]] = {
    "all": _never, "any": _never, "not": _never,
    "trait": _trait, "event": _count, "touchpoint": _count, "channel": _count, "spent": _spent, "stage": _stage,
    "interest": _interest, "goal_chance": _goal_chance, "consent": _consent, "segment": _segment, "seen": _seen, "first_seen": _seen, "has": _has,
    "property": _property, "context": _context,
}  # fmt: skip
