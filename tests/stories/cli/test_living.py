"""A hub that is served while commands use the same data; a demo that starts, lives and ends whole."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from stories.api.running import Running
from stories.cli.terminal import Terminal, counts

FLAGS = ("--who", "email=mail", "--time", "at", "--event", "page", "--source", "site", "--channel", "web")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_commands_work_beside_a_server(terminal: Terminal) -> None:
    """The embedded store is shared by processes: what one writes the other reads."""
    terminal.write("visits.csv", "mail,at,page\n" + "".join(f"c{n}@x.test,2026-01-01,Plans\n" for n in range(3_000)))
    with Running(Path(terminal.data)) as server:
        importing = terminal.start("import", "visits.csv", *FLAGS)
        sent = 0
        while importing.poll() is None:
            body = {"anonymousId": f"b{sent}", "event": "Seen", "context": {"traits": {"email": "c7@x.test"}}}
            assert server.post("/v1/track", body).status_code == 200
            sent += 1
        out, err = importing.communicate()
        assert importing.returncode == 0, err
        assert counts(out) == (3_000, 0, 0)
        told = server.get("/api/profiles/email:c7@x.test")
        assert told["events"] == 1 + sent
        assert f"{1 + sent} events" in terminal("profile", "email:c7@x.test", "--events", "1").out
        assert terminal("map").code == 0
        assert terminal("doctor").code == 0
        plain = terminal("keys", "create", "write", "--source", "app").out.strip()
        until = time.monotonic() + 10
        while (code := server.post("/v1/track", {"userId": "u", "event": "E"}, key=plain).status_code) != 200:
            assert time.monotonic() < until, code
            time.sleep(0.2)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        time.sleep(0.1)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_demo_ends_with_everybody_in_it(terminal: Terminal, ending: signal.Signals) -> None:
    port = free_port()
    process = terminal.start("demo", "--customers", "60", "--days", "5", "--port", str(port))
    wait_for(f"http://127.0.0.1:{port}", process)
    living = children(process.pid)
    assert len(living) == 1 or not Path("/proc").exists()
    process.send_signal(ending)
    out, err = process.communicate(timeout=60)
    assert f"http://127.0.0.1:{port}/" in out
    assert "harken map --level stage" in out
    assert "Traceback" not in out + err
    assert process.returncode == (-9 if ending == signal.SIGKILL else 0), err
    until = time.monotonic() + 20
    while any(running(one) for one in living):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_demo_started_again_is_there_at_once_and_fresh_begins_anew(terminal: Terminal) -> None:
    for words, says in [((), "events heard"), ((), "there already"), (("--fresh",), "events heard")]:
        port = free_port()
        process = terminal.start("demo", "--customers", "60", "--days", "5", "--no-live", "--port", str(port), *words)
        wait_for(f"http://127.0.0.1:{port}", process)
        assert "Harken" in httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, follow_redirects=True).text
        assert process.stdout is not None
        assert any(
            says in line for line in process.stdout
        )  # history comes in beside the hub, and says when it is there
        process.terminate()
        process.communicate(timeout=60)


def test_a_taken_port_is_told_before_the_work(terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = terminal.start("demo", "--port", str(taken.getsockname()[1]))
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot listen on" in err


def test_fresh_removes_nothing_but_a_demo(terminal: Terminal) -> None:
    mine = terminal.write("data/thesis.txt", "mine")
    shown = terminal("demo", "--fresh")
    assert shown.code == 1
    assert "nothing was removed" in shown.err
    assert mine.exists()


def test_simulated_batches_can_be_written_and_heard(terminal: Terminal) -> None:
    shown = terminal("simulate", "--customers", "30", "--days", "4", "--out", "tideline.ndjson", at_hub=False)
    assert shown.code == 0
    lines = (terminal.folder / "tideline.ndjson").read_text().splitlines()
    assert all(json.loads(line) for line in lines)
    assert "events heard" in terminal("simulate", "--customers", "30", "--days", "4").out
    assert "there already" in terminal("simulate", "--customers", "30", "--days", "4").out
    assert "at least one customer" in terminal("simulate", "--customers", "0").err
    assert "cannot write" in terminal("simulate", "--days", "1", "--out", "no/folder/x.ndjson", at_hub=False).err


def test_a_demo_of_nobody_is_refused_before_anything_is_made(terminal: Terminal) -> None:
    for words in (("--customers", "0"), ("--days", "0")):
        refused = terminal("demo", *words, "--fresh")
        assert refused.code == 1
        assert "at least one customer and one day" in refused.err
    assert not Path(terminal.data).exists()
