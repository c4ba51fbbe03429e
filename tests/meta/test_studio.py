"""The studio's code is as it should be: types, style, unit tests, types of the API as the API is, and its weight."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from javascript import NODE

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "studio"
STATIC = re.compile(r"""(?:from|import)\s*["']\./([^"']+\.js)["']""")
FIRST_LOAD, MORE_FOR_THE_MAP, CHUNK = 190_000, 40_000, 115_000  # bytes of JavaScript, gzip


@pytest.fixture(scope="module")
def assets() -> Path:
    """The built files; built first when the sources changed."""
    done = subprocess.run([sys.executable, str(SOURCES / "build.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "src" / "harken" / "studio" / "assets"


def run(tool: str, *told: str) -> str:
    """A tool of the studio's own packages; its words when it is not content fail the test."""
    done = subprocess.run(
        [str(NODE), str(SOURCES / "node_modules" / tool), *told],
        cwd=SOURCES,
        env={**os.environ, "CI": "1", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_types_hold(assets: Path) -> None:
    run("tsgo/bin/tsc", "-p", "tsconfig.json", "--noEmit")


def test_its_style_is_the_house_style(assets: Path) -> None:
    run("@biomejs/biome/bin/biome", "check", ".")


def test_its_unit_tests_pass(assets: Path) -> None:
    run("vitest/vitest.mjs", "run", "--passWithNoTests")


def test_its_types_of_the_api_are_those_of_the_api(assets: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "schema.d.ts"
    run("openapi-typescript/bin/cli.js", "../docs/reference/openapi.json", "-o", str(fresh))
    assert fresh.read_text() == (SOURCES / "src" / "api" / "schema.d.ts").read_text(), "run: npm run types in studio/"


# ---------------------------------------------------------------- how much of it is loaded


def loaded(assets: Path, names: Iterable[str]) -> set[str]:
    """The files that a browser fetches for some of them: they, and what they import."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += STATIC.findall((assets / name).read_text("utf-8"))
    return found


def first(assets: Path) -> set[str]:
    page = (assets.parent / "index.html").read_text("utf-8")
    return loaded(assets, re.findall(r'(?:src|href)="\./assets/([^"]+\.js)"', page))


def weight(assets: Path, names: Iterable[str]) -> int:
    files = [assets / name for name in names]
    return sum((gz if (gz := file.with_name(file.name + ".gz")).exists() else file).stat().st_size for file in files)


def test_the_first_load_is_light(assets: Path) -> None:
    assert first(assets)
    assert weight(assets, first(assets)) <= FIRST_LOAD


def test_the_map_is_light_too_with_all_it_needs(assets: Path) -> None:
    (page,) = assets.glob("MapPage-*.js")
    assert weight(assets, first(assets) | loaded(assets, [page.name])) <= FIRST_LOAD + MORE_FOR_THE_MAP


def test_no_part_that_is_loaded_later_is_heavy(assets: Path) -> None:
    heavy = {file.name: weight(assets, [file.name]) for file in assets.glob("*.js") if file.name not in first(assets)}
    assert heavy
    assert {name: size for name, size in heavy.items() if size > CHUNK} == {}
