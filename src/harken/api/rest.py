"""A hub -> the read and configuration API as one Litestar application: routing, parameters, OpenAPI, one shape of errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar._openapi.schema_generation import SchemaCreator
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, OpenAPIFormat, OpenAPIType, Reference, Schema, SecurityScheme, Server, Tag
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from harken import __version__
from harken.api import analyses, by_hand, configure, explore, inbox, naming, outside, read, sample, segments, why
from harken.api.auth import Door
from harken.api.moments import Instant
from harken.api.refusals import code_of
from harken.api.wanted import looks, parameter
from harken.api.wire import JSON, Application, WrongMethod, fault
from harken.errors import HarkenError, Invalid, NotFound
from harken.hub import Hub

ABOUT = """Everything a hub knows, and its configuration. Every path under `/api` needs a secret key:
`Authorization: Bearer KEY`, Basic with the key as user name, or `X-API-Key`. Lists answer `{data, next_cursor}`: give
`next_cursor` back as `cursor`. Moments are ISO 8601 in UTC; parameters take dates and seconds since 1970 too. A customer
is named by `kind:value` (`email:ada@example.test`, percent-encoded where needed) or by any id the profile ever had.
Events come in at `/v1/*`, with a write key."""
TAGS = (
    Tag(outside.EVENTS, "Events in, with a write key, and what browser clients ask before they send."),
    Tag("customers", "One customer: who, what, why; merging, export, erasure."),
    Tag("journeys", "Many customers: touchpoints, segments, the journey map, every other analysis."),
    Tag("decisions", "Why something was decided, or would not be."),
    Tag("inbox", "What could not be taken, and another try."),
    Tag("configuration", "Documents: draft, check, publish, roll back."),
    Tag("running", "Keys and background work."),
)
log = structlog.get_logger("harken.api")


class Moments(OpenAPISchemaPlugin):
    """Tells OpenAPI what an Instant is."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is Instant

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME)


class Whole(JsonRenderPlugin):
    """Tells what the framework describes and what is answered without it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, outside.added(openapi_schema))


def make(hub: Hub, door: Door, prefix: str, most_bytes: int) -> Application:
    """The application; the keys it needs were checked before. `most_bytes`: of one request's body."""
    keys: dict[str, SecurityScheme | Reference] = {
        "bearer": SecurityScheme(type="http", scheme="bearer", description="a secret key"),
        "basic": SecurityScheme(type="http", scheme="basic", description="a secret key as user name"),
        "header": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header"),
    }
    return Litestar(  # type: ignore[return-value]
        route_handlers=[
            *read.HANDLERS,
            *by_hand.HANDLERS,
            *inbox.HANDLERS,
            *explore.HANDLERS,
            *analyses.HANDLERS,
            *naming.HANDLERS,
            *segments.HANDLERS,
            *configure.HANDLERS,
            *sample.HANDLERS,
            *why.HANDLERS,
        ],
        dependencies={
            "hub": Provide(lambda: hub, sync_to_thread=False),
            "door": Provide(lambda: door, sync_to_thread=False),
            "by": Provide(by, sync_to_thread=False),
        },
        exception_handlers={HarkenError: _refused, HTTPException: _refused, Exception: _refused},
        openapi_config=OpenAPIConfig(
            title="Harken",
            version=__version__,
            description=ABOUT,
            path="/api/openapi.json",
            render_plugins=[Whole(path="/")],
            use_handler_docstrings=True,
            servers=[Server(url=prefix or "/")],
            components=Components(security_schemes=keys),
            security=[{name: []} for name in keys],
            tags=list(TAGS),
        ),
        plugins=[Moments()],
        type_encoders={Instant: str},
        response_headers=[],
        logging_config=None,
        request_max_body_size=most_bytes,
    )


def by(request: Request[Any, Any, Any]) -> str:
    """Who asks, for the record: the key's label, or which key it is."""
    key = request.scope["state"]["key"]
    return str(key.label or f"key …{key.hint}")


def _refused(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    rid = str(request.scope["state"]["request_id"])
    if isinstance(error, HTTPException):
        error = _of_litestar(request, error)
    if isinstance(error, RecursionError):
        error = Invalid("the body is nested too deeply")
    if not isinstance(error, HarkenError):
        log.error("request failed", request_id=rid, exc_info=error)
    request.scope["state"]["code"] = code_of(error)  # for the log
    status, extra, body = fault(error, rid.encode())
    headers = {name.decode(): value.decode() for name, value in (*JSON, *extra) if name != b"content-type"}
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def _of_litestar(request: Request[Any, Any, Any], error: HTTPException) -> Exception:
    """The framework's words in ours: which parameter, what is wrong with it."""
    if error.status_code == 404:
        return NotFound(
            f"there is nothing at {request.scope['path']}; /api/docs lists what there is", code="no_such_address"
        )
    if error.status_code in {400, 413}:
        wrong = [_wrong(request, one) for one in error.extra or [] if isinstance(one, dict)]
        return _with_status(Invalid(_with_body(request, wrong, error.detail)), error.status_code)
    if error.status_code == 405:
        return WrongMethod((error.headers or {}).get("allow", ""))
    if error.status_code < 500:
        return _with_status(Invalid(error.detail, code="not_allowed"), error.status_code)
    return error


def _wrong(request: Request[Any, Any, Any], one: dict[str, Any]) -> str:
    """One thing that is wrong: a parameter by the name it has in the address, with what it may be; or what was said."""
    key = one.get("key", "body")
    field = request.route_handler.parsed_fn_signature.parameters.get(key)
    if field is None or key == "data":
        return f"{key}: {one.get('message')}"
    name, right = parameter(field)
    sent = (request.query_params if name in request.query_params else request.path_params).get(name, "")
    return f"{name}: '{str(sent)[:40]}' is not {right}"


def _with_body(request: Request[Any, Any, Any], wrong: Sequence[str], detail: str) -> str:
    """What is wrong; and how the body should be, when it is the body."""
    field = request.route_handler.parsed_data_field
    if field is None:
        return "; ".join(wrong) or detail
    told = ["there is no body" if one == "data: 'data'" else one.replace("data: ", "body: ", 1) for one in wrong]
    return f"{'; '.join(told) or 'body: ' + detail}; this address takes as body {looks(field.annotation)}"


def _with_status(error: HarkenError, status: int) -> HarkenError:
    error.status = status
    return error
