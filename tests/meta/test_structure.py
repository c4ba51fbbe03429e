"""The shape of the code: imports go one way, stages are pure, nothing is called after what it is not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "harken"
STAGES = {"listen", "recognize", "remember", "understand", "decide"}
GROUND = {"words", "errors", "rules", "logs"}
MAY_IMPORT = {
    **{name: {"words", "errors"} for name in ("words", "errors", "rules", "logs", "beside", "selecting", "typed")},
    **dict.fromkeys(STAGES, GROUND),
    "manage": GROUND,
    "stores": GROUND | {"plugins"},
    "connectors": GROUND,
    "plugins": GROUND | {"stores"},
    "settings": {"errors", "words"},
    "testing": GROUND,
    "hub": GROUND | STAGES | {"stores", "manage", "plugins", "selecting", "testing", "typed"},
    "api": GROUND | STAGES | {"hub", "manage", "settings", "stores", "typed"},
    "server": GROUND | {"hub", "api", "settings"},
    "cli": GROUND
    | STAGES
    | {"beside", "hub", "manage", "settings", "connectors", "server", "stores", "testing", "api"},
    "__main__": {"cli"},
    "__init__": {"hub"},
}
IMPURE = {
    "asyncio", "http", "os", "pathlib", "random", "requests", "secrets", "socket", "sqlite3", "subprocess", "sys", "tempfile",
    "threading", "time", "urllib.request", "httpx", "psycopg",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today", "time_ns", "perf_counter", "monotonic", "time"}
UNWELCOME = {"utils", "util", "common", "helpers", "helper", "base", "manager", "service", "misc"}


def files() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The room of a file: the first name under harken."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path, *, typing_too: bool = True) -> set[str]:
    """Full names of modules a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(path)
    for name in imported(path):
        if not name.startswith("harken."):
            continue
        other = name.split(".")[1]
        if (SOURCE / other).exists() or (SOURCE / f"{other}.py").exists():
            allowed = MAY_IMPORT[part] | {part}
            assert other in allowed, f"{part} imports {name}; it may import {', '.join(sorted(allowed))}"


@pytest.mark.parametrize(
    "path",
    [path for path in files() if part_of(path) in STAGES | GROUND],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_stages_are_pure(path: Path) -> None:
    names = imported(path)
    for name in names:
        root = name.split(".")[0]
        assert root not in IMPURE, f"{path.name} imports {name}: time, randomness and files come in as arguments"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.AsyncFunctionDef, ast.Await)), "no await in a stage"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            owner = node.func.value
            assert not (isinstance(owner, ast.Name) and owner.id in {"datetime", "date", "time"}), "no clock in a stage"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "eval", "exec", "input", "print"}, f"{node.func.id}() in a stage"


def test_there_are_no_import_cycles_between_parts() -> None:
    edges: dict[str, set[str]] = {}
    for path in files():
        part = part_of(path)
        edges.setdefault(part, set()).update(
            name.split(".")[1] for name in imported(path) if name.startswith("harken.") and name.split(".")[1] != part
        )

    def reach(start: str, seen: set[str]) -> set[str]:
        for other in edges.get(start, ()):
            if other not in seen:
                seen.add(other)
                reach(other, seen)
        return seen

    # plug-ins are found by the stores' own door, so these two know each other by name only
    cyclic = {part for part in edges if part in reach(part, set())} - {"plugins", "stores"}
    assert not cyclic


def test_no_room_is_named_after_nothing() -> None:
    for path in files():
        assert path.stem not in UNWELCOME
        assert path.parent.name not in UNWELCOME


def test_every_module_says_what_goes_in_and_what_comes_out() -> None:
    for path in files():
        if path.stat().st_size:
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} has no docstring"


def test_inheritance_is_one_deep() -> None:
    """No class inherits from a class of ours that inherits from another of ours (errors are a tree on purpose)."""
    parents: dict[str, set[str]] = {}
    for path in files():
        if path.name == "errors.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                parents.setdefault(node.name, set()).update(
                    base.id for base in node.bases if isinstance(base, ast.Name)
                )
    for name, bases in parents.items():
        for parent in bases & set(parents):
            if not parents[parent] & {"Protocol", "View"}:
                assert not parents[parent] & set(parents), f"{name} is two deep"
