"""What is asked in, answers out: worked out by a process beside this one, as one interpreter runs on one processor only.

The process is started by the first question, or before it (`begin`). It is a little ahead at most: a pipe that is full makes it wait. When this
process ends, however it does, the pipe breaks and the other one ends too.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Generic, TypeAlias, TypeVar

from harken.errors import Unavailable

A = TypeVar("A")
B = TypeVar("B")
Work: TypeAlias = Callable[[A], Iterator[B]]


class Beside(Generic[A, B]):
    """One such process. `make` is called over there and gives what answers; it, questions and answers are what pickle can
    send."""

    def __init__(self, make: Callable[[], Work[A, B]]) -> None:
        self._make = make
        self._pipe: Connection | None = None
        self._process: BaseProcess | None = None

    def begin(self) -> None:
        """Start the process already, so that it is ready when the first question comes."""
        if self._pipe is None:
            self._start()

    def ask(self, question: A) -> Iterator[B]:
        """The answers, as they come; what is raised over there is raised here. Who does not want all of them ends the
        process: the next question starts another one."""
        pipe = self._pipe or self._start()
        whole = False
        try:
            with _told():
                pipe.send(question)
            while True:
                with _told():
                    answer = pipe.recv()
                if answer is None:
                    break
                if isinstance(answer, Exception):
                    raise answer
                yield answer[0]
            whole = True
        finally:
            if not whole:
                self.close()

    def _start(self) -> Connection:
        context = get_context("spawn")  # the threads of this process would not live on in a fork
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._make), daemon=True)
        resource_tracker.ensure_running()  # which would let Ctrl-C through again, if it were begun below
        mine = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # it is for this one, which ends the other
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mine)
            theirs.close()
        return self._pipe

    def close(self) -> None:
        """End the process, whatever it does; who waits for an answer is told so. Closing twice is fine."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if process is not None and pipe is not None:
            process.terminate()
            process.join()
            pipe.close()


@contextmanager
def _told() -> Iterator[None]:
    """Says in our words that the other process has gone."""
    try:
        yield
    except (EOFError, OSError) as error:
        raise Unavailable("a process that worked beside the hub has ended; run the same command again") from error


def _end_with_parent() -> None:
    """Whatever is being worked out, nobody will take it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(pipe: Connection, make: Callable[[], Work[A, B]]) -> None:
    """What the process does."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()  # it would look through every answer on its way, again and again
    with suppress(EOFError, OSError):
        work: Work[A, B] | None = None
        while True:
            question = pipe.recv()
            try:
                work = work or make()
                for answer in work(question):
                    pipe.send((answer,))
                    gc.collect(1)
                pipe.send(None)
            except Exception as error:
                pipe.send(error)
