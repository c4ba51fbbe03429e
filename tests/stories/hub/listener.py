"""A hub that is killed again and again, as a process of its own: `python listener.py <data> <store url> <settles>`.

It hears what stands on its standard input, one event a line, with several threads at its intake, and says on standard
output which message ids are durable. With `settles` it moves its tail into the lake all the while.

`python listener.py nursery` reads such arguments from its standard input, with the files to read and write, a line each,
and forks a listener for each: what was imported once need not be imported a hundred times.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial

from harken.hub import Hub
from harken.hub.intake import Outcome
from harken.words import DAY, Answer, RawBatch

NOW = 20_000 * DAY
THREADS = 3


def main(data: str, url: str, settles: str) -> None:
    hub = Hub.open(data, store=url, clock=lambda: NOW)
    hub.intake.start()
    lines = sys.stdin.read().splitlines()
    print("ready", flush=True)
    sizes = (1, 7, 3, 20)
    mine = [lines[number::THREADS] for number in range(THREADS)]
    threads = [threading.Thread(target=_submit, args=(hub, part, sizes), daemon=True) for part in mine]
    for thread in threads:
        thread.start()
    while settles and any(thread.is_alive() for thread in threads):
        hub.settle()
    for thread in threads:
        thread.join()
    hub.close()


def nursery() -> None:
    """Give birth to a listener for each line; say its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in iter(sys.stdin.readline, ""):
        data, url, settles, lines, said = json.loads(line)
        child = os.fork()
        if not child:
            for path, flags, number in ((lines, os.O_RDONLY, 0), (said, os.O_WRONLY, 1)):
                opened = os.open(path, flags)
                os.dup2(opened, number)
                os.close(opened)
            sys.stdin = os.fdopen(0)
            main(data, url, settles)
            print("done", flush=True)
            os._exit(0)
        print(child, flush=True)


def _submit(hub: Hub, lines: list[str], sizes: tuple[int, ...]) -> None:
    """A client: a few requests on their way at any time, each with some events."""
    room = threading.Semaphore(4)
    at = number = 0
    while at < len(lines):
        part = lines[at : at + sizes[number % len(sizes)]]
        at, number = at + len(part), number + 1
        body = b'{"batch":[' + ",".join(part).encode() + b"]}"
        room.acquire()
        hub.intake.submit(RawBatch(source="web", dialect="segment", body=body, received=NOW), _told(part, room))


def _told(part: list[str], room: threading.Semaphore) -> Callable[[Outcome], None]:
    return partial(_say, part, room)


def _say(part: list[str], room: threading.Semaphore, outcome: Outcome) -> None:
    if isinstance(outcome, Answer):
        sys.stdout.write("".join(f"ok {json.loads(line)['messageId']}\n" for line in part))
        sys.stdout.flush()
    else:
        sys.stdout.write(f"error {type(outcome).__name__} {outcome}\n")
        sys.stdout.flush()
    room.release()


if __name__ == "__main__":
    if sys.argv[1:] == ["nursery"]:
        nursery()
    else:
        main(*sys.argv[1:])
        print("done", flush=True)
