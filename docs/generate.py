"""Code -> the reference pages under docs/reference. `make gen` writes them; `--check` says which are stale.

python docs/generate.py [--check]
"""

from __future__ import annotations

import ast
import inspect
import json
import pkgutil
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import yaml

DOCS = Path(__file__).parent
SOURCE = DOCS.parent / "src" / "harken"
REFERENCE = DOCS / "reference"
NOTE = "<!-- Written by docs/generate.py from the code: change the code, then `make gen`. -->\n"


def pages() -> dict[str, str]:
    """File name -> text, of every generated page."""
    made = {
        "cli.md": cli,
        "settings.md": settings,
        "configuration.md": configuration,
        "importing.md": importing,
        "rules.md": rules,
        "errors.md": errors,
        "words.md": words,
        "api.md": api,
        "plugins.md": plugins,
    }
    written = {name: NOTE + make().rstrip() + "\n" for name, make in made.items()}
    return {**written, "openapi.json": json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n"}


def main() -> int:
    """Write the pages, or with --check only say which differ."""
    stale = []
    for name, text in pages().items():
        path = REFERENCE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    print("\n".join(stale) or "nothing changed")  # noqa: T201
    return 1 if stale and "--check" in sys.argv else 0


# ---------------------------------------------------------------- command line


def commands() -> Iterator[tuple[str, Callable[..., Any], Any]]:
    """(words, function, its app) of every command, as `harken --help` groups them."""
    from harken.cli import app

    for name in app:
        if name.startswith("-"):
            continue
        one = app[name]
        if one.default_command is not None:
            yield f"harken {name}", one.default_command, one
            continue
        for verb in one:
            if not verb.startswith("-"):
                yield f"harken {name} {verb}", one[verb].default_command, one[verb]


def options(app: Any) -> Iterator[tuple[str, str, str, str]]:
    """(names, default, what for, group) of every argument of a command that help shows."""
    for argument in app.assemble_argument_collection():
        if argument.parameter.show is False or not argument.parameter.help:
            continue
        default = argument.field_info.default
        shown = "" if default in ("", (), None, False, inspect.Parameter.empty) else f"`{default}`"
        shown = "yes" if default is True else shown
        told = argument.parameter.negative or ()
        names = [name for name in argument.names if not name.startswith(("--no-", "--empty-")) or name in told]
        if argument.field_info.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            names = [argument.field_info.name.strip("_").upper()]
        group = next((str(one.name) for one in argument.parameter.group if one and one.name), "")
        yield ", ".join(f"`{name}`" for name in names), shown, argument.parameter.help, group


def cli() -> str:
    text = ["# Command line", "", "`harken --help` lists the commands, `harken COMMAND --help` shows one.", ""]
    text += [
        "Exit code 0: done. 1: could not be done, the message says why. 2: the words were wrong. 130: interrupted.",
        "",
    ]
    shared: dict[str, str] = {}
    for words_, function, app in commands():
        text += [f"## {words_}", "", _examples(inspect.cleandoc(function.__doc__ or "")), ""]
        rows = []
        for names, default, help_, group in options(app):
            if group.startswith("Where"):
                shared[names] = help_
            else:
                rows.append((names, default, help_))
        if rows:
            text += [*_table(("argument", "default", "what for"), rows), ""]
    text += ["## Where the hub is", "", "Every command that opens a hub takes these.", ""]
    text += _table(("argument", "what for"), list(shared.items()))
    return "\n".join(text)


def _examples(doc: str) -> str:
    """`Example: ...` lines as blocks to copy."""
    return re.sub(r"^Example: `(.+)`$", r"```bash\n\1\n```", doc, flags=re.MULTILINE)


# ---------------------------------------------------------------- settings, documents, mappings


def settings() -> str:
    from harken.settings import HELP, SECRETS, Settings

    usual = Settings()
    rows = [
        (f"`{name}`", f"`HARKEN_{name.upper()}`", f"`{getattr(usual, name)}`" if getattr(usual, name) != "" else "",
         help_ + (" (never shown whole)" if name in SECRETS else ""))
        for name, help_ in HELP.items()
    ]  # fmt: skip
    module = inspect.cleandoc(inspect.getmodule(Settings).__doc__ or "").partition("\n\n")[2]
    return "\n".join(["# Settings", "", module, "", *_table(("setting", "variable", "default", "what for"), rows)])


def configuration() -> str:
    from harken import words
    from harken.manage.documents import FILES, KINDS

    text = [
        "# Configuration",
        "",
        "Typed documents with versions: draft, tested, published, retired. The same in the store,",
    ]
    text += ["in the API (`/api/config`) and as YAML files (`harken pull`, `harken diff`, `harken apply`).", ""]
    for kind, type_ in KINDS.items():
        text += [f"## {kind}", "", f"{type_.__doc__} In `{FILES[kind]}`.", "", *_fields(type_), ""]
    text += ["# Parts of documents", ""]
    for part in (words.Match, words.Limits):
        text += [f"## {part.__name__}", "", part.__doc__ or "", "", *_fields(part), ""]
    text += ["# Keys there are before you write any", ""]
    rows = [
        (
            f"`{key.id}`",
            str(key.priority),
            str(key.limit),
            "yes" if key.device else "",
            key.normalizer,
            str(key.quarantine),
        )
        for key in words.DEFAULT_KEYS
    ]
    text += _table(("id", "priority", "limit", "device", "normalizer", "quarantine"), rows)
    text += ["", "# Stages there are before you write any", ""]
    text += _table(("id", "name", "order"), [(f"`{one.id}`", one.name, str(one.order)) for one in words.DEFAULT_STAGES])
    return "\n".join(text)


def importing() -> str:
    from harken.connectors.tables.mappings import Join, Mapping, Stream

    text = [
        "# Mapping files",
        "",
        "What a row of a table means, for `harken import`;",
    ]
    text += ["[import your data](../how-to/import-your-data.md) shows how to write one.", ""]
    for type_ in (Mapping, Stream, Join):
        text += [f"## {type_.__name__}", "", inspect.cleandoc(type_.__doc__ or ""), "", *_fields(type_), ""]
    return "\n".join(text)


def _fields(type_: type) -> list[str]:
    """The fields of a Struct: name, type, default, and the comment behind it."""
    comments = {}
    for line in inspect.getsource(type_).splitlines():
        found = re.match(r"    (\w+): [^#]*(?:#\s*(.*))?$", line)
        if found:
            comments[found[1]] = found[2] or ""
    types = _types(type_)
    rows = []
    for field in msgspec.structs.fields(type_):
        required = field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        shown = "required" if required else _default(default)
        rows.append((f"`{field.name}`", types[field.name], shown, comments.get(field.name, "")))
    return _table(("field", "type", "default", "what for"), rows)


def _types(type_: type) -> dict[str, str]:
    """As they are written in the code, which is how people read them."""
    body = ast.parse(textwrap.dedent(inspect.getsource(type_))).body[0]
    found = {}
    for node in body.body if isinstance(body, ast.ClassDef) else []:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = "`" + ast.unparse(node.annotation).replace(", ...]", "]") + "`"
    return found


def _default(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        return "see below"
    return "" if value in ("", (), {}) else f"`{msgspec.json.encode(value).decode()}`"


# ---------------------------------------------------------------- rules, errors, words


def rules() -> str:
    from harken import rules as language

    title, _, rest = inspect.cleandoc(language.__doc__ or "").partition("\n")
    return f"# Rules\n\n{title}\n{rest}"


def errors() -> str:
    from harken import errors as tree
    from harken.words import DropReason

    title, _, rest = inspect.cleandoc(tree.__doc__ or "").partition("\n\n")
    text = ["# Errors", "", title, "", "```text", rest, "```", ""]
    text += [
        'Over HTTP an error is `{"code", "message", "request_id"}`; `code` is stable for machines, the message is for',
        "people. In Python it is an exception of that tree.",
        "",
    ]
    classes = [one for _, one in inspect.getmembers(tree, inspect.isclass)]
    classes.sort(key=lambda one: (one.status, one.code))
    rows = [
        (f"`{one.__name__}`", str(one.status), f"`{one.code}`", (one.__doc__ or "").partition("\n")[0])
        for one in classes
    ]
    text += [*_table(("error", "HTTP", "code", "meaning"), rows), "", "## Codes that say it more exactly", ""]
    text += _table(("code", "raised as"), [(f"`{code}`", f"`{kind}`") for code, kind in sorted(codes())])
    text += ["", "## Why an event or row was not taken", ""]
    text += ["The reason of a dead letter, one of:", "", ", ".join(f"`{one}`" for one in DropReason.__args__) + "."]
    return "\n".join(text)


def codes() -> set[tuple[str, str]]:
    """(code, error) wherever the code raises an error with a code of its own."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for keyword in node.keywords:
                    value = keyword.value
                    if keyword.arg == "code" and isinstance(value, ast.Constant) and value.value:
                        found.add((str(value.value), node.func.id))
    return found


def words() -> str:
    from harken import words as nouns

    told = yaml.safe_load((DOCS / "glossary.yaml").read_text(encoding="utf-8"))
    text = [
        "# Words",
        "",
        "Code, API, command line, docs and screens use these and no synonyms. *Journey* is what customers do.",
        "",
    ]
    text += _table(("word", "meaning", "not"), [(f"**{one['word']}**", one["meaning"], one["not"]) for one in told])
    text += ["", "## The nouns in code", "", "`harken.words`, frozen values all of them.", ""]
    structs = [
        one for _, one in inspect.getmembers(nouns, inspect.isclass) if one.__module__.startswith(nouns.__name__)
    ]
    parts = ("heard", "who", "kept", "configured", "acting", "config")
    structs.sort(key=lambda one: (parts.index(one.__module__.split(".")[-1]), inspect.getsourcelines(one)[1]))
    rows = [(f"`{one.__name__}`", " ".join((one.__doc__ or "").split("\n\n")[0].split())) for one in structs]
    return "\n".join([*text, *_table(("name", "what it is"), rows)])


# ---------------------------------------------------------------- API, plug-ins


def api() -> str:
    schema = openapi()
    text = [
        "# HTTP API",
        "",
        "## Events in",
        "",
        "With a write key: as Basic user name, Bearer token, `?writeKey=`, or `writeKey` in the body.",
        "",
    ]
    from harken.api.ingest import EVENT_PATHS, PIXEL

    by_hint: dict[str, list[str]] = {}
    for path, hint in EVENT_PATHS.items():
        if not path.endswith("/"):
            by_hint.setdefault(hint, []).append(f"`POST {path}`")
    rows = [(", ".join(paths), _hint(hint)) for hint, paths in by_hint.items()]
    rows.append((f"`GET {PIXEL}track` …", "one event as base64 in `?data=`, for places without scripts"))
    text += [*_table(("path", "what it takes"), rows), ""]
    text += ["## Is it well", "", *_table(("path", "what it says"), STATUS), ""]
    text += ["## Every operation", "", schema["info"]["description"], ""]
    for tag in schema["tags"]:
        text += [f"### {tag['name'].capitalize()}", "", tag["description"], ""]
        for path, verbs in sorted(schema["paths"].items()):
            for verb, told in verbs.items():
                if tag["name"] in told.get("tags", ()):
                    text += _operation(verb.upper(), path, told)
    return "\n".join(text)


STATUS = [
    ("`GET /healthz`", "the process lives"),
    ("`GET /readyz`", "store and intake answer; 503 when they do not"),
    ("`GET /metrics`", "counters for Prometheus"),
    ("`GET /api/openapi.json`, `GET /api/docs`", "this, for machines and to try out"),
]


def _hint(hint: str) -> str:
    told = {"batch": "many Segment events: `{\"batch\": […]}`", "import": "many events of Harken's own dialect, one a line or an array; secret key",
            "metrics": "what clients count about themselves; kept nowhere"}  # fmt: skip
    return told.get(hint, f"one Segment `{hint}` event")


def _operation(verb: str, path: str, told: dict[str, Any]) -> list[str]:
    lines = [f"#### `{verb} {path}`", "", told.get("description") or told.get("summary", ""), ""]
    rows = []
    for one in told.get("parameters", ()):
        schema = one.get("schema", {})
        choices = schema.get("enum") or next((each["enum"] for each in schema.get("oneOf", ()) if "enum" in each), None)
        note = one.get("description") or schema.get("description") or ""
        if choices:
            note = f"{note} one of {', '.join(f'`{each}`' for each in choices if each is not None)}".strip()
        default = schema.get("default", "")
        shown = "" if default in ("", None) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        rows.append((f"`{one['name']}`", "path" if one["in"] == "path" else "query", shown, " ".join(note.split())))
    return [*lines, *_table(("parameter", "in", "default", "what for"), rows), ""] if rows else lines


def openapi() -> dict[str, Any]:
    """The OpenAPI description, made of a hub that keeps nothing."""
    from harken.api.auth import Door
    from harken.api.outside import added
    from harken.api.rest import make
    from harken.hub import Hub

    with tempfile.TemporaryDirectory() as folder, Hub.open(folder, store="memory:") as hub:
        described = make(hub, Door(hub.keys), "", 0).openapi_schema  # type: ignore[attr-defined]
        return added(described.to_schema())


def plugins() -> str:
    from harken.plugins import STORES, found

    text = [
        "# Plug-ins",
        "",
        "An open set is a folder of files: a new one is one file there, or an entry point of an",
        "installed package. [Add one](../how-to/extend-harken.md).",
        "",
    ]
    text += ["## Stores", "", f"Entry points of `{STORES}`, by the scheme of the `--store` URL.", ""]
    rows = [
        (f"`{name}`", f"`{where}`", _first(import_module(where.partition(":")[0])))
        for name, where in found(STORES).items()
    ]
    text += [*_table(("scheme", "where", "what it is"), rows), ""]
    for title, package in (
        ("Dialects", "harken.listen.dialects"),
        ("Connectors", "harken.connectors"),
        ("Analyses", "harken.understand"),
    ):
        folder = import_module(package)
        rows = [
            (f"`{one.name}`", _first(import_module(f"{package}.{one.name}")))
            for one in sorted(pkgutil.iter_modules(folder.__path__), key=lambda one: one.name)
        ]
        text += [f"## {title}", "", f"`{package}`: {_first(folder)}", "", *_table(("file", "what it is"), rows), ""]
    return "\n".join(text)


# ---------------------------------------------------------------- Markdown


def _first(module: ModuleType) -> str:
    """The first sentence of a module's docstring."""
    return " ".join((module.__doc__ or "").strip().split("\n\n")[0].split())


def _table(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


if __name__ == "__main__":
    sys.exit(main())
