"""A customer who is met, and placements -> what is shown there, held for them and kept with all it takes to say why; and
what they answer. The decision and the events it was asked with are one transaction."""

from __future__ import annotations

import secrets
import zlib
from base64 import b85encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from harken import decide, listen, remember
from harken.decide import Decided, Slot
from harken.errors import Invalid, NotFound
from harken.hub.core import Core, policies
from harken.hub.inbox import Inbox
from harken.hub.learning import LAYOUT, Learning
from harken.hub.met import CONFIGURED, Who, event_of, who_now
from harken.listen import Heard
from harken.remember.dealings import Hold
from harken.stores import Changes, Tx
from harken.words import SECOND, Answer, Dropped, Event, Identifier, Micros, RawBatch, Trail

HOLD: Micros = 30 * 60 * SECOND  # how long something nobody answers counts as seen, where nothing is kept for longer
MOST_PLACEMENTS = 50
MOST_IDENTIFIERS = 32
SAID: Final = ("seen", "positive", "neutral", "negative")  # responses that every action may get

HearIn: TypeAlias = Callable[[Tx, Sequence[RawBatch], Sequence[Heard]], list[Answer]]


class Ask(Struct, frozen=True, kw_only=True):
    """For whom something is decided, and where it would be shown."""

    placements: tuple[str, ...]
    identifiers: tuple[Identifier, ...]
    source: str  # the system that asks
    properties: dict[str, Any] = {}  # what rules may ask about the moment: `{property: …}`
    context: dict[str, Any] = {}  # and `{context: …}`


class Offer(Struct, frozen=True, kw_only=True):
    """One action to show, as its asset is written."""

    action: str
    topic: str
    format: str
    body: Any
    responses: tuple[str, ...]  # codes that are expected
    propensity: float | None  # None where it is given again


class Decision(Struct, frozen=True, kw_only=True):
    """What to show in one placement. Without offers the caller shows `fallback`, or its own content when that is None."""

    id: str  # for responses; "" when nothing was decided
    placement: str
    offers: tuple[Offer, ...]
    fallback: Any
    again: bool = False  # the answer to the same question, asked a moment ago


class Answered(Struct, frozen=True, kw_only=True):
    """What became of a response."""

    decision: str
    action: str
    code: str
    what: str  # seen, positive, neutral or negative
    duplicate: bool


