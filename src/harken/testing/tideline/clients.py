"""A person at a place -> the event as the client of that source words it (Segment dialect, JSON bytes).

Each source has the habits of a real client: the website those of analytics-next, the app those of the Kotlin SDK
(`userId` is `""` while nobody is signed in), the mail provider those of the Python library (`null` for absent ids),
the chat those of the Node library, the call center those of RudderStack's (`originalTimestamp`, traits only in the
context), the tills those of the Java library, and the ad networks post from servers of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, Struct

from harken.testing.people import Person
from harken.testing.tideline.facts import Facts
from harken.testing.tideline.goods import CITIES, PLANS, SITE, TERMINALS
from harken.testing.tideline.identities import uuid
from harken.testing.tideline.places import Place
from harken.words import SECOND, Micros

encode = msgspec.json.Encoder().encode
Json: TypeAlias = dict[str, Any]
MINUTE = 60 * SECOND


class Act(Struct):
    """Somebody does something somewhere: all a client needs to know to report it."""

    person: Person
    place: Place
    at: Micros  # by the clock of whoever reports it
    facts: Facts
    rng: Random
    anonymous: str = ""  # the browser's or the app's own id
    hardware: int = 0
    hardware_id: str = ""
    signed_in: bool = False
    page: str = ""  # the page before
    ad: str = ""  # the campaign that brought them


_SECONDS = [f"{second:02d}." for second in range(60)]
_MILLIS = [f"{milli:03d}" for milli in range(1000)]
_minutes: dict[int, str] = {}
_contexts: dict[tuple[str, bool], Raw] = {}
CACHED = 50_000  # entries of either, then it begins anew


def iso(at: Micros, zone: str = "Z") -> str:
    """A time as JavaScript writes it.

    >>> iso(1_700_000_000_123_456)
    '2023-11-14T22:13:20.123Z'
    """
    minute, rest = divmod(at, MINUTE)
    begin = _minutes.get(minute)
    if begin is None:
        if len(_minutes) >= CACHED:
            _minutes.clear()
        day, of_day = divmod(minute, 1_440)
        begin = _minutes[minute] = f"{_date(day)}T{of_day // 60:02d}:{of_day % 60:02d}:"
    return begin + _SECONDS[rest // SECOND] + _MILLIS[rest // 1000 % 1000] + zone


def _date(day: int) -> str:
    """Days since 1970 -> `2026-01-31`, by the civil calendar."""
    shifted = day + 719_468
    era, of_era = divmod(shifted, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    number = month + 3 if month < 10 else month - 9
    return f"{year + era * 400 + (number <= 2):04d}-{number:02d}-{of_year - (153 * month + 2) // 5 + 1:02d}"


def _raw(value: Any) -> Raw:
    return Raw(encode(value))


# ------------------------------------------------------------------ traits and consent


def traits(person: Person, rng: Random) -> Json:
    """What an account knows. People write their mail address and number in their own ways."""
    told: Json = {
        "name": person.name, "email": _written(person.email, rng), "city": CITIES[person.city], "birth_year": person.born,
    }  # fmt: skip
    if person.phone:
        told["phone"] = dialed(person.phone, rng)
    if person.customer:
        told |= {"plan": PLANS[person.plan].name, "customer_since": iso(person.customer_since)[:10]}
    return told


def _written(email: str, rng: Random) -> str:
    drawn = rng.random()
    return email.title() if drawn < 0.05 else f"{email} " if drawn < 0.07 else email


def dialed(phone: str, rng: Random) -> str:
    """`+33199001234` the way people and switchboards write it: with spaces, or as a national number."""
    drawn = rng.random()
    if drawn < 0.6:
        return phone
    local = phone[3:]
    pairs = " ".join(local[place : place + 2] for place in range(1, 9, 2))
    return f"+33 {local[0]} {pairs}" if drawn < 0.8 else f"0{local[0]} {pairs}"


def _choices(person: Person, names: tuple[str, ...]) -> Json:
    return {"categoryPreferences": {name: person.consent[name] for name in names if name in person.consent}}


_BANNER = ("analytics", "advertising")
_ALL = ("analytics", "advertising", "email", "sms", "personal_offers")


# ------------------------------------------------------------------ web (analytics-next)

_WEB_LIBRARY = _raw({"name": "analytics.js", "version": "npm:next-1.81.0"})
_WEB_METADATA = _raw({"bundled": ["Segment.io"], "unbundled": [], "bundledIds": []})
_SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1"
_ANDROID = (
    "Mozilla/5.0 (Linux; Android 16; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36"
)
_DESKTOP = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36"
USER_AGENTS = (
    *(_ANDROID.format(model) for model in ("Pixel 11", "SM-S946B", "SM-A576B", "Fairphone 6")), _SAFARI, _SAFARI,
    *(_DESKTOP.format(os) for os in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.7; rv:150.0) Gecko/20100101 Firefox/150.0",
    "Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
)  # fmt: skip
_SEARCH = "https://www.google.example/"


def path_of(act: Act) -> str:
    """The page's path with its ids: `/plans/4711`."""
    path = act.place.path
    if "{" in path:
        told = act.facts
        path = path.format(plan=told.get("plan_id"), phone=told.get("phone_id"), help=told.get("article"))
    return path


