"""A process beside this one: its answers come in order, its errors are raised here, and it never outlives who asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from harken.beside import Beside
from harken.errors import Invalid, Unavailable


def squares(offset: int, asked: int) -> Iterator[int]:
    if asked < 0:
        raise Invalid("a number below nothing was asked for")
    for number in range(asked):
        yield offset + number * number


def work(offset: int) -> Callable[[int], Iterator[int]]:
    return partial(squares, offset)


def pids(offset: int) -> Callable[[int], Iterator[int]]:
    return lambda asked: iter([os.getpid()] * asked)


def ends(asked: int) -> Iterator[int]:
    yield 1
    os._exit(3)


def ending() -> Callable[[int], Iterator[int]]:
    return ends


def test_answers_come_in_order_also_when_nothing_is_said() -> None:
    beside = Beside(partial(work, 10))
    assert list(beside.ask(4)) == [10, 11, 14, 19]
    assert list(beside.ask(0)) == []
    assert list(beside.ask(2)) == [10, 11]
    beside.close()
    beside.close()


def test_a_process_can_be_begun_before_the_first_question() -> None:
    beside = Beside(partial(pids, 0))
    beside.begin()
    beside.begin()
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    [pid] = set(beside.ask(2))
    assert str(pid) in children
    beside.close()


def test_what_is_raised_there_is_raised_here_and_the_next_question_is_answered() -> None:
    beside = Beside(partial(work, 0))
    with pytest.raises(Invalid, match="below nothing"):
        list(beside.ask(-1))
    assert list(beside.ask(3)) == [0, 1, 4]
    beside.close()


def test_a_process_that_has_gone_is_told_of_and_another_one_begun() -> None:
    beside = Beside(ending)
    with pytest.raises(Unavailable, match="has ended"):
        list(beside.ask(1))
    with pytest.raises(Unavailable, match="has ended"):
        list(beside.ask(1))
    beside.close()


def test_who_does_not_want_all_answers_ends_it() -> None:
    beside = Beside(partial(pids, 0))
    answers = beside.ask(1_000_000)
    pid = next(answers)
    answers.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_ends_with_the_process_that_asks_however_that_ends() -> None:
    program = "\n".join((
        "from functools import partial",
        "from unit.test_beside import pids",
        "from harken.beside import Beside",
        "if __name__ == '__main__':",
        "    for pid in Beside(partial(pids, 0)).ask(10_000_000): print(pid, flush=True)",
    ))  # fmt: skip
    asking = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "tests"}
    )
    assert asking.stdout is not None
    pid = int(asking.stdout.readline())
    asking.send_signal(signal.SIGKILL)
    asking.wait()
    asking.stdout.close()
    with suppress(ProcessLookupError):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.05)
        pytest.fail("it lives on")
