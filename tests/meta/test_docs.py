"""The docs say what is: generated pages are fresh, links lead somewhere, commands exist, examples in Python run."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from cyclopts import CycloptsError

from harken import errors, words
from harken.cli import app
from harken.manage.documents import FILES, KINDS
from harken.settings import HELP, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("harken_docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    pages: dict[str, str] = generator().pages()
    return pages


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(language: str) -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
            if found[1] == language:
                yield page, found[2]


def test_generated_pages_are_fresh(generated: dict[str, str]) -> None:
    for name, text in generated.items():
        path = REFERENCE / name
        assert path.exists(), f"docs/reference/{name} is missing: make gen"
        assert path.read_text(encoding="utf-8") == text, f"docs/reference/{name} is stale: make gen"


def test_they_are_the_same_every_time(generated: dict[str, str]) -> None:
    assert generator().pages() == generated


def test_every_command_setting_error_and_kind_is_documented(generated: dict[str, str]) -> None:
    for name in app:
        if not name.startswith("-"):
            assert f"## harken {name}" in generated["cli.md"]
    assert {*HELP} == {*Settings.__struct_fields__}
    for name in HELP:
        assert f"`{name}` | `HARKEN_{name.upper()}`" in generated["settings.md"]
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.HarkenError):
            assert f"`{error.__name__}`" in generated["errors.md"]
    for reason in get_args(words.DropReason):
        assert f"`{reason}`" in generated["errors.md"]
    assert {*FILES} == {*KINDS}
    for kind, type_ in KINDS.items():
        section = generated["configuration.md"].partition(f"## {kind}\n")[2].partition("\n## ")[0]
        for field in type_.__struct_fields__:
            assert f"| `{field}` |" in section
        assert f"`{FILES[kind]}`" in (DOCS / "how-to" / "configure.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["configuration.md", "importing.md", "cli.md", "settings.md"])
def test_every_row_of_the_reference_says_what_it_is_for(generated: dict[str, str], name: str) -> None:
    for line in generated[name].splitlines():
        if line.startswith("| `") and not line.startswith(("| `id`", "| `name`")):
            assert line.removesuffix("|").rpartition("|")[2].strip() or "Keys there are" in generated[name], line


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if target.startswith(("http://", "https://", "#", "mailto:")):
            continue
        assert (page.parent / target.partition("#")[0]).exists(), f"{target} in {ids(page)}"


def test_every_page_is_reached_from_the_index() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / target).resolve() for target in LINK.findall(text)}
    written = {page for page in DOCS.rglob("*.md") if page.name not in {"README.md", "benchmarks.md"}}
    assert {page.relative_to(DOCS) for page in written} == {
        page.relative_to(DOCS) for page in linked if page in written
    }


def commands(text: str) -> Iterator[list[str]]:
    """Every call of harken in a block of shell, without what the shell does around it."""
    text = re.sub(r"<<'(\w+)'.*?^\1$", "", text.replace("\\\n", " "), flags=re.MULTILINE | re.DOTALL)
    for line in text.splitlines():
        for part in re.split(r"[|;&]", re.sub(r"\s#.*$", "", line)):
            with contextlib.suppress(ValueError):
                tokens = shlex.split(part.partition(">")[0])
                while tokens and re.fullmatch(r"[A-Z_]+=.*", tokens[0]):
                    tokens.pop(0)
                if tokens[:1] == ["harken"]:
                    yield tokens[1:]


@pytest.mark.parametrize(
    ("page", "text"), [pytest.param(page, text, id=f"{ids(page)}-{n}") for n, (page, text) in enumerate(blocks("bash"))]
)
def test_commands_in_the_docs_exist(page: Path, text: str) -> None:
    for tokens in commands(text):
        words_ = ["./-" if token == "-" else token for token in tokens]
        try:
            app.parse_args(words_, exit_on_error=False, print_error=False)
        except CycloptsError as error:
            pytest.fail(f"{ids(page)}: harken {' '.join(tokens)}: {error}")


def test_commands_named_in_running_text_exist() -> None:
    names = {name for name in app if not name.startswith("-")}
    for page in PAGES:
        for found in re.findall(r"`harken ([a-z][a-z-]*)", page.read_text(encoding="utf-8")):
            assert found in names, f"harken {found} in {ids(page)}"


def test_make_targets_in_the_docs_exist() -> None:
    targets = {*re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)}
    for page in PAGES:
        for found in re.findall(r"(?:^|`)make ([a-z]+)\b", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert found in targets, f"make {found} in {ids(page)}"


def test_the_map_of_the_code_names_every_folder() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "src" / "harken").iterdir():
        if (path.suffix == ".py" and not path.name.startswith(("_", "plugins"))) or (path / "__init__.py").exists():
            assert re.search(rf"(src/harken/)?{re.escape(path.name)}/?`", text), f"README.md does not name {path.name}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=f"{ids(page)}-{n}")
        for n, (page, text) in enumerate(blocks("python"))
        if "segment.analytics" not in text  # a client needs a hub that serves: tests/stories/api
    ],
)
def test_python_in_the_docs_runs(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import harken

    monkeypatch.chdir(tmp_path)
    with harken.open("harken-data") as hub:
        hub.hear([_ada()])
    told: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "docs", "exec"), told)
    hub_ = told.get("hub")
    if isinstance(hub_, sys.modules["harken.hub"].Hub):
        hub_.close()


def _ada() -> words.RawBatch:
    body = b'{"name": "Plan Viewed", "time": "2026-01-31", "identifiers": {"email": "ada@example.test"}}'
    return words.RawBatch(source="web", dialect="harken", body=body, received=1_790_000_000_000_000)
