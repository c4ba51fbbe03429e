"""Your own tables at the terminal: `import`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Parameter
from msgspec import Struct
from msgspec.structs import replace
from rich.markup import escape

from harken.cli.meanwhile import Read, ahead, reading, settling
from harken.cli.screen import ERR, OUT, QUICK, Bar, Place, open_hub, progress, show_table, warn, when
from harken.connectors import tables
from harken.connectors.tables import File, Mapping, Part
from harken.connectors.tables.chunks import Format
from harken.errors import Conflict, Invalid
from harken.manage.documents import FILES
from harken.words import Answer, Config, Dropped, digest

if TYPE_CHECKING:
    from harken.hub import Hub
    from harken.listen import Plan

SAMPLE = 10
STDIN = Path("-")
PAGE = 500


class Counts(Struct):
    """What became of the rows of one run."""

    heard: int = 0
    known: int = 0
    bad: int = 0


class Watch(Struct):
    """What an import tells while it goes on: a bar, counts, and how many events were heard."""

    bar: Bar
    counts: Counts
    heard: Callable[[int], None]
    read: Read


class Done(Struct, frozen=True, kw_only=True):
    """Where the import of a file stands, as the hub notes it."""

    mark: str  # of the content that was read
    rows: int
    line: int = 0
    finished: bool = False
    at: int = 0
    meaning: str = ""  # of the mapping it was read by
    id: tuple[str, ...] = ()  # columns that told its rows apart


def import_(
    *what: Annotated[Path, Parameter(help="a mapping file, a folder with import.yaml, or tables ('-' = stdin)")],
    who: Annotated[
        tuple[str, ...],
        Parameter(help="column that identifies a customer, or kind=column; may be repeated", group=QUICK),
    ] = (),
    time_: Annotated[str, Parameter(name="--time", help="column that holds the time", group=QUICK)] = "",
    event: Annotated[
        str, Parameter(help="column that holds what happened, or a text with {column} in it", group=QUICK)
    ] = "",
    source: Annotated[str, Parameter(help="the source's name (default: import)", group=QUICK)] = "",
    channel: Annotated[str, Parameter(help="such as web or store", group=QUICK)] = "",
    touchpoint: Annotated[str, Parameter(help="such as 'store: {department}'", group=QUICK)] = "",
    id_: Annotated[
        tuple[str, ...],
        Parameter(name="--id", help="column that tells a row from every other; may be repeated", group=QUICK),
    ] = (),
    timezone: Annotated[str, Parameter(help="of times that carry none (default: UTC)", group=QUICK)] = "",
    time_format: Annotated[str, Parameter(help="how times are written, such as '%d.%m.%Y %H:%M'", group=QUICK)] = "",
    format: Annotated[Format, Parameter(help="of files whose name does not tell it", group=QUICK)] = "auto",
    dry_run: Annotated[bool, Parameter(help="show what ten rows become, and import nothing")] = False,
    again: Annotated[
        bool, Parameter(help="read files anew that were imported already; nothing is counted twice")
    ] = False,
    place: Place | None = None,
) -> int:
    """Import tables (CSV, Parquet, NDJSON) by a mapping that says what a row means. Can be stopped and goes on.

    Example: `harken import examples/complete-journey`

    Example: `harken import visits.csv --who email=mail --time at --event page`

    Example: `zcat orders.csv.gz | harken import shop.yaml -`
    """
    given: dict[str, Any] = {"channel": channel, "touchpoint": touchpoint, "id": id_, "timezone": timezone,
             "time_format": time_format, "format": format}  # fmt: skip
    what = tuple(sorted(what, key=lambda one: one == STDIN))
    mapping, folder = _mapping(what, who, time_, event, source, given)
    files = tables.files(mapping, folder)
    documents = _documents(what[0])
    if dry_run:
        _dry_run(mapping, files, folder, documents, place)
        return 0
    with open_hub(place, make=True) as hub:
        if documents is not None:
            _configure(hub, documents)
        _check_kinds(mapping, hub.config)
        return _import(hub, mapping, files, folder, again=again)


def _mapping(
    what: Sequence[Path], who: Sequence[str], time_: str, event: str, source: str, given: dict[str, Any]
) -> tuple[Mapping, Path]:
    if not what:
        raise Invalid("name a mapping, a folder with import.yaml, or tables; `harken import --help` shows examples")
    flags: dict[str, Any] = {"--who": who, "--time": time_, "--event": event, "--source": source}
    flags |= {f"--{name.replace('_', '-')}": value for name, value in given.items() if value != "auto"}
    if what[0].is_dir() or what[0].suffix in (".yaml", ".yml"):
        if len(what) > 1 and what[1:] != (STDIN,):
            raise Invalid(f"one mapping at a time; '{what[1]}' is left over (a mapping names its tables under `files`)")
        told = [name for name, value in flags.items() if value]
        if told:
            raise Invalid(f"{', '.join(told)} cannot go with a mapping; write it into {what[0]}")
        mapping, folder = tables.load(what[0])
        return (_of_stdin(mapping) if len(what) > 1 else mapping), folder
    missing = [name for name in ("--who", "--time", "--event") if not flags[name]]
    if missing:
        raise Invalid(
            f"'{what[0]}' is a table: say {', '.join(missing)} too, or write a mapping (docs/how-to/import-your-data.md)"
        )
    made = tables.quick([str(one) for one in what], who=who, when=time_, what=event, source=source or "import", **given)
    return made, Path.cwd()


def _of_stdin(mapping: Mapping) -> Mapping:
    """The mapping for rows that come on stdin, whatever files it names."""
    if len(mapping.streams) > 1:
        names = ", ".join(stream.name for stream in mapping.streams)
        raise Invalid(f"stdin is one stream, the mapping has {names}; write `files: -` into the one that is meant")
    return replace(mapping, streams=(replace(mapping.streams[0], files=("-",)),))


def _documents(what: Path) -> Path | None:
    """The folder of a mapping that brings its configuration along."""
    folder = what if what.is_dir() else what.parent if what.name == "import.yaml" else None
    return folder if folder is not None and any((folder / name).exists() for name in FILES.values()) else None


def _configure(hub: Hub, folder: Path) -> None:
    """Publish the documents that stand beside a mapping: its source, touchpoints, stages, segments."""
    changes = hub.documents.apply(folder, by="import", reason=f"imported {folder.name}", prune=False)
    if changes:
        OUT.print(f"{len(changes)} documents published from {escape(str(folder))}")
        warn(hub.documents.warnings([(one.kind, one.id) for one in changes]))
        hub.jobs.run_wanted()


def _check_kinds(mapping: Mapping, config: Config) -> None:
    """An identifier of a kind nobody configured would recognize nobody, row by row."""
    kinds = [key.id for key in config.keys]
    for stream in mapping.streams:
        for kind in stream.identifiers:
            if kind not in kinds:
                raise Invalid(
                    f"stream '{stream.name}': no key named '{kind}'; there are {', '.join(kinds)}. Another one goes into "
                    "a keys.yaml beside the mapping: `- {id: " + kind + ", priority: 35, limit: 1}`"
                )


# ---------------------------------------------------------------- importing


def _import(hub: Hub, mapping: Mapping, files: Sequence[File], folder: Path, *, again: bool) -> int:
    began = time.monotonic()
    counts = Counts()
    read = 0
    file = None
    known = [(file, _begin(mapping, file) if again else _done(hub, mapping, file)) for file in files]
    todo = [file for file, done in known if not done.finished]
    try:
        with progress("importing", "rows") as bar, reading(hub.core.clock, todo) as read_, settling(hub, todo) as heard:
            for file, done in known:
                if done.finished:
                    OUT.print(f"{escape(file.label)}: imported already (--again reads it anew)", highlight=False)
                    continue
                if done.rows:
                    OUT.print(f"{escape(file.label)}: going on after row {done.rows:,}", highlight=False)
                read += 1
                bar.move(words=file.label, completed=done.rows, total=file.rows or None, rate="")
                _one(hub, mapping, file, folder, done, Watch(bar, counts, heard, read_))
    except KeyboardInterrupt:
        ERR.print("\nStopped. What was heard is kept; the same command goes on from there.")
        return 130
    if not read:
        return 0
    took = max(time.monotonic() - began, 1e-9)
    rows = counts.heard + counts.known + counts.bad
    told = f"{counts.heard:,} events heard, {counts.known:,} were known already, {counts.bad:,} rows could not be read"
    OUT.print(f"{told}; {took:.1f} s, {rows / took:,.0f} rows/s", highlight=False)
    if counts.bad:
        OUT.print(f"`harken dead-letters list --source {mapping.source}` says which rows, and why.", highlight=False)
    if counts.heard:
        with progress("settling into the lake") as bar:
            hub.jobs.report = bar.job
            hub.settle()
    return 0


def _one(hub: Hub, mapping: Mapping, file: File, folder: Path, done: Done, watch: Watch) -> None:
    """One file, from the row after those done; each group of parts is one transaction, then the place is noted."""
    began = time.monotonic()
    _close_letters(hub, mapping, file, done)
    start, counts = done.rows, watch.counts
    while not done.finished:
        config = hub.config
        for group in ahead(watch.read(mapping, file, folder, config, done=done.rows)):
            try:
                answers = _hear(hub, group, config.version)
            except Conflict:
                if config.version == hub.config.version:
                    raise
                break  # what follows is listened to by the configuration in force now
            for answer in answers:
                counts.heard += answer.accepted
                counts.known += answer.duplicates
                counts.bad += len(answer.dropped)
            bad = [one for part in group for one in part.bad]
            counts.bad += len(bad)
            done = replace(done, rows=group[-1].rows_done, line=max(done.line, group[-1].line_done))
            done = replace(done, at=hub.core.clock())
            _note(hub, file, done, bad)
            watch.heard(counts.heard)
            rate = (done.rows - start) / max(time.monotonic() - began, 1e-9)
            watch.bar.move(completed=done.rows, rate=f"{rate:,.0f}/s")
        else:
            done = replace(done, finished=True, at=hub.core.clock())
    _note(hub, file, done, [])


def _hear(hub: Hub, group: Sequence[Part], version: int) -> list[Answer]:
    from harken.hub import Told

    batches = [batch for part in group for batch in part.batches]
    told = [data for part in group for data in part.told]
    return hub.hear(batches, Told(told, version) if told else None)


def _note(hub: Hub, file: File, done: Done, bad: list[Dropped]) -> None:
    """Where the import of a file stands, with its bad rows, in one transaction."""
    from harken.stores import Changes, Tx

    def work(tx: Tx) -> None:
        if file.path is not None:
            tx.write_note(f"import:{file.key}", msgspec.json.encode(done))
        if bad:
            tx.write(Changes(dropped=hub.inbox.fitting(tx, [bad])))

    hub.core.write(work)


def _begin(mapping: Mapping, file: File) -> Done:
    """Nothing of the file was read yet."""
    said = msgspec.json.encode((mapping.timezone, replace(file.stream, files=())))
    return Done(mark=file.mark, rows=0, meaning=digest(said.decode()), id=file.stream.id)


def _done(hub: Hub, mapping: Mapping, file: File) -> Done:
    """How far the file was imported. Another content or a corrected mapping is read from the beginning: rows are told
    apart by their ids. Where the mapping tells them apart by other columns now, they would count twice: `--again`."""
    begin = _begin(mapping, file)
    with hub.core.read() as view:
        note = view.note(f"import:{file.key}")
    if not note or file.path is None:
        return begin
    told = msgspec.json.decode(note, type=Done)
    if told.mark != file.mark:
        return begin
    if told.meaning == begin.meaning or told.id != begin.id:
        return told
    OUT.print(f"{escape(file.label)}: was imported by another mapping, is read anew", highlight=False)
    return begin


def _close_letters(hub: Hub, mapping: Mapping, file: File, done: Done) -> None:
    """Rows that are read (again) now are told anew if they still cannot be: their letters of before are closed."""
    if file.path is None:
        return
    before = f"{file.label}:"
    after, ids = 0, []
    while True:
        page = hub.dead_letters(after=after, limit=PAGE, source=mapping.source)
        for letter in page.data:
            line = letter.where.removeprefix(before)
            if letter.where.startswith(before) and line.isdigit() and int(line) > done.line:
                ids.append(letter.id)
        after = page.next
        if not after:
            break
    for start in range(0, len(ids), PAGE):
        hub.discard(ids[start : start + PAGE])


# ---------------------------------------------------------------- looking first


def _dry_run(
    mapping: Mapping, files: Sequence[File], folder: Path, documents: Path | None, place: Place | None
) -> None:
    """What the first rows of each stream become."""
    from harken import listen

    plan, config = _plan_of(documents, place)
    _check_kinds(mapping, config)
    now = time.time_ns() // 1_000
    seen: set[str] = set()
    for file in files:
        if file.stream.name in seen:
            continue
        seen.add(file.stream.name)
        part = next(iter(tables.read(mapping, file, folder, received=now, together=SAMPLE)), None)
        heard = [listen.hear(batch, plan) for batch in (part.batches[:SAMPLE] if part else [])]
        rows = [
            (
                when(event.occurred),
                " ".join(map(str, event.identifiers)),
                event.touchpoint,
                event.name,
                _short(event.properties or event.traits),
            )
            for one in heard
            for event in one.events
        ][:SAMPLE]
        names = ("when (UTC)", "who", "touchpoint", "event", "properties")
        more = f", {file.rows:,} rows" if file.rows else ""
        show_table(f"{file.stream.name}: {file.label}{more}", dict.fromkeys(names, "left"), rows)
        bad = [*(part.bad if part else []), *(one for one_ in heard for one in one_.dropped)]
        for one in bad[:SAMPLE]:
            OUT.print(f"  [yellow]would go to the inbox[/] {escape(one.where)}: {escape(one.detail)}", highlight=False)
        if not part:
            OUT.print("  [dim]no rows[/]")
        OUT.print()
    OUT.print("[dim]Nothing was imported (--dry-run).[/]")


def _plan_of(documents: Path | None, place: Place | None) -> tuple[Plan, Config]:
    """What would be in force after publishing the documents beside the mapping, tried in a hub that keeps nothing."""
    from harken.cli.screen import settings_of
    from harken.hub import Hub

    settings, _ = settings_of(place)
    with tempfile.TemporaryDirectory() as folder, Hub.open(folder, store="memory:") as trial:
        if settings.store or (Path(settings.data) / "harken.db").exists():
            with open_hub(place) as hub:
                if hub.documents.pull(Path(folder) / "now"):
                    trial.documents.apply(Path(folder) / "now", by="")
        if documents is not None:
            trial.documents.apply(documents, by="", prune=False)
        return trial.core.plans.listen, trial.config


def _short(properties: dict[str, object]) -> str:
    text = ", ".join(f"{name} {value}" for name, value in properties.items() if value is not None)
    return text if len(text) <= 120 else text[:119] + "…"
