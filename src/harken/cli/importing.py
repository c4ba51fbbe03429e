"""Your own tables at the terminal: `import`."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import App, Parameter
from rich.markup import escape
from rich.progress import Progress

from harken.cli.screen import OUT, Place, open_hub, progress, show_table, when
from harken.connectors import tables
from harken.connectors.tables import File, Mapping, Part
from harken.errors import Invalid
from harken.words import Dropped

if TYPE_CHECKING:
    from harken.hub import Hub

AHEAD = 8  # parts read before they are heard
TOGETHER = 4  # parts heard in one transaction
SAMPLE = 10


def register(app: App) -> None:
    """Add this command."""
    app.command(import_, name="import")


def import_(
    what: Annotated[Path, Parameter(help="a mapping file, a folder with import.yaml, or a table ('-' = stdin)")],
    *,
    who: Annotated[
        tuple[str, ...], Parameter(help="without a mapping: column that identifies a customer, or kind=column")
    ] = (),
    time_: Annotated[str, Parameter(name="--time", help="without a mapping: column that holds the time")] = "",
    event: Annotated[str, Parameter(help="without a mapping: column that holds what happened")] = "",
    source: Annotated[str, Parameter(help="without a mapping: the source's name")] = "",
    channel: Annotated[str, Parameter(help="without a mapping: the channel")] = "",
    dry_run: Annotated[bool, Parameter(help="show what ten rows become, and import nothing")] = False,
    again: Annotated[
        bool, Parameter(help="read files anew that were imported already; nothing is counted twice")
    ] = False,
    place: Place | None = None,
) -> None:
    """Import tables (CSV, Parquet, NDJSON) by a mapping that says what a row means. Can be stopped and goes on.

    Example: `harken import examples/complete-journey`

    Example: `harken import visits.csv --who email=mail --time at --event page`
    """
    mapping, folder = _mapping(what, who, time_, event, source or "import", channel)
    files = tables.files(mapping, folder)
    with open_hub(place) as hub:
        if dry_run:
            _dry_run(hub, mapping, files, folder)
            return
        _configure(hub, what)
        _import(hub, mapping, files, folder, again=again)


def _mapping(what: Path, who: Sequence[str], when_: str, event: str, source: str, channel: str) -> tuple[Mapping, Path]:
    if what.is_dir() or what.suffix in (".yaml", ".yml"):
        return tables.load(what)
    if not (who and when_ and event):
        raise Invalid(
            f"'{what}' is a table: say --who, --time and --event, or write a mapping (docs/how-to/import-your-data.md)"
        )
    return tables.quick(str(what), who=who, when=when_, what=event, source=source, channel=channel), Path.cwd()


def _configure(hub: Hub, what: Path) -> None:
    """Publish the documents that stand beside a mapping: its source, touchpoints, stages, segments."""
    if what.is_dir() and any((what / name).exists() for name in ("sources.yaml", "touchpoints.yaml", "stages.yaml")):
        changes = hub.documents.apply(what, by="import", reason=f"imported {what.name}", prune=False)
        if changes:
            OUT.print(f"{len(changes)} documents published from {escape(str(what))}")
            hub.jobs.run_wanted()


def _import(hub: Hub, mapping: Mapping, files: Sequence[File], folder: Path, *, again: bool) -> None:
    began = time.monotonic()
    counts = {"accepted": 0, "duplicates": 0, "bad": 0}
    with progress("importing", "rows") as bar:
        for file in files:
            done = 0 if again else _done(hub, file)
            if done < 0:
                OUT.print(f"{escape(file.key)}: imported already (--again reads it anew)")
                continue
            bar.update(
                bar.task_ids[0], description=escape(file.path.name if file.path else "stdin"), total=file.rows or None
            )
            _one(hub, mapping, file, folder, done, bar, counts)
    took = max(time.monotonic() - began, 1e-9)
    heard = counts["accepted"] + counts["duplicates"]
    OUT.print(
        f"{counts['accepted']:,} events heard, {counts['duplicates']:,} were known already, {counts['bad']:,} rows in the "
        f"dead-letter inbox; {took:.1f} s, {heard / took:,.0f} rows/s"
    )
    if counts["accepted"]:
        with progress("settling into the lake") as bar:
            hub.jobs.report = lambda job: bar.update(bar.task_ids[0], completed=job.done, total=job.total or None)
            hub.settle()


def _one(
    hub: Hub, mapping: Mapping, file: File, folder: Path, done: int, bar: Progress, counts: dict[str, int]
) -> None:
    """One file, from the row after those done; each group of parts is one transaction, then the place is noted."""
    began = time.monotonic()
    start = done
    for group in _ahead(tables.read(mapping, file, folder, received=hub.core.clock(), skip=done)):
        for answer in hub.hear([batch for part in group for batch in part.batches]):
            counts["accepted"] += answer.accepted
            counts["duplicates"] += answer.duplicates
            counts["bad"] += len(answer.dropped)
        bad = [one for part in group for one in part.bad]
        counts["bad"] += len(bad)
        done = group[-1].rows_done
        _note(hub, file, done, finished=False, bad=bad)
        rate = f"{(done - start) / max(time.monotonic() - began, 1e-9):,.0f}/s"
        bar.update(bar.task_ids[0], completed=done, rate=rate)
    _note(hub, file, done, finished=True, bad=[])


def _note(hub: Hub, file: File, done: int, *, finished: bool, bad: list[Dropped]) -> None:
    """Where the import of a file stands, with its bad rows, in one transaction."""
    from harken.stores import Changes, Tx

    def work(tx: Tx) -> None:
        if file.path is not None:
            told = {"mark": file.mark, "rows": done, "finished": finished, "at": hub.core.clock()}
            tx.write_note(f"import:{file.key}", msgspec.json.encode(told))
        if bad:
            tx.write(Changes(dropped=bad))

    hub.core.write(work)


def _done(hub: Hub, file: File) -> int:
    """Rows imported already; -1 when the whole file was."""
    with hub.core.read() as view:
        note = view.note(f"import:{file.key}")
    if not note or file.path is None:
        return 0
    told = msgspec.json.decode(note)
    if told["mark"] != file.mark:
        return 0  # another content: its rows are told apart by their ids
    return -1 if told["finished"] else int(told["rows"])


def _ahead(parts: Iterator[Part]) -> Iterator[list[Part]]:
    """Groups of parts, read in a thread while the hub hears the ones before."""
    waiting: queue.Queue[Part | BaseException | None] = queue.Queue(AHEAD)
    ended = threading.Event()

    def read() -> None:
        try:
            for part in parts:
                while not ended.is_set():
                    try:
                        waiting.put(part, timeout=0.2)
                        break
                    except queue.Full:
                        continue
                if ended.is_set():
                    return
            waiting.put(None)
        except BaseException as error:
            waiting.put(error)

    thread = threading.Thread(target=read, name="harken-import", daemon=True)
    thread.start()
    try:
        group: list[Part] = []
        while (part := waiting.get()) is not None:
            if isinstance(part, BaseException):
                raise part
            group.append(part)
            if len(group) == TOGETHER:
                yield group
                group = []
        if group:
            yield group
    finally:
        ended.set()


def _dry_run(hub: Hub, mapping: Mapping, files: Sequence[File], folder: Path) -> None:
    """What the first rows of each stream become."""
    from harken import listen

    seen: set[str] = set()
    for file in files:
        if file.stream.name in seen:
            continue
        seen.add(file.stream.name)
        part = next(iter(tables.read(mapping, file, folder, received=hub.core.clock(), rows=SAMPLE)), None)
        heard = [listen.hear(batch, hub.core.plans.listen) for batch in (part.batches if part else [])]
        rows = [
            (
                when(event.occurred),
                " ".join(map(str, event.identifiers)),
                event.touchpoint,
                event.name,
                _short(event.properties),
            )
            for one in heard
            for event in one.events
        ]
        names = ("when (UTC)", "who", "touchpoint", "event", "properties")
        title = f"{file.stream.name}: {file.path.name if file.path else 'stdin'}"
        bad = [*(part.bad if part else []), *(one for heard_ in heard for one in heard_.dropped)]
        show_table(title, dict.fromkeys(names, "left"), rows)
        for one in bad:
            OUT.print(f"  [yellow]would go to the inbox[/] {escape(one.where)}: {escape(one.detail)}")
        OUT.print()
    OUT.print("[dim]Nothing was imported (--dry-run).[/]")


def _short(properties: dict[str, object]) -> str:
    text = ", ".join(f"{name} {value}" for name, value in properties.items() if value is not None)
    return text if len(text) <= 120 else text[:119] + "…"
