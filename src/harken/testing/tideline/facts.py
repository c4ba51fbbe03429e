"""A person at a place -> what that event says (its properties), and what the visit leaves in the person's memory."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from random import Random
from typing import Any, TypeAlias

from harken.testing.people import Person
from harken.testing.tideline.goods import CITIES, HELP, HELP_FOR, PHONES, PLANS
from harken.testing.tideline.places import PLACES, Place

Facts: TypeAlias = dict[str, Any]
_Tell: TypeAlias = Callable[[Person, Random], Facts]

_LIKED: dict[str, list[int]] = {}  # persona -> the plans it looks at first


def liked_plan(person: Person, rng: Random) -> int:
    """A plan they look at: mostly one of a topic they like."""
    if rng.random() < 0.25:
        return rng.randrange(len(PLANS))
    persona = person.persona
    if persona.id not in _LIKED:
        _LIKED[persona.id] = [
            place for place, plan in enumerate(PLANS) if persona.likes.get(plan.topic, 0) >= 0.3
        ] or list(range(len(PLANS)))
    return rng.choice(_LIKED[persona.id])


def _liked_phone(person: Person, rng: Random) -> int:
    if rng.random() < 0.4:
        return rng.randrange(len(PHONES))
    wanted = person.persona.likes
    scores = [max((wanted.get(t, 0.05) for t in _above(phone.topic)), default=0.05) for phone in PHONES]
    return rng.choices(range(len(PHONES)), scores)[0]


def _above(topic: str) -> list[str]:
    parts = topic.split("/")
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _ad(person: Person, rng: Random) -> Facts:
    plan = PLANS[liked_plan(person, rng)]
    return {"campaign": f"{plan.name.lower().replace(' ', '-')}-{rng.randrange(3) + 1}", "topic": plan.topic}


def _plan(person: Person, rng: Random) -> Facts:
    person.cart = liked_plan(person, rng)
    plan = PLANS[person.cart]
    return {"plan_id": plan.id, "plan": plan.name, "price": plan.price, "currency": "EUR", "topic": plan.topic}


def _phone(person: Person, rng: Random) -> Facts:
    phone = PHONES[_liked_phone(person, rng)]
    return {"phone_id": phone.id, "phone": phone.name, "price": phone.price, "currency": "EUR", "topic": phone.topic}


def _basket(person: Person, rng: Random) -> Facts:
    plan = PLANS[person.cart]
    return {"cart_id": f"K{rng.getrandbits(40):x}", "plan": plan.name, "value": plan.price * 12, "topic": plan.topic}


def _order(person: Person, rng: Random) -> Facts:
    plan = PLANS[person.cart]
    return {
        "order_id": f"O{rng.getrandbits(40):x}", "plan": plan.name, "revenue": plan.price * 12, "currency": "EUR",
        "topic": plan.topic,
    }  # fmt: skip


def _id_check(person: Person, rng: Random) -> Facts:
    return {"document": rng.choice(("passport", "id_card", "residence_permit")), "seconds": rng.randrange(20, 240)}


def _bill(person: Person, rng: Random) -> Facts:
    return {"amount": round(person.bill, 2), "usual": PLANS[person.plan].price, "currency": "EUR"}


def _bill_mail(person: Person, rng: Random) -> Facts:
    return {"subject": "Your bill is here", "amount": round(person.bill, 2), "currency": "EUR"}


def _usage(person: Person, rng: Random) -> Facts:
    return {"used_gb": round(rng.random() * 30, 1), "plan": PLANS[person.plan].name}


def _top_up(person: Person, rng: Random) -> Facts:
    size = rng.choice((1, 5, 10))
    return {"gb": size, "revenue": 3 * size, "currency": "EUR", "topic": "extras/data"}


def _offer(person: Person, rng: Random) -> Facts:
    topic = PHONES[_liked_phone(person, rng)].topic if rng.random() < 0.5 else PLANS[liked_plan(person, rng)].topic
    return {"offer": f"app-{rng.randrange(20)}", "topic": topic}


def _survey(person: Person, rng: Random) -> Facts:
    return {"nps": max(0, min(10, round(6.8 + 2.2 * person.mood + 2.6 * (rng.random() + rng.random() - 1))))}


def _article(person: Person, rng: Random) -> Facts:
    numbers = HELP_FOR.get(person.need) or range(len(HELP))
    article, topic = HELP[rng.choice(numbers)]
    return {"article": article, "topic": topic}


def _topic_of_need(person: Person, rng: Random) -> str:
    return {"billing": "help/billing", "network": "help/network", "device": "help/device", "": "help"}.get(
        person.need, "help/setup"
    )


def _chat(person: Person, rng: Random) -> Facts:
    return {"messages": rng.randrange(3, 30), "topic": _topic_of_need(person, rng)}


def _sales_chat(person: Person, rng: Random) -> Facts:
    return {"messages": rng.randrange(4, 24), "topic": PLANS[liked_plan(person, rng)].topic}


def _call(person: Person, rng: Random) -> Facts:
    waited = round(-log(1 - rng.random()) * 120)
    return {"wait_seconds": waited, "seconds": rng.randrange(90, 1_200), "topic": _topic_of_need(person, rng)}


def _sales_call(person: Person, rng: Random) -> Facts:
    return {**_call(person, rng), "topic": PLANS[liked_plan(person, rng)].topic}


def _phone_order(person: Person, rng: Random) -> Facts:
    return {**_call(person, rng), **_order(person, rng)}


def _store(person: Person, rng: Random) -> Facts:
    return {"store": CITIES[person.city]}


def _advice(person: Person, rng: Random) -> Facts:
    person.cart = liked_plan(person, rng)
    return {"store": CITIES[person.city], "topic": PLANS[person.cart].topic, "minutes": rng.randrange(5, 40)}


def _store_order(person: Person, rng: Random) -> Facts:
    return {"store": CITIES[person.city], **_order(person, rng)}


def _sim(person: Person, rng: Random) -> Facts:
    return {"store": CITIES[person.city], "how": rng.choice(("parcel", "parcel", "pick_up"))}


def _repair(person: Person, rng: Random) -> Facts:
    return {
        "store": CITIES[person.city],
        "problem": rng.choice(("screen", "battery", "no_signal")),
        "topic": "help/device",
    }


def _install(person: Person, rng: Random) -> Facts:
    return {"version": "7.4.1", "build": "70401"}


def _sign_in(person: Person, rng: Random) -> Facts:
    return {"method": rng.choice(("password", "sms_code", "passkey")), "attempts": 1 + (rng.random() < 0.3)}


def _transfer(person: Person, rng: Random) -> Facts:
    return {"from_network": rng.choice(("Northwave", "Skyline", "Bluebell")), "topic": "help/setup"}


def _renewal(person: Person, rng: Random) -> Facts:
    plan = PLANS[person.plan]
    return {"plan": plan.name, "months": 6, "revenue": plan.price * 6, "currency": "EUR", "topic": plan.topic}


def _farewell(person: Person, rng: Random) -> Facts:
    reason = {"billing": "price", "network": "network"}.get(person.need) or rng.choice(("price", "service", "moved"))
    return {"port_out": rng.random() < 0.75, "reason": reason, "plan": PLANS[person.plan].name}


_TELL: dict[str, _Tell] = {
    "ad_social": _ad, "ad_search": _ad, "question": _sales_chat, "visit": _store, "plan": _plan, "phone": _phone,
    "prechat": _sales_chat, "callsales": _sales_call, "advice": _advice, "basket": _basket, "idcheck": _id_check,
    "idcheck_bad": _id_check, "order": _order, "callorder": _phone_order, "storeorder": _store_order, "sim": _sim,
    "install": _install, "signin": _sign_in, "transfer": _transfer, "callsetup": _call, "usage": _usage, "bill": _bill,
    "bill_shock": _bill, "billmail": _bill_mail, "billmail_shock": _bill_mail, "topup": _top_up, "offer": _offer,
    "offer_renew": _offer, "nps": _survey, "help": _article, "bot": _chat, "agent": _chat, "callbill": _call,
    "support": _call, "complaint": _call, "repair": _repair, "retention": _call, "renewed": _renewal,
    "cancelled": _farewell,
}  # fmt: skip
_BY_NUMBER = tuple(_TELL.get(place.key) for place in PLACES)


def facts(person: Person, place: Place, rng: Random) -> Facts:
    """The properties of the event a person causes at a place, with the emotion in the share of events that tell it."""
    tell = _BY_NUMBER[place.number]
    told = tell(person, rng) if tell else {}
    if place.says:
        told.update(place.says)
    if place.heard and rng.random() < place.heard:
        felt = place.feel + 0.5 * person.mood + 1.2 * (rng.random() + rng.random() - 1)
        told["emotion"] = max(-2, min(2, round(felt)))
    return told


_NEEDS = {
    "idcheck_bad": "id_check", "signin": "setup", "transfer": "setup", "bill_shock": "billing",
    "billmail_shock": "billing", "repair": "device",
}  # fmt: skip
_SOLVES = {"agent": 0.7, "support": 0.55, "callbill": 0.6, "callsetup": 0.7, "repair": 0.8, "help": 0.25, "bot": 0.15}
_PASSED = frozenset(("idcheck", "checkout", "order", "storeorder", "callorder", "usage"))


def remember(person: Person, place: Place, rng: Random) -> None:
    """What the place leaves behind: a need that came or went, and a mood that moved."""
    person.mood += 0.25 * place.feel - 0.12 * (person.mood - person.persona.warmth)
    key = place.key
    if key in _NEEDS:
        if key not in ("signin", "transfer") or rng.random() < 0.3:
            person.need = _NEEDS[key]
    elif person.need:
        if rng.random() < _SOLVES.get(key, 0.0) or (key in _PASSED and person.need in ("id_check", "setup")):
            person.need = ""
    elif key in ("help", "support", "bot"):
        person.need = "network" if rng.random() < 0.5 else ""
