"""What every command shares: where the hub is, how things are shown, and progress on long work."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Group, Parameter
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from harken.errors import Invalid, NotFound
from harken.settings import Setting, Settings, read
from harken.words import SECOND, Micros

if TYPE_CHECKING:
    from harken.hub import Hub
    from harken.hub.jobs import Job

QUIET_SECONDS = 5.0  # between two lines of progress where there is no terminal
OUT = Console(soft_wrap=True)
ERR = Console(stderr=True, soft_wrap=True)


RUN, HEAR, LOOK, UNDERSTAND, CONFIGURE, CARE = (
    Group(name, sort_key=place)
    for place, name in enumerate(("Run it", "Let it hear", "Look", "Understand", "Configure", "Look after it"))
)
QUICK = Group("Without a mapping, for tables of one shape", sort_key=8)
WHERE = Group("Where the hub is", sort_key=9)


@Parameter(name="*", group=WHERE)
@dataclass(frozen=True)
class Place:
    """Where the hub is."""

    data: Annotated[str | None, Parameter(help="data folder (default harken-data, or HARKEN_DATA)")] = None
    store: Annotated[str | None, Parameter(help="store URL, such as postgresql://user@host/db (HARKEN_STORE)")] = None
    lake: Annotated[str | None, Parameter(help="lake folder or URL (HARKEN_LAKE)")] = None
    settings: Annotated[str | None, Parameter(help="settings file (HARKEN_SETTINGS)")] = None


def settings_of(place: Place | None, **flags: Any) -> tuple[Settings, list[Setting]]:
    """All settings in force for a command."""
    where = place or Place()
    given = {"data": where.data, "store": where.store, "lake": where.lake, **flags}
    return read(given, os.environ, where.settings or "")


@contextmanager
def open_hub(place: Place | None, *, make: bool = False) -> Iterator[Hub]:
    """The hub of a command; a server may have the same data open. NotFound when there is none, unless the command may
    `make` one: a folder that was mistyped would answer as an empty hub."""
    from harken.hub import Hub
    from harken.hub.inbox import Room

    settings, _ = settings_of(place)
    if not make and not Hub.is_there(settings.data, store=settings.store):
        raise NotFound(
            f"there is no hub in {settings.store or settings.data}; `harken serve --data {settings.data}` makes one, "
            "or name the right folder with --data",
            code="no_hub",
        )
    with Hub.open(
        settings.data,
        store=settings.store,
        lake=settings.lake,
        cache=settings.cache_trails,
        settle_rows=settings.settle_rows,
        settle_seconds=settings.settle_seconds,
        room=Room(batch=settings.inbox_batch, letters=settings.inbox_letters, megabytes=settings.inbox_mb),
        make=make,
    ) as hub:
        yield hub


def show_json(value: Any) -> None:
    """Machine-readable, one document."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode() + "\n")


def warn(warnings: Sequence[str]) -> None:
    """What works but is hardly meant."""
    for text in warnings:
        ERR.print(f"[yellow]warning:[/] {escape(text)}", highlight=False)


def show_table(
    title: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]], *, note: str = "", markup: bool = False
) -> None:
    """Rows under named columns; a column's value is `left` or `right`. Cells are text unless they are markup."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for name, side in columns.items():
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) if markup else escape(str(cell)) for cell in row))
    if rows or not note:
        OUT.print(table)
    if note:
        OUT.print(f"[dim]{escape(note)}[/]")


def counted(number: int, flag: str, most: int = 0) -> int:
    """How many are to be shown; or Invalid with what would be right."""
    if number < 1 or (most and number > most):
        raise Invalid(f"{flag}: {number} is not right; say a number " + (f"from 1 to {most}" if most else "above 0"))
    return number


def when(at: Micros) -> str:
    """A moment for people, in UTC."""
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S") if at else "–"


def span(seconds: float | None) -> str:
    """A duration for people.

    >>> span(90), span(7200), span(200_000), span(None)
    ('1.5 min', '2.0 h', '2.3 d', '–')
    """
    if seconds is None:
        return "–"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


class Bar:
    """Progress of one long piece of work: a bar on a terminal; elsewhere a line every few seconds."""

    def __init__(self, shown: Progress, words: str, unit: str) -> None:
        self._shown, self._words = shown, words
        self._told: dict[str, Any] = {"completed": 0, "total": None, "rate": "", "unit": unit}
        self._task = shown.add_task(words, **self._told)
        self._next = time.monotonic() + QUIET_SECONDS

    def move(self, *, words: str = "", **told: Any) -> None:
        """`completed` of `total` (None = not known), what they count (`unit`), and the `rate` as text."""
        self._words = words or self._words
        self._told.update(told)
        if not self._shown.disable:
            self._shown.update(self._task, description=escape(self._words), **self._told)
            if self._told["total"] is None:  # which `update` takes for "as before"
                next(task for task in self._shown.tasks if task.id == self._task).total = None
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + QUIET_SECONDS
            total = f" of {self._told['total']:,}" if self._told["total"] else ""
            rate = f" · {self._told['rate']}" if self._told["rate"] else ""
            ERR.print(
                f"{self._words}: {self._told['completed']:,}{total} {self._told['unit']}{rate}",
                markup=False,
                highlight=False,
            )

    def job(self, job: Job) -> None:
        """As `Jobs.report` wants it."""
        words, unit = JOBS.get(job.name, job.name), UNITS.get(job.unit, job.unit)
        self.move(words=words, completed=job.done, total=job.total or None, unit=unit)


JOBS = {
    "settle": "settling into the lake",
    "relabel": "naming places anew",
    "rejudge": "judging everybody anew",
    "reidentify": "telling who is who anew",
    "compact": "tidying the lake",
    "learn": "learning what comes next",
    "sample": "letting the sample customers be heard",
}
UNITS = {"parts": "parts of the lake"}


@contextmanager
def progress(words: str, unit: str = "events") -> Iterator[Bar]:
    """A bar for what is done inside."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]} {task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=False, disable=not ERR.is_terminal) as shown:
        yield Bar(shown, words, unit)
