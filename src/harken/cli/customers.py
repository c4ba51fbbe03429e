"""One customer at the terminal: `profile`, `chance`, `erase`, `quarantine`."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import msgspec
from cyclopts import App, Parameter
from rich.markup import escape
from rich.table import Table

from harken.cli.screen import CARE, ERR, LOOK, OUT, Place, counted, open_hub, show_json, show_table, when
from harken.errors import Invalid
from harken.words import DAY

if TYPE_CHECKING:
    from harken.hub.by_hand import Merged
    from harken.hub.chances import Foreseen
    from harken.hub.customers import Timeline
    from harken.hub.privacy import Receipt
    from harken.remember import Customer

WHOM = Parameter(help="kind:value, such as email:ada@example.test, or a profile id", allow_leading_hyphen=True)

quarantine = App(
    name="quarantine",
    group=CARE,
    help="Identifiers that touch too many customers, so that nobody is recognized by them: terminals, test accounts.\n\n"
    "Example: `harken quarantine list`",
)


def register(app: App) -> None:
    """Add these commands."""
    app.command(profile, group=LOOK)
    app.command(chance, group=LOOK)
    app.command(erase, group=CARE)
    app.command(quarantine)


def profile(
    reference: Annotated[str, WHOM],
    *,
    events: Annotated[int, Parameter(help="how many of the latest events to show")] = 12,
    json: Annotated[bool, Parameter(help="print JSON")] = False,
    export: Annotated[bool, Parameter(help="print everything the hub holds about the customer, as JSON")] = False,
    place: Place | None = None,
) -> None:
    """Show one customer: who it is, what is remembered, what happened last.

    Example: `harken profile email:ada@example.test`
    """
    counted(events, "--events", 500)
    with open_hub(place) as hub:
        if export or json:  # the same answers as the API gives
            from harken.api.read import export_profile, get_profile

            show_json((export_profile if export else get_profile).fn(hub, quote(reference, safe="")))
            return
        _show(hub.profile(reference))
        _show_timeline(hub.timeline(reference, limit=events))


def _show(customer: Customer) -> None:
    name = str(customer.identifiers[0]) if customer.identifiers else customer.pid
    seen = f"{when(customer.first_seen or 0)[:16]} to {when(customer.last_seen or 0)[:16]}"
    OUT.print(f"[bold]{escape(name)}[/]  {customer.events:,} events, {seen}", highlight=False)
    stage = customer.stage
    told = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    told.add_column(style="dim", no_wrap=True)
    told.add_column(overflow="fold")
    rows = {
        "profile": customer.pid,
        "known as": "\n".join(str(one) for one in customer.identifiers[1:]),
        "channels": ", ".join(f"{channel} {tally.events:,}" for channel, tally in customer.channels.items()),
        "stage": f"{stage.current} (began in {stage.earliest}, came to {stage.furthest})" if stage.current else "",
        "segments": ", ".join(customer.segments),
        "interests": ", ".join(f"{topic} {weight:.2f}" for topic, weight in customer.interests.items()),
        "consent": ", ".join(f"{purpose} {'yes' if one.yes else 'no'}" for purpose, one in customer.consent.items()),
        "traits": ", ".join(f"{trait} {_plain(one.value)}" for trait, one in customer.traits.items()),
    }
    for label, text in rows.items():
        told.add_row(label, escape(text or "–"))
    OUT.print(told)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _show_timeline(timeline: Timeline) -> None:
    rows = [(when(one.occurred)[:16], one.touchpoint or one.channel, one.name) for one in timeline.data]
    OUT.print()
    columns = {"when (UTC)": "left", "where": "left", "what": "left"}
    show_table("", columns, rows, note="there is more: --events 100" if timeline.next else "")


def chance(
    reference: Annotated[str, WHOM] = "",
    *,
    limit: Annotated[int, Parameter(help="how many next steps to show")] = 5,
    learn: Annotated[bool, Parameter(help="learn anew first, from all that was heard")] = False,
    json: Annotated[bool, Parameter(help="print JSON")] = False,
    place: Place | None = None,
) -> None:
    """Show what one customer will do next, and how likely it is to reach each goal. It is learned once a day.

    Example: `harken chance email:ada@example.test --learn`
    """
    counted(limit, "--limit", 500)
    if not reference and not learn:
        raise Invalid("say whom: kind:value or a profile id; or --learn")
    with open_hub(place) as hub:
        if learn:
            made = hub.chances.learn()
            OUT.print(f"learned from {made.steps:,} steps", highlight=False) if not json else None
        if not reference:
            return
        if json:  # the same answer as the API gives
            from harken.api.read import get_chance

            show_json(get_chance.fn(hub, quote(reference, safe=""), limit))
            return
        _show_chance(hub.chance(reference, limit=limit))


def _show_chance(found: Foreseen) -> None:
    if found.model is None:
        OUT.print("Nothing has been learned yet: `harken chance --learn`", highlight=False)
        return
    if found.at is None or found.leaves is None:
        OUT.print("No step of this customer is known", highlight=False)
        return
    after = " → ".join(found.after)
    OUT.print(f"[bold]{escape(after)}[/]  at {when(found.at)[:16]} UTC", highlight=False)
    rows = [*((one.touchpoint, f"{one.chance:.0%}") for one in found.next), ("leaves", f"{found.leaves:.0%}")]
    show_table("Next step, right after that", {"to": "left", "chance": "right"}, rows)
    goals = [(goal, "–" if one is None else f"{one:.1%}") for goal, one in found.goals.items()]
    days = found.model.within // DAY
    show_table(f"Goals, within {days} days from now", {"goal": "left", "chance": "right"}, goals)


def erase(
    reference: Annotated[str, WHOM] = "",
    *,
    list: Annotated[bool, Parameter(help="show the receipts of all erasures so far instead")] = False,
    yes: Annotated[bool, Parameter(help="do not ask")] = False,
    reason: Annotated[str, Parameter(help="why, for the receipt")] = "",
    json: Annotated[bool, Parameter(help="print the receipt as JSON")] = False,
    place: Place | None = None,
) -> None:
    """Remove one customer everywhere, with a receipt that lists each place. There is no way back.

    Example: `harken erase email:ada@example.test --reason "asked by phone"`
    """
    if bool(reference) == list:
        raise Invalid("say whom: kind:value or a profile id; or --list to see the receipts")
    with open_hub(place) as hub:
        if list:
            _show_receipts(hub.receipts(), json)
            return
        customer = hub.profile(reference)
        if not yes:
            names = ", ".join(f"{one.kind}:{one.value}" for one in customer.identifiers[:6])
            ERR.print(f"This removes everything about {escape(names)}, {customer.events:,} events, for good.")
            if not sys.stdin.isatty():
                raise Invalid("nothing was removed; say --yes where nobody can be asked")
            if ERR.input("Type [bold]erase[/] to go on: ").strip() != "erase":
                raise Invalid("nothing was removed")
        receipt = hub.erase(reference, by=getpass.getuser(), reason=reason)
        if json:
            show_json(receipt)
            return
        show_table(
            f"Receipt {receipt.id}, {when(receipt.at)} UTC",
            {"place": "left", "removed": "right"},
            [*receipt.places.items()],
        )


def _show_receipts(receipts: Sequence[Receipt], json: bool) -> None:
    if json:
        show_json(receipts)
        return
    rows = [(one.id, when(one.at), one.by, sum(one.places.values()), one.reason or "–") for one in receipts]
    columns = {"receipt": "left", "when (UTC)": "left", "by": "left", "removed": "right", "why": "left"}
    show_table("", columns, rows, note="" if rows else "Nobody was erased so far.")


@quarantine.command(name="list")
def list_(
    *,
    limit: Annotated[int, Parameter(help="at most this many")] = 50,
    json: Annotated[bool, Parameter(help="print JSON")] = False,
    place: Place | None = None,
) -> None:
    """List the identifiers nobody is recognized by, those that touch the most customers first.

    Example: `harken quarantine list`
    """
    with open_hub(place) as hub:
        found = hub.quarantined(counted(limit, "--limit"))
    if json:
        show_json(found)
        return
    rows = [(f"{one.kind}:{one.value}", f"{one.degree:,}", when(one.first)[:16]) for one in found]
    columns = {"identifier": "left", "seen beside": "right", "first (UTC)": "left"}
    show_table("", columns, rows, note="" if rows else "Nothing is in quarantine.")


@quarantine.command
def release(
    reference: Annotated[str, WHOM],
    *,
    reason: Annotated[str, Parameter(help="why, kept as evidence")] = "",
    preview: Annotated[bool, Parameter(help="only show what it would do")] = False,
    place: Place | None = None,
) -> None:
    """Let an identifier recognize customers again, however many it touches.

    Example: `harken quarantine release email:office@example.test --reason "one household" --preview`
    """
    with open_hub(place) as hub:
        _show_change(hub.release(reference, by=getpass.getuser(), reason=reason, preview=preview))


@quarantine.command(name="take-back")
def take_back(
    reference: Annotated[str, WHOM],
    *,
    preview: Annotated[bool, Parameter(help="only show what it would do")] = False,
    place: Place | None = None,
) -> None:
    """Take a release back: the identifier is quarantined again if it still touches too many.

    Example: `harken quarantine take-back email:office@example.test`
    """
    with open_hub(place) as hub:
        _show_change(hub.unrelease(reference, preview=preview))


def _show_change(done: Merged) -> None:
    what = "would move" if done.preview else "moved"
    OUT.print(f"{len(done.moved):,} identifiers {what} to another profile", highlight=False)
    if done.moved:
        show_table("", {"identifier": "left", "profile": "left"}, [*done.moved.items()][:50])
