"""A function over the hub -> one operation of the API: its address, its place in the docs, how it may be refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from harken.api import shapes
from harken.api.auth import Door
from harken.hub import Hub

FAULTS = {
    status: ResponseSpec(data_container=shapes.Fault, description=text, generate_examples=False)
    for status, text in {
        400: "Something in the request is wrong; the message says what, and what would be right",
        401: "No key, or one that is not known",
        403: "A key that may not do this",
        404: "Nothing by that name; the message says what there is",
        409: "It was true when it was read, not any more: read again",
        429: "Full right now: Retry-After says when to come again",
        503: "A part the hub needs does not answer: Retry-After says when to come again",
    }.items()
}


TheHub: TypeAlias = NamedDependency[Hub]
TheDoor: TypeAlias = NamedDependency[Door]
By: TypeAlias = NamedDependency[str]  # who asks, for the record


class Route(Protocol):
    """`litestar.get` and its like."""

    def __call__(self, path: str, **told: Any) -> Callable[[Callable[..., Any]], HTTPRouteHandler]: ...


def operation(
    route: Route, path: str, tag: str, *, status: int = 200
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """Serve a blocking function in a thread; its name and docstring are what the docs say."""

    def serve(function: Callable[..., Any]) -> HTTPRouteHandler:
        name = function.__name__
        return route(
            path,
            operation_id=name,
            summary=name.replace("_", " ").capitalize(),
            description=inspect.cleandoc(function.__doc__ or ""),
            tags=[tag],
            status_code=status,
            responses=FAULTS,
            sync_to_thread=True,
        )(function)

    return serve
