"""What people decide about one customer -> the hub's verbs: merging, parting, release from quarantine, erasure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import unquote

import msgspec
from litestar import delete, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, JSONBody, PathParameter
from msgspec import Struct

from harken.api import shapes
from harken.api.moments import told
from harken.api.operation import By, TheHub, operation
from harken.api.read import CUSTOMERS, Cursor, Limit, Name, Ref, place
from harken.errors import Invalid, NotFound

ReceiptId = Annotated[str, PathParameter(max_length=200, description="the id of a receipt, as the erasure answered it")]


class Merge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which other customer this one is, and why; `preview` changes nothing."""

    other: str = msgspec.field(name="with")
    reason: str = ""
    preview: bool = False


class Unmerge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which identifier to part this one from; from the rest of its profile when none is named."""

    other: str = msgspec.field(default="", name="from")
    reason: str = ""
    preview: bool = False


class TakeBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision by hand, named as the evidence of the identity is: two identifiers (`kind:value` or id), and `how`:
    operator (a merge), cut (a parting) or release. `preview` changes nothing."""

    a: str
    b: str
    how: str
    preview: bool = False


class Release(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an identifier shall recognize customers though it touches many; `preview` changes nothing."""

    reason: str = ""
    preview: bool = False


# ---------------------------------------------------------------- who is who


@operation(post, "/api/profiles/{ref:str}/merge", CUSTOMERS)
def merge_profiles(hub: TheHub, by: By, ref: Ref, data: JSONBody[Merge]) -> shapes.Merged:
    """Say that two customers are one. It beats every limit, and unmerge takes it back."""
    if not data.other:
        raise Invalid("'with' names the other customer: kind:value or a profile id")
    return told(hub.merge(unquote(ref), data.other, by=by, reason=data.reason, preview=data.preview), shapes.Merged)


@operation(post, "/api/profiles/{ref:str}/unmerge", CUSTOMERS)
def unmerge_profiles(hub: TheHub, by: By, ref: Ref, data: JSONBody[Unmerge | None] = None) -> shapes.Merged:
    """Part an identifier from another, or from the rest of its profile: every event and count goes back where it was.
    `take-back` undoes it."""
    data = data or Unmerge()
    return told(hub.unmerge(unquote(ref), data.other, by=by, reason=data.reason, preview=data.preview), shapes.Merged)


@operation(post, "/api/profiles/{ref:str}/take-back", CUSTOMERS)
def take_back(hub: TheHub, ref: Ref, data: JSONBody[TakeBack]) -> shapes.Merged:
    """Take a merge, a parting or a release back, as if it had never been decided. The identity of a customer lists those
    that stand (`merges`)."""
    return told(hub.take_back(unquote(ref), data.a, data.b, how=data.how, preview=data.preview), shapes.Merged)


@operation(get, "/api/quarantine", CUSTOMERS)
def list_quarantine(hub: TheHub, cursor: Cursor = "", limit: Limit = 200) -> shapes.Page[shapes.KnownAs]:
    """Identifiers that touch too many customers, the most first: nobody is recognized by them."""
    first = place(cursor)
    found = hub.quarantined(limit + 1, after=first)
    following = str(first + limit) if len(found) > limit else None
    return shapes.Page(data=[told(one, shapes.KnownAs) for one in found[:limit]], next_cursor=following)


@operation(post, "/api/identifiers/{ref:str}/release", CUSTOMERS)
def release_identifier(hub: TheHub, by: By, ref: Ref, data: JSONBody[Release | None] = None) -> shapes.Merged:
    """Let a quarantined identifier recognize customers again, however many it touches."""
    data = data or Release()
    return told(hub.release(unquote(ref), by=by, reason=data.reason, preview=data.preview), shapes.Merged)


@operation(delete, "/api/identifiers/{ref:str}/release", CUSTOMERS)
def take_back_release(hub: TheHub, ref: Ref, preview: FromQuery[bool] = False) -> shapes.Merged:
    """Take a release back: the identifier is quarantined again if it still touches too many."""
    return told(hub.unrelease(unquote(ref), preview=preview), shapes.Merged)


# ---------------------------------------------------------------- erasure


@operation(delete, "/api/profiles/{ref:str}", CUSTOMERS)
def erase_profile(hub: TheHub, by: By, ref: Ref, reason: Name = "") -> shapes.Receipt:
    """Remove one customer everywhere, for good. The receipt names each place and holds nothing personal."""
    return told(hub.erase(unquote(ref), by=by, reason=reason), shapes.Receipt)


@operation(get, "/api/erasures", CUSTOMERS)
def list_erasures(hub: TheHub, cursor: Cursor = "", limit: Limit = 50) -> shapes.Page[shapes.Receipt]:
    """The receipt of every erasure, newest first. They hold nothing personal."""
    receipts = hub.receipts()
    ids = [one.id for one in receipts]
    if cursor and cursor not in ids:
        raise Invalid("cursor: give back the next_cursor of the page before")
    first = ids.index(cursor) + 1 if cursor else 0
    shown = receipts[first : first + limit]
    more = len(receipts) > first + limit
    return shapes.Page(data=[told(one, shapes.Receipt) for one in shown], next_cursor=shown[-1].id if more else None)


@operation(get, "/api/erasures/{id:str}", CUSTOMERS)
def get_erasure(hub: TheHub, id: ReceiptId) -> shapes.Receipt:
    """One receipt, by the id the erasure answered."""
    found = [one for one in hub.receipts() if one.id == id]
    if not found:
        raise NotFound(f"there is no receipt '{id}'; GET /api/erasures lists them")
    return told(found[0], shapes.Receipt)


HANDLERS: Sequence[BaseRouteHandler] = (
    merge_profiles, unmerge_profiles, take_back, list_quarantine, release_identifier, take_back_release, erase_profile,
    list_erasures, get_erasure,
)  # fmt: skip
