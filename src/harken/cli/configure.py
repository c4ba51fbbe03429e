"""Configuration at the terminal: `pull`, `diff`, `apply`, `settings`, `keys`, `doctor`, `version`."""

from __future__ import annotations

import getpass
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from msgspec import Struct
from rich.markup import escape

from harken import __version__
from harken.cli.screen import (
    CARE,
    CONFIGURE,
    ERR,
    OUT,
    Place,
    open_hub,
    progress,
    settings_of,
    show_json,
    show_table,
    warn,
    when,
)
from harken.errors import HarkenError
from harken.manage.documents import Difference

if TYPE_CHECKING:
    from harken.hub import Hub

MANY = 500
keys = App(
    name="keys",
    group=CONFIGURE,
    help="Write keys let events in; secret keys read, import and configure.\n\nExample: `harken keys list`",
)
SIGN = {"new": "[green]+[/]", "changed": "[yellow]~[/]", "removed": "[red]-[/]"}


def register(app: App) -> None:
    """Add these commands."""
    for command in (pull, diff, apply):
        app.command(command, group=CONFIGURE)
    app.command(keys)
    for other in (settings, doctor, version):
        app.command(other, group=CARE)


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
        warnings = hub.documents.foreseen(folder)
    _show(changes)
    warn(warnings)
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
    with open_hub(place, make=True) as hub:
        changes = hub.documents.apply(folder, by=getpass.getuser(), reason=reason)
        _show(changes, full=False)
        warn(hub.documents.warnings([(one.kind, one.id) for one in changes]))
        with progress("bringing history in line", "done") as bar:
            hub.jobs.report = bar.job
            hub.jobs.run_wanted()


def _show(changes: Sequence[Difference], *, full: bool = True) -> None:
    if not changes:
        OUT.print("Nothing differs.")
    for change in changes:
        OUT.print(f"{SIGN[change.change]} {change.kind} [bold]{escape(change.id)}[/] {change.change}")
        if full and change.text:
            OUT.print(escape(change.text), highlight=False, style="dim")
    if full and changes:
        OUT.print(f"\n{len(changes)} differ; `harken apply` puts the folder in force.", style="dim")


def settings(*, json: Annotated[bool, Parameter(help="print JSON")] = False, place: Place | None = None) -> None:
    """List every setting, its value, where it came from, and the variable that sets it.

    Example: `HARKEN_PORT=9000 harken settings`
    """
    _, shown = settings_of(place)
    if json:
        show_json(shown)
        return
    rows = [(f"{one.name}\n[dim]HARKEN_{one.name.upper()}[/]", one.value or "–", one.origin, one.help) for one in shown]
    show_table("", {"setting": "left", "value": "left", "from": "left", "what for": "left"}, rows, markup=True)


def doctor(*, json: Annotated[bool, Parameter(help="print JSON")] = False, place: Place | None = None) -> int:
    """Check this installation: Python, disk, store, lake, what waits for you. Exit code 1 when something is bad.

    Example: `harken doctor --data harken-data`
    """
    found = [Finding("ok", "harken", __version__)]
    fits = sys.version_info >= (3, 11)
    found.append(Finding("ok" if fits else "bad", "python", platform.python_version(), "" if fits else "install 3.11"))
    try:
        options, _ = settings_of(place)
        with open_hub(place) as hub:
            found.extend(_about(hub, Path(options.data)))
    except HarkenError as error:
        found.append(Finding("bad", "hub", str(error), "nothing else can be checked until this works"))
    if json:
        show_json(found)
    else:
        rows = [(one.state, one.part, one.told + (f"\n→ {one.do}" if one.do else "")) for one in found]
        show_table("", {"": "left", "part": "left", "what was found": "left"}, rows)
    return 1 if any(one.state == "bad" for one in found) else 0


class Finding(Struct, frozen=True):
    """One line of `doctor`: `ok`, `look` (something waits for you) or `bad`, and what to do."""

    state: str
    part: str
    told: str
    do: str = ""


def _about(hub: Hub, data: Path) -> Iterator[Finding]:
    there = next(folder for folder in (data, *data.absolute().parents) if folder.exists())  # a shared store needs none
    free = shutil.disk_usage(there).free / 2**30
    state = "ok" if free > 5 else "look" if free > 1 else "bad"
    do = "" if state == "ok" else "make room: a full disk refuses every event"
    yield Finding(state, "disk", f"{free:.1f} GiB free in {there}", do)
    for name, told in hub.check().items():
        yield Finding("ok", name, told)
    letters = hub.inbox.waiting()
    if letters.open or letters.not_kept:
        many = f"{letters.open:,} could not be taken"
        many += f", and {letters.not_kept:,} more found no room in the inbox" if letters.not_kept else ""
        yield Finding("look", "dead letters", many, "`harken dead-letters list` says what and why")
    else:
        yield Finding("ok", "dead letters", "none")
    quarantined = hub.quarantined(MANY)
    if quarantined:
        some = ", ".join(f"{one.kind}:{one.value}" for one in quarantined[:3])
        do = "right for terminals and test accounts; else `harken quarantine release`, or raise `quarantine` of the key"
        many = (
            f"{len(quarantined):,}{' or more' if len(quarantined) == MANY else ''} identifiers recognize nobody: {some}"
        )
        yield Finding("look", "quarantine", many, do)
    else:
        yield Finding("ok", "quarantine", "none")
    unnamed = [one for one in hub.touchpoints() if not one.mapped]
    if unnamed:
        some = ", ".join(one.touchpoint for one in unnamed[:3])
        do = "`harken pull config/`, name them in touchpoints.yaml, `harken apply config/`"
        yield Finding("look", "touchpoints", f"{len(unnamed):,} places have no name of yours yet: {some}", do)
    if any(key.kind == "secret" and not key.revoked for key in hub.keys.list()):
        yield Finding("ok", "keys", "there is a secret key")
    else:
        yield Finding("look", "keys", "no secret key yet", "`harken serve` makes one, or `harken keys create secret`")


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
    with open_hub(place, make=True) as hub:
        key, plain = hub.keys.create(kind, source=source, label=label, origins=origin, per_second=per_second)
    OUT.print(plain, highlight=False, markup=False)
    about = f"{key.kind} key {key.id}" + (f" for source {key.source}" if key.source else "")
    ERR.print(f"{about}; its text is shown this once", style="dim", markup=False, highlight=False)


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
            "revoked" if key.revoked else key.kind,
            f"…{key.hint}",
            key.source or "–",
            key.label or "–",
            when(key.created)[:10],
        )
        for key in found
    ]
    names = ("id", "kind", "ends in", "source", "label", "made")
    show_table(
        "", dict.fromkeys(names, "left"), rows, note="" if rows else "no keys yet; `harken serve` makes the first two"
    )


@keys.command(name="revoke")
def revoke(
    id: Annotated[str, Parameter(help="the id `harken keys list` shows", allow_leading_hyphen=True)],
    *,
    place: Place | None = None,
) -> None:
    """Let a key open nothing any more.

    Example: `harken keys revoke Qm9l-5fPZc_x2T7a`
    """
    with open_hub(place) as hub:
        key = hub.keys.revoke(id)
    OUT.print(f"{key.kind} key …{key.hint} is revoked", highlight=False)