def _page(act: Act) -> Json:
    path = path_of(act)
    ad = f"?utm_campaign={act.ad}" if act.ad else ""
    return {
        "path": path, "referrer": f"{SITE}{act.page}" if act.page else _SEARCH if ad else "", "search": ad,
        "title": f"{act.place.touchpoint[5:]} | Tideline", "url": f"{SITE}{path}{ad}",
    }  # fmt: skip


_WEB_DEVICES = tuple(
    b'"userAgent":%b,"locale":"fr-FR","library":%b,"timezone":"Europe/Paris"}' % (encode(agent), _WEB_LIBRARY)
    for agent in USER_AGENTS
)


def _web_context(act: Act, page: Json, consent: Json) -> Raw:
    context = {"page": page}
    if act.ad:
        context["campaign"] = {"name": act.ad, "source": "search", "medium": "cpc"}
    if consent["categoryPreferences"]:
        context["consent"] = consent
    return Raw(b"%b,%b" % (encode(context)[:-1], _WEB_DEVICES[act.hardware]))


def _web(act: Act, kind: str, context: Raw, more: Json) -> bytes:
    user = {"userId": act.person.user_id} if act.signed_in else {}
    return encode(
        {"timestamp": iso(act.at), "integrations": {}, "type": kind, **more, "context": context,
         "messageId": f"ajs-next-{act.at // 1000}-{uuid(act.rng)}", "anonymousId": act.anonymous, **user,
         "_metadata": _WEB_METADATA}
    )  # fmt: skip


def web(act: Act) -> bytes:
    """A page or a track call of the website."""
    place, page = act.place, _page(act)
    context = _web_context(act, page, _choices(act.person, _ALL if place.key == "privacy" else _BANNER))
    if place.kind == "page":
        return _web(act, "page", context, {"name": place.name, "properties": {**page, **act.facts}})
    return _web(act, "track", context, {"event": place.name, "properties": act.facts})


def web_identify(act: Act) -> bytes:
    """Signing in, or opening an account, on the website."""
    act.signed_in = True
    context = _web_context(act, _page(act), _choices(act.person, _ALL))
    return _web(act, "identify", context, {"traits": traits(act.person, act.rng)})


# ------------------------------------------------------------------ app (analytics-kotlin)

