"""A living hub at the terminal: `serve`, `demo`, `simulate`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.markup import escape

from harken.cli.screen import ERR, OUT, RUN, Place, open_hub, progress, settings_of
from harken.errors import Busy, HarkenError, Invalid, Unavailable
from harken.words import DAY, SECOND

if TYPE_CHECKING:
    from harken.hub import Hub
    from harken.testing.tideline import Batch

GROUP_BYTES = 2_000_000  # of simulator batches heard in one transaction


def register(app: App) -> None:
    """Add these commands."""
    for command in (serve, demo, simulate):
        app.command(command, group=RUN)


def serve(
    *,
    host: Annotated[str | None, Parameter(help="address to listen on (default 127.0.0.1)")] = None,
    port: Annotated[int | None, Parameter(help="port to listen on (default 8787)")] = None,
    prefix: Annotated[str | None, Parameter(help="path prefix behind a proxy, such as /harken")] = None,
    open_page: Annotated[
        bool | None, Parameter(help="open the studio without a key, on this machine", negative="--no-open-page")
    ] = None,
    log_level: Annotated[str | None, Parameter(help="debug, info, warning or error")] = None,
    place: Place | None = None,
) -> int:
    """Run the hub: collect events over HTTP, answer the read API, do the background work.

    The first start makes a write key and a secret key and prints them once.

    Example: `harken serve --data /var/lib/harken --host 0.0.0.0`
    """
    from harken.server import serve as run

    settings, _ = settings_of(place, host=host, port=port, prefix=prefix, open_page=open_page, log_level=log_level)
    return run(settings)


def demo(
    *,
    customers: Annotated[int, Parameter(help="how many simulated customers")] = 12_000,
    days: Annotated[int, Parameter(help="how many days of history")] = 90,
    seed: Annotated[int, Parameter(help="another seed, other people")] = 7,
    port: Annotated[int | None, Parameter(help="port to listen on (default 8787)")] = None,
    fresh: Annotated[bool, Parameter(help="begin anew: forget the demo data that is there")] = False,
    live: Annotated[bool, Parameter(help="let customers go on living while the hub runs", negative="--no-live")] = True,
    data: Annotated[str, Parameter(help="where the demo keeps its data")] = "harken-data/demo",
) -> int:
    """Start a hub with Tideline Mobile in it: a simulated phone company whose customers keep on living.

    Example: `harken demo --customers 2000 --days 30`
    """
    _check(customers, days)
    settings, _ = settings_of(Place(data=data), port=port, open_page=True)
    folder = Path(data)
    if fresh and folder.exists():
        _forget(folder)
    from harken.server import free_address

    free_address(settings.host, settings.port)  # said now rather than after the studio was announced
    with open_hub(Place(data=data), make=True) as hub:
        _set_up(hub)
        if not _lived(hub, customers, days, seed):
            hub.sample.coming()  # before anybody can look
    url = f"http://{settings.host}:{settings.port}{settings.prefix}"
    OUT.print(NEXT.format(url=url, data=data), highlight=False)
    people = ["--customers", str(customers), "--days", str(days), "--seed", str(seed)]
    with _people(data, [*people, "--history-first"] if live else people):
        return serve(port=port, open_page=True, place=Place(data=data))


NEXT = """
  Tideline Mobile is at [bold underline]{url}/[/]   (Ctrl-C ends it; started again its history is there at once)
  Its customers come in now: watch them, or go on in another terminal:
    harken map --level stage --data {data}
    harken doctor --data {data}
"""


def _forget(folder: Path) -> None:
    """Remove a demo's data, and nothing that is none."""
    if any(folder.iterdir()) and not (folder / "harken.db").exists():
        raise Invalid(f"{folder} holds other things than a demo's data; nothing was removed")
    shutil.rmtree(folder)


@contextmanager
def _people(data: str, words: list[str]) -> Iterator[None]:
    """Customers live in a process of their own, so that the hub hears them beside everybody else. It ends with this
    one however this one ends: its standard input closes."""
    live = ["--live"] if "--history-first" in words else []
    living = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "harken", "simulate", "--with-stdin", "--no-configure", "--data", data, *live, *words],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the hub
    )
    try:
        yield
    finally:
        if living.stdin is not None:
            living.stdin.close()
        living.terminate()
        living.wait(10)


def simulate(
    *,
    customers: Annotated[int, Parameter(help="how many simulated customers")] = 12_000,
    days: Annotated[int, Parameter(help="how many days of history")] = 90,
    seed: Annotated[int, Parameter(help="another seed, other people")] = 7,
    live: Annotated[bool, Parameter(help="go on living in real time instead of making history")] = False,
    per_minute: Annotated[float, Parameter(help="live: about how many events a minute")] = 120.0,
    out: Annotated[
        Path | None, Parameter(help="write the batches as NDJSON instead of hearing them ('-' = stdout)")
    ] = None,
    configure: Annotated[
        bool, Parameter(help="also publish Tideline's configuration", negative="--no-configure")
    ] = True,
    quiet: Annotated[bool, Parameter(help="print nothing of what is heard live")] = False,
    history_first: Annotated[bool, Parameter(help="live: make history, and then go on", show=False)] = False,
    with_stdin: Annotated[bool, Parameter(help="end when standard input closes", show=False)] = False,
    place: Place | None = None,
) -> None:
    """Let simulated customers live: the phone company Tideline Mobile, seeded, as real clients would send it.

    Example: `harken simulate --customers 500 --days 14 --out tideline.ndjson`
    """
    _check(customers, days)
    if out is not None:
        if live:
            raise Invalid("--out writes history; --live has none")
        _write(out, customers, days, seed)
        return
    with open_hub(place, make=True) as hub:
        if configure and not quiet:
            _set_up(hub)
        if with_stdin:
            threading.Thread(target=_end_with_stdin, daemon=True).start()
        if history_first or not live:
            _history(hub, customers=customers, days=days, seed=seed)
        if live:
            if history_first:
                threading.Thread(target=_make_ready, args=(hub,), daemon=True).start()
            _live(hub, customers, seed, per_minute, quiet=quiet or history_first)


