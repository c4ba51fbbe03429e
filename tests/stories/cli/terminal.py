"""Words typed at a terminal -> exit code and what was shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from harken.cli import main

COMMAND = [sys.executable, "-m", "harken"]


class Shown(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


class Terminal:
    """A terminal in a folder, with a hub of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys, self.folder, self.data = capsys, folder, str(folder / "data")

    def __call__(self, *words: str, at_hub: bool = True) -> Shown:
        """Run one command in this process."""
        self._capsys.readouterr()
        place = ["--data", self.data] if at_hub else []
        with pytest.raises(SystemExit) as ended:
            main([*words, *place])
        told = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Shown(ended.value.code, told.out, told.err)

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """Run one command in a process of its own."""
        return subprocess.Popen(
            [*COMMAND, *words, "--data", self.data],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "100", **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def counts(shown: str) -> tuple[int, int, int]:
    """Events heard, known already, rows that could not be read, as `import` says them."""
    found = re.search(r"([\d,]+) events heard, ([\d,]+) were known already, ([\d,]+) rows could not be read", shown)
    assert found, shown
    return tuple(int(one.replace(",", "")) for one in found.groups())  # type: ignore[return-value]
