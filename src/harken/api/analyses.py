"""Questions about journeys -> one operation for each analysis there is, and one for the customers behind its rows."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.spec import Example
from litestar.params import Body, FromQuery, QueryParameter

from harken.api import shapes
from harken.api.answers import (
    AnalysisAnswer,
    AnalysisUse,
    answer_of,
    body_of,
    csv_of,
    example_body,
    row_body_of,
    said,
    use_of,
)
from harken.api.explore import JOURNEYS
from harken.api.operation import TheHub, operation
from harken.api.read import Cursor, Limit, brief
from harken.understand import Analysis, analyses

Format = FromQuery[Literal["json", "csv"]]
Table = Annotated[
    str, QueryParameter(max_length=100, description="with `format=csv`: which table; the first if not said")
]


@operation(get, "/api/analyses", JOURNEYS)
def list_analyses() -> shapes.Page[AnalysisUse]:
    """Every kind of question there is: what it tells, the JSON Schema of the body that asks it, and examples.
    `POST /api/journeys/{name}` asks it."""
    return shapes.Page(data=[use_of(one) for one in analyses().values()])


def asking(analysis: Analysis) -> HTTPRouteHandler:
    """The operation that asks one analysis."""

    def ask(hub: Any, data: Any, format: Any = "json", table: Any = "") -> Any:
        question = said(data)
        found = hub.journeys.ask(analysis.name, **question)
        if format == "csv":
            return Response(csv_of(found, table), media_type="text/csv")
        return answer_of(found, question["segment"])

    told = f"{analysis.summary} `format=csv` answers one of its tables."
    types = {
        "data": Annotated[body_of(analysis), Body(examples=_examples(analysis))],
        "format": Format,
        "table": Table,
        "return": AnalysisAnswer,
    }
    return operation(post, f"/api/journeys/{analysis.name}", JOURNEYS)(_named(ask, f"ask_{analysis.name}", told, types))


def listing(analysis: Analysis) -> HTTPRouteHandler:
    """The operation that lists who is behind a row of one analysis."""

    def people(hub: Any, data: Any, cursor: Any = "", limit: Any = 50) -> Any:
        ids = hub.journeys.customers(analysis.name, data.row, **said(data))
        page = hub.profiles(among=set(ids), after=cursor, limit=limit)
        return shapes.ProfilePage(data=[brief(one) for one in page.data], next_cursor=page.next or None, total=len(ids))

    told = (
        f"The customers behind a row of `{analysis.name}`, who was seen last first: as many as the row counts. The body is "
        "the question that was asked, and `row`."
    )
    types = {"data": Annotated[row_body_of(analysis), Body()], "cursor": Cursor, "limit": Limit,
             "return": shapes.ProfilePage}  # fmt: skip
    path = f"/api/journeys/{analysis.name}/customers"
    return operation(post, path, JOURNEYS)(_named(people, f"list_customers_of_{analysis.name}", told, types))


def _examples(analysis: Analysis) -> list[Example]:
    return [
        Example(summary=f"{number}", value=example_body(analysis, one))
        for number, one in enumerate(analysis.examples, 1)
    ]


def _named(function: Any, name: str, told: str, types: dict[str, Any]) -> Any:
    """A function as the framework reads it."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = told
    function.__annotations__ = {"hub": TheHub, **types}
    function.__signature__ = inspect.signature(function).replace(
        parameters=[
            one.replace(annotation=function.__annotations__[one.name])
            for one in inspect.signature(function).parameters.values()
        ],
        return_annotation=types["return"],
    )
    return function


def _handlers() -> Iterator[BaseRouteHandler]:
    yield list_analyses
    for analysis in analyses().values():
        yield from _both(asking(analysis))
        if analysis.customers is not None:
            yield from _both(listing(analysis))


def _both(handler: HTTPRouteHandler) -> Iterator[BaseRouteHandler]:
    """An operation; also where its name is written as commands are, `/api/journeys/next-step`, which the docs leave out."""
    yield handler
    dashed = {path.replace("_", "-") for path in handler.paths} - {*handler.paths}
    if dashed:
        yield post([*dashed], include_in_schema=False, status_code=200, sync_to_thread=True)(handler.fn)


HANDLERS: Sequence[BaseRouteHandler] = tuple(_handlers())
