"""A terminal for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from stories.cli.terminal import Terminal


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("HARKEN_DATA", "HARKEN_STORE", "HARKEN_LAKE", "HARKEN_SETTINGS", "HARKEN_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(capsys, tmp_path)
