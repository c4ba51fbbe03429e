"""What could not be taken, at the terminal: `dead-letters list`, `replay`, `discard`."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

from harken.cli.screen import HEAR, OUT, Place, counted, open_hub, show_json, show_table, when
from harken.errors import Invalid

letters = App(
    name="dead-letters",
    group=HEAR,
    help="Events and rows that could not be taken, each with the reason.\n\nExample: `harken dead-letters list`",
)
State = Literal["open", "replayed", "discarded"]


def register(app: App) -> None:
    """Add these commands."""
    app.command(letters)


@letters.command(name="list")
def list_(
    *,
    source: Annotated[str, Parameter(help="only of this source")] = "",
    state: Annotated[State, Parameter(help="open ones, or those that are dealt with")] = "open",
    after: Annotated[int, Parameter(help="only with a larger number; to go on with a long list")] = 0,
    limit: Annotated[int, Parameter(help="at most this many")] = 20,
    json: Annotated[bool, Parameter(help="print JSON, with what was sent")] = False,
    place: Place | None = None,
) -> None:
    """List what could not be taken: where it stood, why, and what would be right.

    Example: `harken dead-letters list --source shop --limit 100`
    """
    with open_hub(place) as hub:
        found = hub.dead_letters(after=after, limit=counted(limit, "--limit"), source=source, state=state)
    if json:
        show_json([{**_plain(one), "raw": one.raw.decode(errors="replace")} for one in found.data])
        return
    rows = [
        (one.id, when(one.at)[:16], one.count, one.where or one.source, f"{one.reason}: {one.detail}")
        for one in found.data
    ]
    columns = {"no": "right", "heard (UTC)": "left", "times": "right", "where": "left", "why": "left"}
    notes = [] if rows else ["Nothing waits here."]
    if found.not_kept:
        notes.append(f"{found.not_kept:,} more could not be taken and found no room; `discard --source` forgets them")
    if found.next:
        notes.append(f"there are more: --after {found.next}")
    show_table("", columns, rows, note="\n".join(notes))


def _plain(one: object) -> dict[str, object]:
    return {
        name: getattr(one, name)
        for name in ("id", "at", "last", "count", "source", "reason", "detail", "where", "state")
    }


@letters.command
def replay(
    *ids: Annotated[int, Parameter(help="their numbers; none = every open one")],
    source: Annotated[str, Parameter(help="only of this source")] = "",
    place: Place | None = None,
) -> None:
    """Hear them again with the configuration of now; those that still cannot be taken stay open.

    Rows of a table that could not be read at all are imported again with `harken import … --again` instead.

    Example: `harken dead-letters replay --source shop`
    """
    with open_hub(place) as hub:
        done = hub.replay(list(ids) or None, source=source)
    OUT.print(
        f"{done.accepted:,} events heard, {done.duplicates:,} were known already, {done.still:,} still cannot be taken",
        highlight=False,
    )


@letters.command
def discard(
    *ids: Annotated[int, Parameter(help="their numbers")],
    source: Annotated[str, Parameter(help="every open one of this source")] = "",
    place: Place | None = None,
) -> None:
    """Close what nobody wants heard. It can still be listed with `--state discarded`.

    Example: `harken dead-letters discard 17 18`
    """
    if bool(ids) == bool(source):
        raise Invalid("say which: numbers, or --source for every open one of a source")
    with open_hub(place) as hub:
        count = hub.discard(list(ids) or None, source=source)
    OUT.print(f"{count:,} closed", highlight=False)
