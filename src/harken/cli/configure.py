"""Configuration at the terminal: `pull`, `diff`, `apply`, `settings`, `keys`, `doctor`, `version`."""

from __future__ import annotations

import getpass
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.markup import escape

from harken import __version__
from harken.cli.screen import OUT, Place, open_hub, progress, settings_of, show_json, show_table, when
from harken.errors import HarkenError
from harken.hub.jobs import Job
from harken.manage.documents import Difference

keys = App(name="keys", help="Write keys let events in; secret keys read, import and configure.")
SIGN = {"new": "[green]+[/]", "changed": "[yellow]~[/]", "removed": "[red]-[/]"}


def register(app: App) -> None:
    """Add these commands."""
    for command in (pull, diff, apply, settings, doctor, version):
        app.command(command)
    app.command(keys)


def pull(
    folder: Annotated[Path, Parameter(help="where to write the YAML files")], *, place: Place | None = None
) -> None:
    """Write the configuration in force as YAML files, to read, edit and keep in git.

    Example: `harken pull config/`
    """
    with open_hub(place) as hub:
        for path in hub.documents.pull(folder):
            OUT.print(escape(str(path)))


def diff(folder: Annotated[Path, Parameter(help="the folder of YAML files")], *, place: Place | None = None) -> int:
    """Show what `apply` would change. Exit code 1 when there is something.

    Example: `harken diff config/`
    """
    with open_hub(place) as hub:
        changes = hub.documents.diff(folder)
    _show(changes)
    return 1 if changes else 0


def apply(
    folder: Annotated[Path, Parameter(help="the folder of YAML files")],
    *,
    reason: Annotated[str, Parameter(help="why, kept with each version")] = "",
    place: Place | None = None,
) -> None:
    """Make the configuration in force what the folder says, all of it or nothing, and bring history in line.

    Example: `harken apply config/ --reason "name the plan pages"`
    """
    with open_hub(place) as hub:
        changes = hub.documents.apply(folder, by=getpass.getuser(), reason=reason)
        _show(changes, full=False)
        with progress("bringing history in line", "done") as bar:

            def report(job: Job) -> None:
                bar.update(bar.task_ids[0], description=job.name, completed=job.done, total=job.total or None, rate="")

            hub.jobs.report = report
            hub.jobs.run_wanted()


def _show(changes: Sequence[Difference], *, full: bool = True) -> None:
    if not changes:
        OUT.print("Nothing differs.")
    for change in changes:
        OUT.print(f"{SIGN[change.change]} {change.kind} [bold]{escape(change.id)}[/] {change.change}")
        if full and change.text:
            OUT.print(escape(change.text), highlight=False, style="dim")


def settings(*, json: Annotated[bool, Parameter(help="print JSON")] = False, place: Place | None = None) -> None:
    """List every setting, its value, where it came from, and the variable that sets it.

    Example: `HARKEN_PORT=9000 harken settings`
    """
    _, shown = settings_of(place)
    if json:
        show_json(shown)
        return
    rows = [(one.name, one.value or "–", one.origin, f"HARKEN_{one.name.upper()}", one.help) for one in shown]
    show_table("", {"setting": "left", "value": "left", "from": "left", "variable": "left", "what for": "left"}, rows)


def doctor(*, json: Annotated[bool, Parameter(help="print JSON")] = False, place: Place | None = None) -> int:
    """Check this installation: Python, disk, store, lake. Exit code 1 when something is wrong.

    Example: `harken doctor --store postgresql://harken@db/harken`
    """
    found: list[tuple[str, str, str]] = [
        ("ok", "harken", __version__),
        ("ok" if sys.version_info >= (3, 11) else "bad", "python", platform.python_version()),
    ]
    options, _ = settings_of(place)
    try:
        with open_hub(place) as hub:
            free = shutil.disk_usage(options.data).free / 2**30
            found.append(("ok" if free > 1 else "low", "disk", f"{free:.1f} GiB free in {options.data}"))
            found.extend(("ok", name, told) for name, told in hub.check().items())
            open_letters = len(hub.dead_letters(limit=500).data)
            found.append(("ok" if not open_letters else "look", "dead letters", f"{open_letters} open"))
            quarantined = len(hub.quarantined(limit=200))
            found.append(("ok" if not quarantined else "look", "quarantine", f"{quarantined} identifiers"))
            if not any(key.kind == "secret" and not key.revoked for key in hub.keys.list()):
                found.append(("look", "keys", "no secret key yet; `harken serve` makes one, or `harken keys create`"))
    except HarkenError as error:
        found.append(("bad", "hub", str(error)))
    if json:
        show_json([{"state": state, "part": part, "told": told} for state, part, told in found])
    else:
        show_table("", {"": "left", "part": "left", "what was found": "left"}, found)
    return 1 if any(state == "bad" for state, _, _ in found) else 0


def version(*, json: Annotated[bool, Parameter(help="print JSON")] = False) -> None:
    """Print the version.

    Example: `harken version`
    """
    if json:
        show_json({"harken": __version__, "python": platform.python_version()})
    else:
        OUT.print(f"harken {__version__}", highlight=False)


@keys.command(name="create")
def create(
    kind: Annotated[Literal["write", "secret"], Parameter(help="what it opens")] = "write",
    *,
    source: Annotated[str, Parameter(help="the source a write key speaks for")] = "",
    label: Annotated[str, Parameter(help="a name to tell keys apart")] = "",
    origin: Annotated[tuple[str, ...], Parameter(help="allowed browser origin; may be given again")] = (),
    per_second: Annotated[int, Parameter(help="at most this many events per second; 0 = any")] = 0,
    place: Place | None = None,
) -> None:
    """Make a key and print it, this once.

    Example: `harken keys create write --source shop --origin https://shop.example`
    """
    with open_hub(place) as hub:
        key, plain = hub.keys.create(kind, source=source, label=label, origins=origin, per_second=per_second)
    OUT.print(plain, highlight=False)
    OUT.print(
        f"[dim]{key.kind} key {key.id}" + (f" for source {key.source}" if key.source else "") + ", shown this once[/]"
    )


@keys.command(name="list")
def list_(*, json: Annotated[bool, Parameter(help="print JSON")] = False, place: Place | None = None) -> None:
    """List keys, without their text.

    Example: `harken keys list`
    """
    with open_hub(place) as hub:
        found = hub.keys.list()
    if json:
        hide = [{"id": k.id, "kind": k.kind, "hint": k.hint, "source": k.source, "label": k.label, "origins": k.origins,
                 "per_second": k.per_second, "created": k.created, "revoked": k.revoked} for k in found]  # fmt: skip
        show_json(hide)
        return
    rows = [
        (
            key.id,
            key.kind,
            f"…{key.hint}",
            key.source or "–",
            key.label or "–",
            when(key.created),
            "revoked" if key.revoked else "",
        )
        for key in found
    ]
    names = ("id", "kind", "ends in", "source", "label", "made (UTC)", "")
    show_table(
        "", dict.fromkeys(names, "left"), rows, note="" if rows else "no keys yet; `harken serve` makes the first two"
    )


@keys.command(name="revoke")
def revoke(
    id: Annotated[str, Parameter(help="the id `harken keys list` shows")], *, place: Place | None = None
) -> None:
    """Let a key open nothing any more.

    Example: `harken keys revoke k3yId0123456789A`
    """
    with open_hub(place) as hub:
        key = hub.keys.revoke(id)
    OUT.print(f"{key.kind} key …{key.hint} is revoked", highlight=False)
