"""Questions about one customer or many -> the hub's verbs -> answers. Blocking reads run in threads, never on the loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import unquote

import msgspec
from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import PathParameter, QueryParameter

from harken.api import shapes
from harken.api.moments import period, told
from harken.api.operation import TheHub, operation
from harken.errors import Invalid
from harken.hub.by_hand import HOWS
from harken.hub.customers import Happening, Identity
from harken.hub.moments import moment
from harken.remember import Customer

CUSTOMERS = "customers"

Ref = Annotated[
    str, PathParameter(description="`kind:value`, such as `email:ada@example.test`, or a profile id", max_length=4_096)
]
Limit = Annotated[int, QueryParameter(ge=1, le=500, description="how many")]
Cursor = Annotated[str, QueryParameter(max_length=200, description="`next_cursor` of the page before")]
Name = Annotated[str, QueryParameter(max_length=200)]
Moment = Annotated[str, QueryParameter(max_length=40, description="ISO 8601, a date, or seconds since 1970")]
From = Annotated[str, QueryParameter(name="from", max_length=40, description="not before this moment")]
To = Annotated[str, QueryParameter(name="to", max_length=40, description="before this moment")]


# ---------------------------------------------------------------- one customer


@operation(get, "/api/profiles", CUSTOMERS)
def list_profiles(
    hub: TheHub,
    segment: Name = "",
    touchpoint: Name = "",
    since: From = "",
    until: To = "",
    q: Name = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> shapes.ProfilePage:
    """Customers, who was seen last first: members of a `segment`, those who met a `touchpoint` (between `from` and `to`; as many as
    `/api/journeys/map` counts there), those with an identifier that begins with `q`; what is named must all be so. Who
    is seen again while one goes from page to page moves to the front."""
    first, end = period(since, until)
    if not touchpoint and (first, end) != (None, None):
        raise Invalid("from, to: say with `touchpoint` where customers were in this period")
    met = hub.journeys.met(touchpoint, since=first, until=end) if touchpoint else None
    page = hub.profiles(segment=segment, q=q, among=met, after=cursor, limit=limit)
    return shapes.ProfilePage(data=[brief(one) for one in page.data], next_cursor=page.next or None, total=page.total)


@operation(get, "/api/profiles/{ref:str}", CUSTOMERS)
def get_profile(hub: TheHub, ref: Ref) -> shapes.Profile:
    """One customer: traits, keys, trails, segments, stage, interests, consent, and what it did how often."""
    customer = hub.profile(unquote(ref))
    return _whole(customer, hub.identity(customer.pid))


@operation(get, "/api/profiles/{ref:str}/timeline", CUSTOMERS)
def get_timeline(
    hub: TheHub,
    ref: Ref,
    channel: Name = "",
    touchpoint: Name = "",
    type: Name = "",
    since: From = "",
    until: To = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> shapes.Page[shapes.Happening]:
    """What one customer did, newest first by when it happened, on every channel."""
    first, end = period(since, until)
    before = cursor or (f"{end}.0" if end is not None else "")
    page = hub.timeline(unquote(ref), before=before, limit=limit, channel=channel, touchpoint=touchpoint, type=type)
    shown = [one for one in page.data if first is None or one.occurred >= first]
    ended = len(shown) < len(page.data)
    return shapes.Page(data=[_happening(one) for one in shown], next_cursor=None if ended else page.next or None)


@operation(get, "/api/profiles/{ref:str}/chance", CUSTOMERS)
def get_chance(hub: TheHub, ref: Ref, limit: Limit = 5) -> shapes.Foreseen:
    """What one customer will do next: the `limit` likeliest next steps after the last ones, the chance of leaving, and of
    reaching each goal of the catalogue within the model's time from now on. `model` null: nothing has been learned yet."""
    return told(hub.chance(unquote(ref), limit=limit), shapes.Foreseen)


@operation(get, "/api/profiles/{ref:str}/identity", CUSTOMERS)
def get_identity(hub: TheHub, ref: Ref, as_of: Moment = "") -> shapes.Identity:
    """Why the hub thinks these trails are one customer's: every piece of evidence with what became of it; as it was
    known at a time when `as_of` is given."""
    return _identity(hub.identity(unquote(ref), as_of=moment(as_of, "as_of")))


@operation(get, "/api/profiles/{ref:str}/export", CUSTOMERS)
def export_profile(hub: TheHub, ref: Ref) -> shapes.Export:
    """Everything the hub holds about one customer."""
    export = hub.export(unquote(ref))
    return shapes.Export(
        profile=_whole(export.profile, export.identity),
        identity=_identity(export.identity),
        events=[_happening(one) for one in export.events],
    )


# ---------------------------------------------------------------- as answers tell them


def brief(one: Customer) -> shapes.ProfileBrief:
    """A customer in the words of the API."""
    return told(_plain(one), shapes.ProfileBrief)


def place(cursor: str) -> int:
    """The place in a list a cursor stands for."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid("cursor: give back the next_cursor of the page before")
    return int(cursor)


def _whole(one: Customer, identity: Identity) -> shapes.Profile:
    return told({**_plain(one), "trails": identity.trails}, shapes.Profile)


def _plain(one: Customer) -> dict[str, object]:
    keys: dict[str, list[str]] = {}
    for identifier in one.identifiers:
        keys.setdefault(identifier.kind, []).append(identifier.value)
    return {
        **msgspec.structs.asdict(one),
        "id": one.pid,
        "identifiers": [{"kind": kind, "value": value} for kind, value in one.identifiers],
        "keys": keys,
        "traits": {name: trait.value for name, trait in one.traits.items()},
        "traits_past": one.traits,
        "consent": {purpose: said.yes for purpose, said in one.consent.items()},
        "consent_said": one.consent,
    }


def _happening(one: Happening) -> shapes.Happening:
    names = [{"kind": kind, "value": value} for kind, value in one.identifiers]
    return told({**msgspec.structs.asdict(one), "identifiers": names, "raw": one.raw}, shapes.Happening)


def _identity(one: Identity) -> shapes.Identity:
    fields = msgspec.structs.asdict(one)
    merges = [link for link in one.evidence if link.how in HOWS]
    return told({**fields, "id": one.pid, "links": one.evidence, "merges": merges}, shapes.Identity)


HANDLERS: Sequence[BaseRouteHandler] = (
    list_profiles, get_profile, get_timeline, get_chance, get_identity, export_profile,
)  # fmt: skip