def _make_ready(hub: Hub) -> None:
    """Ask every analysis once: machine code that was never made on this machine takes seconds, here nobody waits for it."""
    from harken import understand

    for name, analysis in understand.analyses().items():
        with suppress(HarkenError):
            hub.journeys.ask(name, **analysis.examples[0])


def _check(customers: int, days: int) -> None:
    if customers < 1 or days < 1:
        raise Invalid("at least one customer and one day are needed")


def _set_up(hub: Hub) -> None:
    """Tideline's sources, touchpoints, stages, segments."""
    from harken.testing import tideline

    changes = hub.documents.apply(tideline.CONFIGURATION, by="tideline", reason="the simulated phone company")
    if changes:
        OUT.print(f"{len(changes)} documents published: sources, touchpoints, stages, segments, …")
    hub.jobs.run_wanted()


def _history(hub: Hub, *, customers: int, days: int, seed: int) -> None:
    """Ninety days in about a minute; what is there already is not heard twice."""
    from harken.hub.sample import groups
    from harken.testing import tideline

    if _lived(hub, customers, days, seed):
        OUT.print("History is there already (--fresh begins anew).")
        return
    end = hub.core.clock() // DAY * DAY
    events = 0
    began = time.monotonic()
    with progress("customers live through their days", "days") as bar:
        for batches in groups(tideline.history(seed=seed, customers=customers, days=days, end=end), GROUP_BYTES):
            hub.sample.coming()
            events += _heard(hub, batches)
            day = days - max(0, (end - batches[-1].received) // DAY)
            rate = f"{events:,} events, {events / (time.monotonic() - began):,.0f}/s"
            bar.move(completed=max(0, min(day, days)), total=days, rate=rate)
    took = time.monotonic() - began
    hub.sample.came()
    with progress("settling into the lake") as settling:
        hub.jobs.report = settling.job
        hub.settle()
    lived = f"{_history_of(customers, days, seed)}{end}".encode()
    hub.core.write(lambda tx: tx.write_note("tideline:history", lived))
    with hub.core.read() as view:
        profiles = view.counts()["profiles"]
    known = max(hub.profiles(limit=100).data, key=lambda one: (len(one.channels), one.events), default=None)
    OUT.print(
        f"{events:,} events heard in {took:.0f} s ({events / took:,.0f}/s): {profiles:,} profiles, anonymous visitors among them"
        + (f", and {known.identifiers[0]}, whom `harken profile` shows." if known and known.identifiers else "."),
        highlight=False,
    )


def _history_of(customers: int, days: int, seed: int) -> str:
    return f"{customers}:{days}:{seed}|"


def _lived(hub: Hub, customers: int, days: int, seed: int) -> bool:
    """Whether this history is there already, all of it."""
    with hub.core.read() as view:
        return view.note("tideline:history").startswith(_history_of(customers, days, seed).encode())


def _live(hub: Hub, customers: int, seed: int, per_minute: float, *, quiet: bool) -> None:
    """Real time, until interrupted."""
    from harken.testing import tideline

    heard = 0
    for due, batch in tideline.live(seed=seed, customers=customers, rate_per_minute=per_minute, start=hub.core.clock()):
        wait = (due - hub.core.clock()) / SECOND
        if wait > 0:
            time.sleep(wait)
        heard += _heard(hub, [batch])
        if not quiet:
            ERR.print(f"{heard:,} events · {escape(batch.source)}", end="\r", highlight=False)


def _heard(hub: Hub, batches: Sequence[Batch]) -> int:
    """Events taken in; a hub whose store is busy is asked again, as clients do."""
    from harken.testing import tideline

    for pause in (0.5, 2, 8, 30, 60):
        try:
            answers = hub.hear([tideline.raw(batch) for batch in batches])
        except (Busy, Unavailable) as error:
            ERR.print(f"harken: {escape(str(error))}; trying again in {pause} s", style="dim", highlight=False)
            time.sleep(pause)
        else:
            return sum(answer.accepted for answer in answers)
    return 0


def _end_with_stdin() -> None:
    """Whoever started this process is gone when nothing can come from it any more."""
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):  # not through sys.stdin: the interpreter could not end while it is locked
            pass
    os._exit(0)


def _write(out: Path, customers: int, days: int, seed: int) -> None:
    """History as NDJSON of whole batches, one a line, in order of arrival."""
    from harken.testing import tideline

    end = time.time_ns() // 1_000 // DAY * DAY
    try:
        stream = nullcontext(sys.stdout.buffer) if str(out) == "-" else out.open("wb")
    except OSError as error:
        raise Invalid(f"cannot write {out}: {error.strerror}") from None
    with stream as to, progress("writing", "batches") as bar:
        batches = tideline.history(seed=seed, customers=customers, days=days, end=end)
        for done, batch in enumerate(batches, 1):
            to.write(batch.body.replace(b"\n", b" ") + b"\n")
            if done % 100 == 0:
                bar.move(completed=done)
