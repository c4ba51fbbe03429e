"""Commands that load much when they run -> listed with what they are for, read from the source, and loaded when asked for.

So `harken --help` stays fast, and an analysis is a command by lying in its folder.
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclopts import App, Group
from msgspec import Struct

from harken.cli.screen import HEAR, LOOK, UNDERSTAND

COMMANDS: tuple[tuple[str, str, str, Group], ...] = (
    ("import", "importing", "import_", HEAR),
    ("map", "explore", "map_", LOOK),
    ("sql", "queries", "sql", LOOK),
    ("export-events", "queries", "export_events", LOOK),
    ("why", "reasons", "why", LOOK),
    ("why-not", "reasons", "why_not", LOOK),
)
UNITS = {"SECOND": "s", "MINUTE": "min", "HOUR": "h", "DAY": "d"}
TAKEN = {"goal", "segment"}  # what every question has: the plural of these stays one
QUESTIONS = Path(__file__).parents[1] / "understand" / "questions"


class Listed(Struct, frozen=True):
    """An analysis, as far as its source tells without being run."""

    name: str
    summary: str
    example: Mapping[str, Any]

    @property
    def word(self) -> str:
        """Its command."""
        return self.name.replace("_", "-")

    @property
    def told(self) -> str:
        """The help of its command."""
        return f"{self.summary}\n\nExample: `{' '.join(['harken', self.word, *typed(self.example)])}`"


def register(app: App) -> None:
    """Add these commands."""
    for name, module, function, group in COMMANDS:
        told = _docstring(Path(__file__).with_name(f"{module}.py"), function)
        app.command(f"harken.cli.{module}:{function}", name=name, help=told, group=group)
    for one in analyses(QUESTIONS):
        app.command(f"harken.cli.asking:{one.name}", name=one.word, help=one.told, group=UNDERSTAND)


def analyses(folder: Path) -> Iterator[Listed]:
    """Every analysis in a folder: what its `ANALYSIS = Analysis(…)` says."""
    for path in sorted(folder.glob("[a-z]*.py")):
        _, found, rest = path.read_text(encoding="utf-8").partition("\nANALYSIS")
        for node in ast.walk(ast.parse("ANALYSIS" + rest)) if found else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Analysis":
                said = {
                    one.arg: _value(one.value) for one in node.keywords if one.arg in ("name", "summary", "examples")
                }
                telling = [one for one in said["examples"] or () if one]
                yield Listed(said["name"], said["summary"], telling[0] if telling else {})


def _value(node: ast.expr) -> Any:
    """What an expression of texts, numbers and lengths of time is; a length as one types it."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple | ast.List):
        return [_value(one) for one in node.elts]
    if isinstance(node, ast.Dict):
        return {_value(key): _value(value) for key, value in zip(node.keys, node.values, strict=True) if key}
    times, _, unit = ast.unparse(node).rpartition(" * ")
    return f"{times or 1}{UNITS[unit]}" if unit in UNITS else None


def typed(example: Mapping[str, Any]) -> Iterator[str]:
    """A question as one types it: `--step 'web: Home' --window 7d`."""
    for name, value in example.items():
        flag = flags(name, many=isinstance(value, list), taken=TAKEN)[0]
        for one in value if isinstance(value, list) else [value]:
            if one is True:
                yield flag
            elif one is not None:
                yield f"{flag} {shlex.quote(str(one))}"


def flags(name: str, *, many: bool, taken: Container[str]) -> list[str]:
    """What a field is called: `--step`, given once for each, and `--steps`."""
    one = singular(name)
    every = [one, name] if many and one != name and one not in taken else [name]
    return [f"--{word.replace('_', '-')}" for word in every]


def singular(name: str) -> str:
    """
    >>> [singular(word) for word in ("steps", "switches", "properties", "exclude", "boxes")]
    ['step', 'switch', 'property', 'exclude', 'box']
    """
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith(("ches", "shes", "xes", "sses")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _docstring(path: Path, function: str) -> str:
    """What a function of a file says of itself."""
    text = path.read_text(encoding="utf-8")
    begin = text.index(f"\ndef {function}(") + 1
    body = text[begin:].partition('"""')[2].partition('"""')[0]
    return "\n".join(line.removeprefix("    ") for line in body.strip().splitlines())
