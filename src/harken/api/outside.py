"""The paths that are answered without the framework (events in, what browser clients ask, the live stream) -> their part
of the OpenAPI description: paths and schemas. Said here in types; `tests` hold it against what the hub answers."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from harken.api import deciding, shapes
from harken.api.moments import Instant
from harken.api.pixel import CALLS
from harken.hub.deciding import Answered

EVENTS = "events"
Moment = str | float | None  # ISO 8601, or seconds, milli- or microseconds since 1970


class Saying(Struct, kw_only=True, rename="camel"):
    """What every event may say. `userId`, `anonymousId` or an identifier in `context` is needed; the same `messageId`
    counts once. What is not named here is kept with the event."""

    user_id: str | None = None
    anonymous_id: str | None = None
    message_id: str | None = None
    timestamp: Moment = None
    sent_at: Moment = None
    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None
    write_key: str | None = None


class Track(Saying, kw_only=True):
    """Something a customer did."""

    event: str
    properties: dict[str, Any] | None = None


class Identify(Saying, kw_only=True):
    """Who a customer is; traits may stand in `context.traits` too."""

    traits: dict[str, Any] | None = None


class PageOrScreen(Saying, kw_only=True):
    """A page of a website, a screen of an app; name and category may stand in its properties too."""

    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None


class Group(Saying, kw_only=True):
    """The household, team or company a customer belongs to; the traits are the group's."""

    group_id: str
    traits: dict[str, Any] | None = None


class Alias(Saying, kw_only=True):
    """Two ids of one customer; which of them is which means nothing."""

    previous_id: str | None = None


class OneOfBatch(Saying, kw_only=True):
    """One event of a batch: the fields of its type."""

    type: Literal["track", "identify", "page", "screen", "group", "alias"]
    event: str | None = None
    name: str | None = None
    group_id: str | None = None
    previous_id: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None


class Batch(Struct, kw_only=True, rename="camel"):
    """Many events; what is said beside them counts for each that does not say it itself."""

    batch: list[OneOfBatch]
    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None
    timestamp: Moment = None
    sent_at: Moment = None
    write_key: str | None = None


class Imported(Struct, kw_only=True):
    """One event in Harken's own dialect: when and whose it was, and what."""

    identifiers: dict[str, str | list[str]]
    occurred: Moment = None
    type: str | None = None
    name: str | None = None
    message_id: str | None = None
    channel: str | None = None
    touchpoint: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    consent: dict[str, bool] | None = None


