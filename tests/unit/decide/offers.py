"""Small catalogues of actions and customers, by hand and by chance: what the tests of decisions decide about."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from harken.decide import Customer, Plan, Policy, prepare
from harken.decide.policies import interest, priority, random
from harken.words import DAY, Acting, Action, Asset, Control, Lever, Limit, Micros, Placement
from unit.rules.told import NOW, Told

HTML = Asset(format="html", body="<b>hi</b>")
POLICIES: dict[str, Policy] = {one.name: one for one in (priority.POLICY, random.POLICY, interest.POLICY)}


class Dealing(NamedTuple):
    """One time something came to a customer."""

    moment: Micros
    what: str
    decision: str
    action: str
    topic: str
    channel: str
    until: Micros = 0


class Dealt(tuple[Dealing, ...]):
    """`decide.Dealings` out of a plain list."""

    def counting(self, what: str, now: Micros, within: Micros) -> list[Dealing]:
        past = [one for one in self if one.moment <= now]
        found = [one for one in past if one.what == what and one.moment > now - within]
        if what == "seen":
            ended = {one.decision for one in past if one.what != "held"}
            found += [one for one in past if one.what == "held" and one.until > now and one.decision not in ended]
        return found

    def count(self, what: str, now: Micros, within: Micros) -> list[tuple[str, str, str, int]]:
        return [(one.action, one.topic, one.channel, 1) for one in self.counting(what, now, within)]


def action(id: str, **fields: Any) -> Action:
    return Action(id=id, **{"assets": (HTML,), **fields})


def acting(*what: Placement | Action | Limit | Lever | Control) -> Acting:
    def those(kind: type) -> dict[str, Any]:
        return {one.id: one for one in what if isinstance(one, kind)}

    return Acting(
        placements=those(Placement) or {"home": Placement(id="home")},
        actions=those(Action),
        limits=those(Limit),
        levers=those(Lever),
        controls=those(Control),
    )


def plan_of(*what: Placement | Action | Limit | Lever | Control, **more: Any) -> Plan:
    return prepare(acting(*what), **more)


def somebody(dealings: tuple[Dealing, ...] = (), *, unit: str = "k1", known: bool = True, **told: Any) -> Customer:
    return Customer(facts=Told(**told), unit=unit, known=known, dealings=Dealt(dealings))


def dealt(
    what: Any, action: str, ago: Micros, *, topic: str = "", channel: str = "", decision: str = "", hold: Micros = 0
):
    moment = NOW - ago
    return Dealing(moment, what, decision or f"d{ago}", action, topic, channel, moment + hold if hold else 0)


TOPICS = ("", "phones", "phones/android", "plans", "help/billing")


@st.composite
def actions(draw: st.DrawFn, most: int = 12) -> list[Action]:
    """Actions with every kind of gate."""
    rule = st.sampled_from([{}, {"trait": "plan", "is": "gold"}, {"has": "email"}, {"not": {"has": "email"}}])
    count = draw(st.integers(0, most))
    return [
        action(
            f"a{number}",
            topic=draw(st.sampled_from(TOPICS)),
            value=draw(st.floats(0, 10)),
            priority=draw(st.floats(0, 10)),
            purpose=draw(st.sampled_from(["", "", "offers"])),
            stages=draw(st.sampled_from([(), ("buy",)])),
            starts=draw(st.sampled_from(["", "2024-01-01", "2026-01-01"])),
            ends=draw(st.sampled_from(["", "2024-02-01", "2030-01-01"])),
            eligible=draw(rule),
            relevant=draw(rule),
            suitable=draw(rule),
            regulated=draw(st.booleans()),
            assets=(Asset(format="html", recognized=draw(st.sampled_from(["any", "known", "anonymous"]))),),
        )
        for number in range(count)
    ]


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    """Customers of whom this and that is known, and who were shown this and that."""
    said = draw(st.lists(st.tuples(
        st.sampled_from(["held", "seen", "positive", "negative"]), st.integers(0, 11), st.integers(-1, 40 * DAY),
        st.sampled_from(TOPICS), st.sampled_from(["web", "email"]), st.integers(0, 3 * DAY),
    ), max_size=12))  # fmt: skip
    dealings = tuple(
        dealt(what, f"a{number}", ago, topic=topic, channel=channel, hold=hold)
        for what, number, ago, topic, channel, hold in said
    )
    return somebody(
        dealings, unit=draw(st.sampled_from(["k1", "k2", "k3"])), known=draw(st.booleans()),
        traits={"plan": [(NOW - DAY, draw(st.sampled_from(["gold", "tin"])))]},
        said=draw(st.sampled_from([{}, {"offers": True}, {"offers": False}])),
        stages={"current": draw(st.sampled_from(["buy", "use"]))},
        identifiers=set(draw(st.sampled_from([(), ("email",)]))),
        topics={topic: {NOW // DAY: draw(st.integers(0, 3000))} for topic in TOPICS if topic},
    )  # fmt: skip