class Deciding:
    """The verbs about decisions."""

    def __init__(self, core: Core, hear_in: HearIn, inbox: Inbox, learning: Learning) -> None:
        self._core = core
        self._hear_in = hear_in
        self._inbox = inbox
        self._learning = learning
        self.seed: Callable[[], str] = lambda: secrets.token_urlsafe(12)  # the only chance in a decision
        self._kept: set[str] = set()  # notes that decisions refer to, known to be durable

    def decide(self, ask: Ask) -> list[Decision]:
        """Decide for each placement, in the order asked; what one shows, none of the others does."""
        return self.interact([], ask)[1]

    def interact(self, batches: Sequence[RawBatch], ask: Ask) -> tuple[list[Answer], list[Decision]]:
        """Hear events and decide with what they tell, in one transaction."""
        _check(ask)
        core, kept = self._core, set[str]()
        for placement in ask.placements:  # before anything is heard
            decide.slot_of(core.plans.decide, placement)

        def work(tx: Tx) -> tuple[list[Answer], list[Decision]]:
            kept.clear()
            heard = [listen.hear(batch, core.plans.listen) for batch in batches]
            answers = self._hear_in(tx, batches, heard) if batches else []
            now = core.clock()
            made: list[Decision] = []
            for placement in ask.placements:  # each is heard before the next, so that limits count it
                taken = [offer.action for one in made for offer in one.offers]
                made.append(self._one(tx, ask, placement, now, taken, kept))
            return answers, made

        found = core.write(work)
        self._kept |= kept  # only now: a transaction that fails leaves no note
        return found

    def respond(
        self,
        decision: str,
        code: str,
        *,
        action: str = "",
        properties: Mapping[str, Any] = {},
        at: Micros | None = None,
    ) -> Answered:
        """Say what the customer did with a decision; saying it again changes nothing. NotFound when there is no such
        decision (the response then waits in the inbox), Invalid when its action does not expect the response."""
        core = self._core
        try:
            return core.write(lambda tx: self._respond(tx, decision, code, action, properties, at))
        except NotFound as unknown:
            raw = msgspec.json.encode({
                "type": "response", "properties": {**properties, "decision": decision, "code": code, "action": action}
            })  # fmt: skip
            dropped = Dropped(
                reason="unknown_decision", detail=str(unknown), source="decisions", dialect="harken",
                received=core.clock(), raw=raw,
            )  # fmt: skip
            core.write(lambda tx: tx.write(Changes(dropped=self._inbox.fitting(tx, [[dropped]]))))
            raise

    def _respond(
        self, tx: Tx, decision: str, code: str, action: str, properties: Mapping[str, Any], at: Micros | None
    ) -> Answered:
        core = self._core
        now = core.clock()
        trail, hold = _held(core, tx, decision)
        _, id, _, placement, channel, shown = hold
        topics = dict(shown)
        said = action or (shown[0][0] if len(shown) == 1 else "")
        if said not in topics:
            raise Invalid(f"'action' is one of {', '.join(topics)}, which this decision showed; not '{action}'")
        what = _what(core.plans.decide, said, code)
        raw = msgspec.json.encode({
            "type": "response", "name": f"{said}: {code}", "message_id": f"{id}:{said}:{code}",
            "occurred": _iso(min(at or now, now)), "identifiers": _addressed(tx, trail), "channel": channel,
            "properties": {
                **properties, "decision": id, "placement": placement, "action": said, "topic": topics[said],
                "channel": channel, "code": code, "what": what,
            },
        })  # fmt: skip
        (event,), (answer,) = self._hear(tx, raw, trail.source, now)
        if answer.accepted:
            self._learning.answered(tx, event, placement)
        return Answered(decision=decision, action=said, code=code, what=what, duplicate=not answer.accepted)

    # ------------------------------------------------------------------ one placement

    def _one(self, tx: Tx, ask: Ask, placement: str, now: Micros, taken: Sequence[str], kept: set[str]) -> Decision:
        core = self._core
        plan = core.plans.decide
        slot = decide.slot_of(plan, placement)
        core.working.begin()
        who = who_now(core, tx, ask)
        if again := _again(core, slot, who, now):
            return again
        seed = self.seed()
        models = self._learning.models(tx)
        found = decide.decide(
            plan, placement, who.customer, now, seed=seed, policies=policies(), models=models, taken=taken
        )
        self._keep(tx, kept, f"{CONFIGURED}{core.plans.config.version}", core.plans.config)
        learn: dict[str, Any] = {}
        if found.ranked is not None and found.ranked.context is not None:
            learn, layout = self._learning.told(plan, models, found.ranked.context)
            self._keep(tx, kept, f"{LAYOUT}{layout.id}", layout)
        raw = _written(ask, slot, plan, found, who, now, taken, tx.last_seq(), learn)
        (event,), _ = self._hear(tx, raw, ask.source, now)
        return Decision(
            id=f"{event.tid}.{event.id}",
            placement=placement,
            offers=tuple(_offer(plan, one.action, one.asset, one.propensity) for one in found.shown),
            fallback=slot.placement.fallback,
        )

    def _keep(self, tx: Tx, kept: set[str], name: str, value: Struct) -> None:
        """Keep what a decision was made with, so that it can be explained, and learned from, for ever."""
        if name not in self._kept and name not in kept:
            if not tx.note(name):
                tx.write_note(name, zlib.compress(msgspec.json.encode(value)))
            kept.add(name)

    def _hear(self, tx: Tx, raw: bytes, source: str, now: Micros) -> tuple[list[Event], list[Answer]]:
        """Hear what the hub itself has to tell, in the same transaction."""
        batch = RawBatch(source=source, dialect="harken", body=raw, received=now, trusted=True)
        heard = listen.hear(batch, self._core.plans.listen)
        if heard.dropped:
            raise Invalid(heard.dropped[0].detail, code=heard.dropped[0].reason)
        return heard.events, self._hear_in(tx, [batch], [heard])


def _check(ask: Ask) -> None:
    if len(ask.identifiers) > MOST_IDENTIFIERS:
        raise Invalid(f"identifiers: at most {MOST_IDENTIFIERS} of one customer, not {len(ask.identifiers)}")
    if not ask.identifiers:
        raise Invalid('identifiers: say for whom, such as {"anonymous_id": "4f9c"}', code="no_identifier")
    if not 1 <= len(ask.placements) <= MOST_PLACEMENTS:
        raise Invalid(f"placements: 1 to {MOST_PLACEMENTS} at once, not {len(ask.placements)}")
    if len(set(ask.placements)) < len(ask.placements):
        raise Invalid("placements: each one once")