class NotTaken(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An event that could not be taken: its place in the batch, and why."""

    index: int
    reason: str
    message: str
    message_id: str | None = None


class Taken(Struct, kw_only=True):
    """Durable. `duplicates`: heard before, counted once. `errors`: what of the batch was not taken; do not send it again
    as it is. `accepted` is told of imports."""

    success: bool
    duplicates: int | None = None
    accepted: int | None = None
    errors: list[NotTaken] | None = None


class NotHeard(shapes.Fault, frozen=True, kw_only=True):
    """Nothing of it was taken."""

    errors: list[NotTaken] | None = None


BODIES = {
    "track": Track,
    "identify": Identify,
    "page": PageOrScreen,
    "screen": PageOrScreen,
    "group": Group,
    "alias": Alias,
}
TEXTS = {
    "track": "Something a customer did.",
    "identify": "Who a customer is.",
    "page": "A page a customer saw.",
    "screen": "A screen of an app a customer saw.",
    "group": "Which household, team or company a customer belongs to.",
    "alias": "Two ids of one customer.",
}
DECIDED = {
    "decide": (
        "What to show in each placement. A write key decides for its own device (`anonymousId`); a secret key for any "
        "customer. In time, or with each placement's fallback (`slow`).",
        "Asked", "Told",
    ),
    "interact": ("Events in, as `/v1/batch` takes them, and decisions made with what they tell.", "Interacted", "Told"),
    "respond": (
        "What the customer did with a decision: `seen`, a code its action expects, or positive, neutral, negative. Saying it "
        "again changes nothing.", "Responded", "Answered",
    ),
}  # fmt: skip
_REF = "#/components/schemas/{name}"
_HOW = "Read as JSON whatever the Content-Type says, gzip is seen by itself. Answered when it is durable."
_REFUSED = {
    "400": "Nothing of it can be taken: the message says what is wrong, and what would be right",
    "401": "No write key that is known",
    "403": "Not for this page, or a secret key in a body",
    "404": "Nothing at this address",
    "413": "Larger than this source may send",
    "429": "Too much right now: Retry-After says when to send it again",
    "503": "Not durable in time: Retry-After says when to send it again",
}
_KEYS = {
    "writeKey": {"type": "http", "scheme": "basic", "description": "a write key as user name"},
    "writeKeyBearer": {"type": "http", "scheme": "bearer", "description": "a write key"},
    "writeKeyInAddress": {"type": "apiKey", "in": "query", "name": "writeKey", "description": "a write key"},
}
_NONE: list[str] = []
_OPEN: list[dict[str, list[str]]] = [*({name: _NONE} for name in _KEYS), {}]  # {}: the body's own `writeKey`
_QUERY = {"in": "query", "required": False}


def added(schema: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI description with these paths in it, first."""
    parts = schema["components"]
    components = {
        **parts,
        "schemas": {**_schemas(), **parts["schemas"]},
        "securitySchemes": {**parts["securitySchemes"], **_KEYS},
    }
    for one in (call for path in schema["paths"].values() for call in path.values()):
        _leave_out(one.get("requestBody", {}))
        _also_csv(one)
    return {**schema, "paths": {**paths(), **schema["paths"]}, "components": components}


def _leave_out(body: dict[str, Any]) -> None:
    """A body that may be null may be left out; the framework describes it as required."""
    if any({"type": "null"} in one["schema"].get("oneOf", []) for one in body.get("content", {}).values()):
        body["required"] = False


def _also_csv(call: dict[str, Any]) -> None:
    """Who asks with `format=csv` is not answered JSON; the framework describes one kind of answer."""
    if any(one["name"] == "format" and "csv" in one["schema"].get("enum", ()) for one in call.get("parameters", ())):
        call["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}


def _schemas() -> dict[str, Any]:
    """Every shape the paths name."""
    decided = [deciding.Asked, deciding.Interacted, deciding.Responded, deciding.Told, Answered]
    types = [*dict.fromkeys(BODIES.values()), Batch, Imported, Taken, NotHeard, shapes.LiveItem, *decided]
    return msgspec.json.schema_components(types, schema_hook=_moment, ref_template=_REF)[1]


def _moment(type_: type) -> dict[str, str]:
    if type_ is Instant:
        return {"type": "string", "format": "date-time"}
    raise NotImplementedError  # msgspec's contract of a `schema_hook`: it does not know the type, msgspec tells which


def paths() -> dict[str, Any]:
    """Path -> its operations."""
    told = {f"/v1/{call}": {"post": _call(call)} for call in CALLS}
    told |= {"/v1/batch": {"post": _batch()}, "/v1/import": {"post": _import()}}
    told |= {"/beacon/v1/batch": {"post": {**_batch(), "operationId": "beacon", "summary": "Beacon"}}}
    told |= {"/v1/pixel/{call}": {"get": _pixel(), "post": _posted_pixel()}}
    told |= {f"/v1/{name}": {"post": _decision(name)} for name in DECIDED}
    return {**told, **_asked_by_browsers(), "/api/live": {"get": _live()}}


def _decision(name: str) -> dict[str, Any]:
    text, asked, told = DECIDED[name]
    body = {"required": True, "content": {"application/json": {"schema": _ref(asked)}}}
    return _operation(name, text, _json("What was decided, or kept", _ref(told)), tag="decisions", requestBody=body)


def _operation(name: str, text: str, answers: dict[str, Any], *, tag: str = EVENTS, **more: Any) -> dict[str, Any]:
    refused = {
        status: {"description": why, "content": {"application/json": {"schema": _ref("NotHeard")}}}
        for status, why in _REFUSED.items()
    }
    return {
        "tags": [tag],
        "operationId": name,
        "summary": name.replace("_", " ").capitalize(),
        "description": text,
        "security": _OPEN,
        "responses": {"200": answers, **refused},
        **more,
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _json(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_TAKEN = _json("Durable; `errors` names what of it was not taken", _ref("Taken"))


def _call(call: str) -> dict[str, Any]:
    text = f"{TEXTS[call]} Also at `/v1/{call[0]}`. {_HOW}"
    return _operation(call, text, _TAKEN, requestBody=_body(_ref(BODIES[call].__name__)))


def _batch() -> dict[str, Any]:
    text = (
        "Many events at once, also at `/v1/b`, and at `/beacon/v1/batch` for pages that are left. One that cannot be taken does "
        f"not cost the others. Where events name write keys themselves, each is judged by its own. {_HOW}"
    )
    return _operation("batch", text, _TAKEN, requestBody=_body(_ref("Batch")))


def _import() -> dict[str, Any]:
    text = (
        "History from a server, with a secret key: events of Harken's own dialect, one a line or an array, or a Segment "
        f"batch. `source` names whose events they are. With a write key it is a batch like any other. {_HOW}"
    )
    body = _body({"anyOf": [{"type": "array", "items": _ref("Imported")}, _ref("Imported"), _ref("Batch")]})
    source = {**_QUERY, "name": "source", "schema": {"type": "string"}, "description": "whose events these are"}
    return _operation("import", text, _TAKEN, requestBody=body, parameters=[source])


def _which(where: list[dict[str, Any]]) -> list[dict[str, Any]]:
    call = {"name": "call", "in": "path", "required": True, "schema": {"type": "string", "enum": list(CALLS)}}
    return [call, *where]


def _pixel() -> dict[str, Any]:
    data = {**_QUERY, "name": "data", "schema": {"type": "string"}, "description": "base64 of one event as JSON"}
    text = "One event in the address of an image, for places without scripts. Always an image; `X-Harken-Error` tells what was wrong."
    image = {"description": "One transparent point", "content": {"image/gif": {"schema": {"type": "string"}}}}
    return _operation("pixel", text, image, parameters=_which([data]))


def _posted_pixel() -> dict[str, Any]:
    text = "The same event as the body: JSON, base64 of it, or a form's `data`. Told what became of it, as everywhere."
    return _operation("post_pixel", text, _TAKEN, requestBody=_body({"type": "object"}), parameters=_which([]))


def _asked_by_browsers() -> dict[str, Any]:
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "description": "a write key"}
    document = _json("Where to send events", {"type": "object"})
    script = {"description": "A script", "content": {"application/javascript": {"schema": {"type": "string"}}}}
    asked = {
        "/v1/projects/{key}/settings": _operation(
            "client_settings", "What analytics-next asks before it sends.", document, parameters=[key]
        ),
        "/sourceConfig": _operation(
            "source_config", "What RudderStack's browser client asks before it sends.", document
        ),
        "/analytics.js/v1/{key}/analytics.min.js": _operation(
            "client_script",
            "The script a standard snippet loads: the file that the setting `snippet` names, or one that says on the page's "
            "console what is missing.",
            script,
            parameters=[key],
        ),
    }
    return {path: {"get": one} for path, one in asked.items()}


def _live() -> dict[str, Any]:
    text = (
        "Events as they are heard, as Server-Sent Events that do not end: `data` is a LiveItem, `id` its place. Who comes "
        "back with `Last-Event-ID` misses nothing (`event: gap` says which numbers are told no more)."
    )
    last = {"in": "header", "name": "Last-Event-ID", "schema": {"type": "integer"}, "description": "go on after this"}
    after = {**_QUERY, "name": "after", "schema": {"type": "integer"}, "description": "the same, for a first request"}
    recent = {**_QUERY, "name": "recent", "schema": {"type": "integer", "maximum": 1000},
              "description": "how many of the newest to begin with, when there is no place to go on from"}  # fmt: skip
    channel = {**_QUERY, "name": "channel", "schema": {"type": "string"}, "description": "only these, parted by commas"}
    stream = {"description": "A stream", "content": {"text/event-stream": {"schema": _ref("LiveItem")}}}
    told = _operation("live", text, stream, tag="journeys", parameters=[last, after, recent, channel])
    del told["security"]  # a secret key, as everything of /api
    return told