_PHONES = tuple(
    (_raw({"name": "Tideline", "version": "7.4.1", "build": "70401", "namespace": "example.tideline.app"}), model, os)
    for model, os in (
        ({"manufacturer": "Google", "model": "Pixel 11", "name": "husky", "type": "android"}, _raw({"name": "Android", "version": "16"})),
        ({"manufacturer": "Samsung", "model": "SM-S946B", "name": "b0q", "type": "android"}, _raw({"name": "Android", "version": "16"})),
        ({"manufacturer": "Samsung", "model": "SM-A576B", "name": "a57x", "type": "android"}, _raw({"name": "Android", "version": "15"})),
        ({"manufacturer": "Fairphone", "model": "FP6", "name": "FP6", "type": "android"}, _raw({"name": "Android", "version": "15"})),
        ({"manufacturer": "Apple", "model": "iPhone18,2", "name": "iPhone", "type": "ios"}, _raw({"name": "iOS", "version": "19.1"})),
        ({"manufacturer": "Apple", "model": "iPhone17,3", "name": "iPhone", "type": "ios"}, _raw({"name": "iOS", "version": "19.0"})),
    )
)  # fmt: skip
_APP_LIBRARY = _raw({"name": "analytics-kotlin", "version": "1.19.2"})
_SCREEN = _raw({"density": 2.75, "height": 2400, "width": 1080})
_NETWORKS = tuple(_raw({"bluetooth": False, "cellular": not wifi, "wifi": wifi}) for wifi in (False, True))


def _app_context(act: Act, *, wifi: bool) -> Json:
    app, device, os = _PHONES[act.hardware]
    return {
        "app": app, "device": {"id": act.hardware_id, **device}, "os": os, "screen": _SCREEN,
        "network": _NETWORKS[wifi], "library": _APP_LIBRARY, "locale": "fr-FR",
        "timezone": "Europe/Paris",
    }  # fmt: skip


def _app(act: Act, kind: str, context: Json | Raw, more: Json) -> bytes:
    user = act.person.user_id if act.signed_in else ""
    return encode(
        {"type": kind, **more, "messageId": uuid(act.rng), "anonymousId": act.anonymous, "userId": user,
         "timestamp": iso(act.at), "context": context, "integrations": {}}
    )  # fmt: skip


def app(act: Act) -> bytes:
    """A screen or a track call of the app."""
    place = act.place
    key = act.hardware_id, act.rng.random() < 0.6
    context = _contexts.get(key)
    if context is None:
        if len(_contexts) >= CACHED:
            _contexts.clear()
        context = _contexts[key] = _raw(_app_context(act, wifi=key[1]))
    if place.kind == "screen":
        return _app(act, "screen", context, {"name": place.name, "category": "", "properties": act.facts})
    return _app(act, "track", context, {"event": place.name, "properties": act.facts})


def app_identify(act: Act) -> bytes:
    """The app tells who is signed in; it also shows the loyalty card."""
    act.signed_in = True
    told = traits(act.person, act.rng)
    context = {**_app_context(act, wifi=True), "traits": told, "consent": _choices(act.person, _ALL)}
    if act.person.loyalty:
        context["externalIds"] = [_external("loyalty", act.person.loyalty)]
    return _app(act, "identify", context, {"traits": told})


# ------------------------------------------------------------------ servers


def _external(kind: str, value: str) -> Json:
    return {"id": value, "type": kind, "collection": "users", "encoding": "none"}


_LIBRARIES = {
    "messages": _raw({"name": "analytics-python", "version": "2.3.4"}),
    "chat": _raw({"name": "@segment/analytics-node", "version": "2.3.0"}),
    "call_center": _raw({"name": "@rudderstack/rudder-sdk-node", "version": "3.0.0"}),
    "store": _raw({"name": "analytics-java", "version": "3.5.2"}),
    "ads": _raw({"name": "analytics-go", "version": "3.3.0"}),
}
_NODE = _raw({"nodeVersion": "22.11.0", "jsRuntime": "node"})


def ads(act: Act) -> bytes:
    """Clicks come with the id of the browser they land in; one in a hundred comes with none at all."""
    event: Json = {"type": "track", "event": act.place.name, "messageId": uuid(act.rng), "timestamp": iso(act.at)}
    context: Json = {"library": _LIBRARIES["ads"]}
    if act.place.key == "question":
        person = act.person
        context["externalIds"] = [_external("social", person.social)] if person.social else []
        if not person.social or act.rng.random() < 0.5:
            context["traits"] = {"email": person.email}
    else:
        context["campaign"] = {"name": act.facts["campaign"], "source": act.facts["network"], "medium": "cpc"}
        if act.rng.random() > 0.01:
            event["anonymousId"] = act.anonymous
    return encode({**event, "context": context, "properties": act.facts})