def _again(core: Core, slot: Slot, who: Who, now: Micros) -> Decision | None:
    """The last answer to the same question, while it may still be given: every gate but limits lets it pass, since what
    they count is this very decision; for someone who was recognized since, by the asset that is for them."""
    plan = core.plans.decide
    hold = who.state.dealings.last_decided(slot.placement.id, now, slot.keep) if slot.keep else None
    if hold is None:
        return None
    judged = decide.judge(plan, slot, who.customer, now)
    place = {plan.actions[number].id: at for at, number in enumerate(slot.candidates)}
    assets = slot.assets_known if who.customer.known else slot.assets_anonymous
    offers = []
    for action, _ in hold[5]:
        at = place.get(action)
        if at is None or int(judged.failed[at]) & ~decide.BIT["limit"]:
            return None
        offers.append(_offer(plan, action, int(assets[at]), None))
    tid = next(tid for tid in who.tids if any(one[1] == hold[1] for one in core.working.state(tid).dealings.holds))
    return Decision(
        id=f"{tid}.{hold[1]}",
        placement=slot.placement.id,
        offers=tuple(offers),
        fallback=slot.placement.fallback,
        again=True,
    )


def _offer(plan: decide.Plan, id: str, asset: int, propensity: float | None) -> Offer:
    action = plan.actions[plan.number[id]]
    shown = action.assets[asset]
    codes = tuple(response.code for response in action.responses)
    return Offer(
        action=id, topic=action.topic, format=shown.format, body=shown.body, responses=codes, propensity=propensity
    )


def _written(
    ask: Ask,
    slot: Slot,
    plan: decide.Plan,
    found: Decided,
    who: Who,
    now: Micros,
    taken: Sequence[str],
    through: int,
    learn: Mapping[str, Any],
) -> bytes:
    """The decision as an event: what is shown, and what is needed to make it again."""
    shown = [
        {
            "action": one.action, "topic": plan.actions[plan.number[one.action]].topic, "asset": one.asset,
            "propensity": one.propensity, "utility": one.utility, "weight": one.weight,
            **({} if isnan(one.chance) else {"chance": one.chance}), **({"raw": one.raw} if learn else {}),
        }
        for one in found.shown
    ]  # fmt: skip
    return msgspec.json.encode({
        "type": "decision", "name": f"Decided: {slot.placement.id}", "message_id": found.seed, "occurred": _iso(now),
        "identifiers": _by_kind(ask.identifiers), "channel": slot.channel, "context": ask.context,
        "properties": {
            "placement": slot.placement.id, "channel": slot.channel, "until": now + max(slot.keep, HOLD),
            "action": found.shown[0].action if found.shown else "", "shown": shown, "policy": found.policy,
            "control": found.control, "how": found.how, "explored": found.explored, "at": now, "through": through,
            "version": plan.version, "considered": len(slot.candidates), "left": found.judged.left(),
            "failed": b85encode(zlib.compress(found.judged.failed.tobytes())).decode(), "unit": who.customer.unit,
            "known": who.customer.known, "taken": list(taken), "asked": ask.properties, **learn,
        },
    })  # fmt: skip


def _what(plan: decide.Plan, action: str, code: str) -> str:
    """What a response says: seen, positive, neutral or negative."""
    if code in SAID:
        return code
    number = plan.number.get(action)
    expected = plan.actions[number].responses if number is not None else ()
    for response in expected:
        if response.code == code:
            return response.sentiment
    codes = ", ".join([*(response.code for response in expected), *SAID])
    raise Invalid(f"'code' is one of {codes} for {action}; not '{code}'", code="unknown_response")


def _held(core: Core, tx: Tx, decision: str) -> tuple[Trail, Hold]:
    """The trail a decision was made on, and what it showed."""
    tid, dot, id = decision.partition(".")
    trail = tx.trails([tid]).get(tid) if dot else None
    if trail is not None:
        found = next((one for one in remember.decode(trail.state).dealings.holds if one[1] == id), None)
        if found is not None:
            return trail, found
        if (event := event_of(core, tx, tid, id)) is not None and event.type == "decision":
            told = event.properties
            shown = [(str(one["action"]), str(one["topic"])) for one in told.get("shown", ())]
            if shown:
                return trail, (event.occurred, id, told["until"], told["placement"], told["channel"], shown)
            raise Invalid("this decision showed nothing, so nothing can come of it", code="unknown_decision")
    raise NotFound(
        f"no decision '{decision}'; give the `id` that came with it", code="unknown_decision"
    )  # fmt: skip


def _addressed(tx: Tx, trail: Trail) -> dict[str, list[str]]:
    """The identifiers that file an event on a trail."""
    known = tx.known([id for id in (trail.device, trail.account) if id])
    return _by_kind([Identifier(one.kind, one.value) for one in known.values()])


def _by_kind(identifiers: Sequence[Identifier]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for kind, value in identifiers:
        kinds.setdefault(kind, []).append(value)
    return kinds


def _iso(moment: Micros) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).isoformat()
