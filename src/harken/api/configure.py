"""Documents, keys and background work -> the hub's verbs for them -> answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import msgspec
from litestar import delete, get, post, put
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, PathParameter
from msgspec import Struct

from harken.api import shapes
from harken.api.moments import told
from harken.api.operation import By, TheDoor, TheHub, operation
from harken.api.read import Name, Ref
from harken.errors import Invalid
from harken.hub import Hub
from harken.words import AccessKey, Document

Kind = Annotated[str, PathParameter(max_length=200, description="a kind of document, such as `touchpoint`")]
KeyId = Annotated[str, PathParameter(max_length=200, description="the id of a key, as the list shows it")]
DOCUMENTS = "configuration"
RUNNING = "running"


class Kinds(Struct, frozen=True, kw_only=True):
    """The kinds of document there are, and the version of the configuration in force."""

    version: int
    data: list[str]


class Publish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and which version: the newest draft when none is named."""

    version: int = 0
    reason: str = ""


class Rollback(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version to put back in force, and why."""

    version: int
    reason: str = ""


class Retire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: str = ""


class Checked(Struct, frozen=True, kw_only=True):
    """What is wrong with a document; nothing when it is right. Warnings are of what works but is hardly meant."""

    ok: bool
    problems: list[str]
    warnings: list[str] = []


class Retired(Struct, frozen=True, kw_only=True):
    """Every version of the document, oldest first, and what does not fit any more without it."""

    data: list[shapes.Version]
    next_cursor: str | None = None
    warnings: list[str] = []


class WantedKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to make. Write keys speak for one source; `origins` are the pages that may use it, all when empty."""

    kind: Literal["write", "secret"] = "write"
    source: str = ""
    label: str = ""
    origins: list[str] = []
    per_second: int = 0


# ---------------------------------------------------------------- documents


@operation(get, "/api/config", DOCUMENTS)
def list_kinds(hub: TheHub) -> Kinds:
    """The kinds of document there are."""
    return Kinds(version=hub.config.version, data=list(hub.documents.kinds()))


@operation(get, "/api/config/{kind:str}", DOCUMENTS)
def list_documents(hub: TheHub, kind: Kind) -> shapes.Page[shapes.Entry]:
    """Every document of a kind that is in force or drafted."""
    return shapes.Page(data=[told(one, shapes.Entry) for one in hub.documents.list(kind)])


@operation(post, "/api/config/{kind:str}/check", DOCUMENTS)
def check_document(hub: TheHub, kind: Kind, data: JSONBody[dict[str, Any]]) -> Checked:
    """Whether a document would be taken; changes nothing."""
    hub.documents.list(kind)
    try:
        document = hub.documents.check(kind, data)
    except Invalid as error:
        return Checked(ok=False, problems=[str(error)])
    one = (kind, document.id)
    return Checked(ok=True, problems=[], warnings=list(hub.documents.warnings([one], {one: document})))


@operation(get, "/api/config/{kind:str}/{ref:str}", DOCUMENTS)
def get_document(hub: TheHub, kind: Kind, ref: Ref) -> shapes.Page[shapes.Version]:
    """Every version of one document, oldest first."""
    return shapes.Page(data=[_version(one) for one in hub.documents.get(kind, unquote(ref))])


@operation(put, "/api/config/{kind:str}/{ref:str}", DOCUMENTS)
def put_document(
    hub: TheHub, by: By, kind: Kind, ref: Ref, data: JSONBody[dict[str, Any]], reason: Name = ""
) -> shapes.Version:
    """Write a new draft. It counts once it is published."""
    id = unquote(ref)
    if data.get("id", id) != id:
        raise Invalid(f"the address says '{id}', the document '{data['id']}'")
    return _version(hub.documents.put(kind, {**data, "id": id}, by=by, reason=reason))


@operation(post, "/api/config/{kind:str}/{ref:str}/publish", DOCUMENTS)
def publish_document(
    hub: TheHub, by: By, kind: Kind, ref: Ref, data: JSONBody[Publish | None] = None
) -> shapes.Version:
    """Put a version in force. What it means for the past is worked out in the background (`/api/jobs`)."""
    data = data or Publish()
    published = hub.documents.publish(kind, unquote(ref), by=by, reason=data.reason, version=data.version)
    return _in_force(hub, published)


@operation(post, "/api/config/{kind:str}/{ref:str}/rollback", DOCUMENTS)
def roll_back_document(hub: TheHub, by: By, kind: Kind, ref: Ref, data: JSONBody[Rollback]) -> shapes.Version:
    """Put an earlier version back in force."""
    return _in_force(hub, hub.documents.rollback(kind, unquote(ref), data.version, by=by, reason=data.reason))


@operation(post, "/api/config/{kind:str}/{ref:str}/retire", DOCUMENTS)
def retire_document(hub: TheHub, by: By, kind: Kind, ref: Ref, data: JSONBody[Retire | None] = None) -> Retired:
    """Take a document out of force; its versions stay and can be published again."""
    id = unquote(ref)
    hub.documents.retire(kind, id, by=by, reason=data.reason if data else "")
    versions = [_version(one) for one in hub.documents.get(kind, id)]
    return Retired(data=versions, warnings=list(hub.documents.warnings([(kind, id)])))


def _in_force(hub: Hub, one: Document) -> shapes.Version:
    return msgspec.structs.replace(_version(one), warnings=list(hub.documents.warnings([(one.kind, one.id)])))


def _version(one: Document) -> shapes.Version:
    return told({**msgspec.structs.asdict(one), "body": msgspec.json.decode(one.body)}, shapes.Version)


# ---------------------------------------------------------------- keys and jobs


@operation(get, "/api/keys", RUNNING)
def list_keys(hub: TheHub) -> shapes.Page[shapes.AccessKey]:
    """Every key ever made, oldest first, without its text."""
    return shapes.Page(data=[told(_key(one), shapes.AccessKey) for one in hub.keys.list()])


@operation(post, "/api/keys", RUNNING, status=201)
def create_key(hub: TheHub, door: TheDoor, data: JSONBody[WantedKey]) -> shapes.NewKey:
    """Make a key. Its text is in this answer and nowhere else, ever."""
    made, plain = hub.keys.create(
        data.kind, source=data.source, label=data.label, origins=tuple(data.origins), per_second=data.per_second
    )
    door.forget()
    return told({**_key(made), "key": plain}, shapes.NewKey)


@operation(delete, "/api/keys/{id:str}", RUNNING)
def revoke_key(hub: TheHub, door: TheDoor, id: KeyId) -> shapes.AccessKey:
    """Let a key open nothing any more."""
    revoked = hub.keys.revoke(id)
    door.forget()
    return told(_key(revoked), shapes.AccessKey)


@operation(get, "/api/chances", RUNNING)
def get_model(hub: TheHub) -> shapes.Learning:
    """What has been learned of what comes next; `model` null: nothing yet. It is learned anew once a day, when there is four
    times as much to learn from, and when goals change."""
    return told({"model": hub.chances.model()}, shapes.Learning)


@operation(post, "/api/chances", RUNNING, status=202)
def learn(hub: TheHub) -> shapes.Learning:
    """Learn anew what comes next, in the background (`/api/jobs`). Gives what was learned before."""
    hub.chances.want()
    return told({"model": hub.chances.model()}, shapes.Learning)


@operation(get, "/api/jobs", RUNNING)
def list_jobs(hub: TheHub) -> shapes.Page[shapes.Job]:
    """Work in the background of this node, what still goes on first."""
    jobs = [
        {**msgspec.structs.asdict(one), "began": one.began or None, "ended": one.ended or None}
        for one in hub.jobs.list()
    ]
    return shapes.Page(data=[told(one, shapes.Job) for one in jobs])


def _key(one: AccessKey) -> dict[str, object]:
    return {**msgspec.structs.asdict(one), "revoked": one.revoked or None}


HANDLERS: Sequence[BaseRouteHandler] = (
    list_kinds, list_documents, check_document, get_document, put_document, publish_document, roll_back_document,
    retire_document, list_keys, create_key, revoke_key, list_jobs, get_model, learn,
)  # fmt: skip
