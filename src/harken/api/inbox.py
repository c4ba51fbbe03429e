"""Questions about what could not be taken, and what to do with it -> the hub's inbox -> answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec
from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from harken.api import shapes
from harken.api.moments import told
from harken.api.operation import TheHub, operation
from harken.api.read import Cursor, Limit, Name, place
from harken.errors import Invalid
from harken.words import DeadLetter

INBOX = "inbox"

State = Annotated[Literal["open", "replayed", "discarded"], QueryParameter(name="state")]
Ids: TypeAlias = Annotated[list[Annotated[int, Meta(ge=1, le=2**63 - 1)]], Meta(max_length=10_000)]


class Replay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which letters to hear again: by id, or all open ones, of one source or for one reason when named."""

    ids: Ids | None = None
    all: bool = False
    source: str = ""
    reason: str = ""


class Discard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which letters nobody wants heard: by id, or all open ones, of one source or for one reason when named."""

    ids: Ids | None = None
    all: bool = False
    source: str = ""
    reason: str = ""


class Discarded(Struct, frozen=True, kw_only=True):
    """How many letters were closed."""

    discarded: int


@operation(get, "/api/dead-letter", INBOX)
def list_dead_letters(
    hub: TheHub, source: Name = "", reason: Name = "", letters: State = "open", cursor: Cursor = "", limit: Limit = 50
) -> shapes.Letters:
    """What could not be taken, and why; `state` is open, replayed or discarded. The same thing sent again is one letter
    with a `count`; what found no room in the inbox is told by `not_kept`."""
    page = hub.dead_letters(after=place(cursor), limit=limit, source=source, state=letters, reason=reason)
    following = str(page.next) if page.next else None
    return shapes.Letters(data=[_letter(one) for one in page.data], next_cursor=following, not_kept=page.not_kept)


@operation(get, "/api/dead-letter/counts", INBOX)
def count_dead_letters(hub: TheHub, letters: State = "open") -> shapes.Page[shapes.LetterCount]:
    """How many letters there are of each source for each reason."""
    return shapes.Page(data=[told(one, shapes.LetterCount) for one in hub.inbox.piles(letters)])


@operation(post, "/api/dead-letter/replay", INBOX)
def replay_dead_letters(hub: TheHub, data: JSONBody[Replay]) -> shapes.Replayed:
    """Hear letters again, with the configuration of now."""
    _which(data)
    return told(hub.replay(data.ids, source=data.source, reason=data.reason), shapes.Replayed)


@operation(post, "/api/dead-letter/discard", INBOX)
def discard_dead_letters(hub: TheHub, data: JSONBody[Discard]) -> Discarded:
    """Close letters nobody wants heard; with all of a source, what found no room is forgotten too."""
    _which(data)
    return Discarded(discarded=hub.discard(data.ids, source=data.source, reason=data.reason))


def _which(data: Replay | Discard) -> None:
    if (data.ids is None) != (data.all or bool(data.source) or bool(data.reason)):
        raise Invalid('name the letters by "ids", or all open ones by "all": true (of one "source", for one "reason")')


def _letter(one: DeadLetter) -> shapes.DeadLetter:
    return told({**msgspec.structs.asdict(one), "raw": one.raw.decode("utf-8", "replace")}, shapes.DeadLetter)


HANDLERS: Sequence[BaseRouteHandler] = (
    list_dead_letters, count_dead_letters, replay_dead_letters, discard_dead_letters,
)  # fmt: skip