def messages(act: Act) -> bytes:
    """Customers by user id and address, leads by the provider's contact id and address, text messages by number."""
    person = act.person
    context: Json = {"library": _LIBRARIES["messages"]}
    user, contact = (person.user_id, None) if person.account else (None, person.contact)
    if act.place.name == "SMS Delivered" and person.phone:
        user = contact = None
        context["externalIds"] = [_external("phone", person.phone)]
    else:
        context["traits"] = {"email": person.email}
        if act.place.says.get("campaign") == "bill":
            context["externalIds"] = [_external("crm", person.crm)]
    return encode(
        {"integrations": {}, "anonymousId": contact, "properties": act.facts, "timestamp": iso(act.at, "+00:00"),
         "context": context, "userId": user, "type": "track", "event": act.place.name, "messageId": uuid(act.rng)}
    )  # fmt: skip


def chat(act: Act) -> bytes:
    """From the page or the app they come from: signed in, or by the browser's id; some leave an address."""
    event: Json = {
        "type": "track", "event": act.place.name, "properties": act.facts, "timestamp": iso(act.at),
        "messageId": f"node-next-{act.at // 1000}-{uuid(act.rng)}", "_metadata": _NODE,
    }  # fmt: skip
    context: Json = {"library": _LIBRARIES["chat"]}
    if act.signed_in:
        event["userId"] = act.person.user_id
    else:
        event["anonymousId"] = act.anonymous
        if act.rng.random() < 0.3:
            context["traits"] = {"email": _written(act.person.email, act.rng)}
    return encode({**event, "context": context})


def call_center(act: Act) -> bytes:
    """By the number they call from; customers also by their number in the CRM, and only by that if they hide theirs."""
    person, rng = act.person, act.rng
    context: Json = {"library": _LIBRARIES["call_center"], "channel": "phone"}
    ids = [_external("crm", person.crm)] if person.customer or person.account else []
    phone = person.other_phone if person.other_phone and rng.random() < 0.3 else person.phone
    if phone and not (person.withheld and ids):
        ids.append(_external("phone", phone))
        context["traits"] = {"phone": dialed(phone, rng)}
    context["externalIds"] = ids
    user = person.user_id if not ids or (person.account and rng.random() < 0.2) else ""
    return encode(
        {"type": "track", "event": act.place.name, "originalTimestamp": iso(act.at), "channel": "server",
         "messageId": uuid(rng), "userId": user, "context": context, "properties": act.facts, "_metadata": _NODE}
    )  # fmt: skip


def store(act: Act) -> bytes:
    """Visitors by the guest network, at the sales desk by its tablet and their card or account."""
    person, rng, key = act.person, act.rng, act.place.key
    context: Json = {"library": _LIBRARIES["store"]}
    event: Json = {"type": "track", "event": act.place.name, "messageId": uuid(rng), "timestamp": iso(act.at)}
    if person.loyalty and (key != "visit" or rng.random() < 0.4):
        context["externalIds"] = [_external("loyalty", person.loyalty)]
    if key in ("storeorder", "sim", "repair"):
        event["userId"] = person.user_id
        context["traits"] = {"email": person.email, **({"phone": person.phone} if person.phone else {})}
    if key == "visit" or (key == "advice" and not person.loyalty):
        event["anonymousId"] = person.wifi
        if key == "advice":
            context["traits"] = {"email": _written(person.email, rng)}
    elif key != "sim":
        event["anonymousId"] = TERMINALS[person.city]
    return encode({**event, "context": context, "properties": act.facts, "integrations": {}})


WRITERS: dict[str, Callable[[Act], bytes]] = {
    "web": web, "app": app, "ads": ads, "messages": messages, "chat": chat, "call_center": call_center, "store": store,
}  # fmt: skip
