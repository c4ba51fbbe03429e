"""One customer at the terminal: `profile`, `erase`."""

from __future__ import annotations

import getpass
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.markup import escape

from harken.cli.screen import ERR, OUT, Place, open_hub, show_json, show_table, when
from harken.errors import Invalid
from harken.hub.customers import Timeline
from harken.remember import Customer


def register(app: App) -> None:
    """Add these commands."""
    app.command(profile)
    app.command(erase)


def profile(
    reference: Annotated[str, Parameter(help="kind:value, such as email:ada@example.test, or a profile id")],
    *,
    events: Annotated[int, Parameter(help="how many of the latest events to show")] = 12,
    json: Annotated[bool, Parameter(help="print JSON")] = False,
    export: Annotated[bool, Parameter(help="print everything the hub holds about the customer, as JSON")] = False,
    place: Place | None = None,
) -> None:
    """Show one customer: who it is, what is remembered, what happened last.

    Example: `harken profile email:ada@example.test`
    """
    with open_hub(place) as hub:
        if export:
            show_json(hub.export(reference))
            return
        customer = hub.profile(reference)
        if json:
            show_json(customer)
            return
        _show(customer)
        _show_timeline(hub.timeline(reference, limit=max(1, min(events, 500))))


def _show(customer: Customer) -> None:
    told = msgspec.to_builtins(customer)
    OUT.print(
        f"[bold]{escape(customer.pid)}[/]  first seen {when(customer.first_seen or 0)} · last seen {when(customer.last_seen or 0)}"
    )
    names = ", ".join(f"{one.kind}:{one.value}" for one in customer.identifiers)
    lines = {
        "known as": names,
        "segments": ", ".join(customer.segments) or "none",
        "stage": _flat(told.get("stage")),
        "interests": _flat(told.get("interests")),
        "consent": _flat(told.get("consent")),
        "traits": _flat(told.get("traits")),
    }
    for name, value in lines.items():
        OUT.print(f"  [dim]{name:<10}[/]{escape(value or '–')}", highlight=False)


def _flat(value: object) -> str:
    """Nested values on one line, for reading only."""
    if isinstance(value, dict):
        shown = {name: one.get("value", one) if isinstance(one, dict) else one for name, one in value.items()}
        return ", ".join(f"{name} {_flat(one)}" for name, one in shown.items() if one not in ("", None, 0, {}, []))
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value is not None else ""


def _show_timeline(timeline: Timeline) -> None:
    rows = [(when(one.occurred), one.channel, one.touchpoint, one.name, one.source) for one in timeline.data]
    columns = {"when (UTC)": "left", "channel": "left", "touchpoint": "left", "event": "left", "source": "left"}
    OUT.print()
    show_table("Latest", columns, rows, note="more with --events" if timeline.next else "")


def erase(
    reference: Annotated[str, Parameter(help="kind:value or a profile id")],
    *,
    yes: Annotated[bool, Parameter(help="do not ask")] = False,
    reason: Annotated[str, Parameter(help="why, for the receipt")] = "",
    json: Annotated[bool, Parameter(help="print the receipt as JSON")] = False,
    place: Place | None = None,
) -> None:
    """Remove one customer everywhere, with a receipt that lists each place. There is no way back.

    Example: `harken erase email:ada@example.test --reason "asked by phone"`
    """
    with open_hub(place) as hub:
        customer = hub.profile(reference)
        if not yes:
            names = ", ".join(f"{one.kind}:{one.value}" for one in customer.identifiers[:6])
            ERR.print(f"This removes everything about {escape(names)}, {customer.events:,} events, for good.")
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
