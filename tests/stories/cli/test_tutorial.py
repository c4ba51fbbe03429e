"""The tutorial is followed word by word: every command is run as it is written, on a port of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "tutorial" / "first-event-to-map.md"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAYS = {  # what the reader is promised to see
    "/v1/page": ["true"],
    "anonymous_id:browser-1": ['"anonymous_id"', '"events":1'],
    "harken profile email:ada@example.test": [
        "user_id:ada",
        "anonymous_id:browser-1",
        "2 events",
        "plan gold",
        "Plans",
    ],
    "harken profile user_id:ada": ["3 events", "call_center 1", "web 2", "Call Started"],
    "/identity": ['"links"', "email", "browser-1"],
    "harken apply": ["web: Plan page", "call_center: Call"],
    "harken map": ["1 customers", "Plan page", "Consider", "Get help"],
}


class Reader:
    """Somebody with two terminals in one folder."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        (folder / "bin").mkdir()
        harken = folder / "bin" / "harken"
        harken.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harken "$@"\n')
        harken.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HARKEN_")}
        self.environ = {
            **kept,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HARKEN_PORT": self.port,
            "COLUMNS": "100",
            "NO_PROXY": "*",
        }
        self.folder = folder
        self.serving: subprocess.Popen[str] | None = None

    def serve(self, command: str) -> None:
        """Start the hub and keep the keys it prints."""
        self.serving = subprocess.Popen(
            command, shell=True, cwd=self.folder, env=self.environ, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        listening = threading.Event()
        told: list[str] = []

        def read() -> None:
            assert self.serving is not None
            assert self.serving.stdout is not None
            for line in self.serving.stdout:
                told.append(line)
                if "listening" in line:
                    listening.set()
            listening.set()

        self.reading = threading.Thread(target=read, daemon=True)
        self.reading.start()
        assert listening.wait(60)
        text = "".join(told)
        assert "listening" in text, text
        for name, kind in (("WRITE", "write"), ("SECRET", "secret")):
            found = re.search(rf"hk_{kind}_[\w-]+", text)
            assert found, text
            self.environ[name] = found[0]

    def run(self, text: str) -> str:
        """One block, as it is written but for the port."""
        script = "set -e\n" + text.replace("8787", self.port).replace("curl ", "curl -sS --fail-with-body ")
        done = subprocess.run(
            ["bash", "-c", script],
            check=False,
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def end(self) -> None:
        if self.serving is not None:
            os.killpg(self.serving.pid, signal.SIGTERM)
            self.serving.wait(30)
            self.reading.join(30)
            assert self.serving.stdout is not None
            self.serving.stdout.close()


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="the tutorial uses curl and bash")
def test_the_tutorial_works_as_it_is_written(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    waiting = dict(SAYS)
    try:
        for language, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
            if text.startswith(("pip install", "export WRITE")):
                continue
            if text.strip() == "harken serve":
                reader.serve(text.strip())
                continue
            if language == "python":
                (tmp_path / "notebook.py").write_text(text)
                reader.run(f"'{sys.executable}' notebook.py")
                continue
            out = reader.run(text)
            said = re.sub(r'(": )', '":', out)
            for mark in [mark for mark in waiting if mark in text]:
                for wanted in waiting.pop(mark):
                    assert wanted in said or wanted in out, f"{text}\nshould show {wanted}:\n{out}"
    finally:
        reader.end()
    assert not waiting, f"the tutorial no longer has {[*waiting]}"
