"""Decisions at the terminal: `why` one was made, `why-not` another."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from harken.api.moments import told
from harken.api.why import Why as Shape
from harken.cli.screen import OUT, Place, open_hub, show_json, show_table, when
from harken.hub.explaining import Considered, Why


def why(
    decision: Annotated[str, Parameter(help="the id a decision came with", allow_leading_hyphen=True)],
    *,
    json: Annotated[bool, Parameter(help="print JSON")] = False,
    place: Place | None = None,
) -> None:
    """Say why something was shown to a customer, or nothing: worked out from the log, as it was known then.

    Example: `harken why GguLxUWIGKZ8zVHM.hXfoo_iYA44k9MAJ`
    """
    with open_hub(place) as hub:
        _show(hub.why(decision), json)


def why_not(
    customer: Annotated[str, Parameter(help="kind:value or a profile id", allow_leading_hyphen=True)],
    action: Annotated[str, Parameter(help="id of an action")],
    placement: Annotated[str, Parameter(help="id of a placement")],
    *,
    at: Annotated[str, Parameter(help="as it would have been decided at this time; now when not said")] = "",
    json: Annotated[bool, Parameter(help="print JSON")] = False,
    place: Place | None = None,
) -> None:
    """Say what would be decided for a customer, and where an action fails. Nothing counts it.

    Example: `harken why-not user_id:ada unlimited home-hero`
    """
    with open_hub(place) as hub:
        _show(hub.why_not(customer, action, placement, at=at or None), json, action)


def _show(found: Why, json: bool, asked: str = "") -> None:
    if json:
        show_json(told(found, Shape))
        return
    OUT.print(f"[bold]{escape(found.words)}[/]", highlight=False)
    facts = [f"{found.placement}, {when(found.at)[:19]} UTC", f"policy {found.policy}", f"version {found.version}"]
    if found.control:
        facts.append(f"control group {found.control}")
    if found.faithful is not None:
        facts.append("made again bit for bit" if found.faithful else "NOT the same when made again")
    OUT.print("  ·  ".join(facts), style="dim", highlight=False, markup=False)
    OUT.print("  ".join(f"{count} {gate}" for gate, count in found.left.items()), highlight=False)
    OUT.print()
    rows = [_row(one) for one in found.actions if not asked or one.action == asked or one.place]
    show_table("", {"action": "left", "place": "right", "score": "right", "why not": "left"}, rows)
    if found.flips:
        OUT.print()
        OUT.print("What would change it", style="bold")
        for flip in found.flips:
            OUT.print(
                f"  {flip.action}: {flip.words} → {'wins' if flip.wins else 'competes'}", markup=False, highlight=False
            )
    for said in found.outcome:
        OUT.print(f"{when(said.at)[:19]}  {said.action}: {said.code} ({said.what})", markup=False, highlight=False)


def _row(one: Considered) -> tuple[str, str, str, str]:
    against = [f"{gate.gate}: {gate.words}" for gate in one.gates if not gate.passed]
    score = "" if one.score is None else f"{one.score:,.3g}"
    return one.name, str(one.place or ""), score, "\n".join(against)
