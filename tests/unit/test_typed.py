"""Shapes are learned before threads read them: a shape that two threads read for the first time does no harm."""

from __future__ import annotations

import subprocess
import sys

FIRST_READ_BY_TWO = """
import sys, threading
import msgspec
from harken import typed

sys.setswitchinterval(1e-6)
shapes = []
for number in range(300):
    inner = msgspec.defstruct(f"Inner{number}", [(f"f{place}", int, 0) for place in range(60)], module="harken.here")
    shapes.append(msgspec.defstruct(f"Outer{number}", [("inner", inner)], module="harken.here"))
typed.learn()
together = threading.Barrier(2)

def read():
    for shape in shapes:
        together.wait()
        msgspec.convert({"inner": {}}, shape)

threads = [threading.Thread(target=read) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("whole")
"""


def test_two_threads_may_read_what_was_learned_at_the_same_time() -> None:
    """Without `learn` this ends the process nearly every time."""
    done = subprocess.run([sys.executable, "-c", FIRST_READ_BY_TWO], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr


def test_every_shape_that_is_read_at_a_hub_is_learned_when_it_is_opened() -> None:
    """Also those that hold shapes of their own, and those of the API once it answers."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import harken, tempfile\n"
            "from harken import typed\n"
            "from harken.hub.by_hand import Decided\n"
            "from harken.stores.lake.manifest import Manifest\n"
            "with harken.open(tempfile.mkdtemp()) as hub:\n"
            "    assert {Decided, Manifest} <= typed._known\n",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
