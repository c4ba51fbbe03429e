"""A wish to try the hub out -> whether it is empty, and a small Tideline in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from harken.api.moments import told
from harken.api.operation import By, TheHub, operation

RUNNING = "running"


class Sample(Struct, frozen=True, kw_only=True):
    """Whether the hub never heard anything (`empty`), what became of its sample data, and how much that is."""

    empty: bool
    state: Literal["none", "loading", "loaded"]
    customers: int
    days: int


@operation(get, "/api/sample", RUNNING)
def get_sample(hub: TheHub) -> Sample:
    """Whether the hub is empty, and what became of its sample data; it is `loading`, too, while a demo's history comes in."""
    return told(hub.sample.look(), Sample)


@operation(post, "/api/sample", RUNNING, status=202)
def load_sample(hub: TheHub, by: By) -> Sample:
    """Let simulated customers of a phone company (Tideline Mobile) be heard, in the background: `/api/jobs` says how far
    it is. Also publishes its configuration. Only for a hub that never heard anything."""
    return told(hub.sample.load(by=by), Sample)


HANDLERS: Sequence[BaseRouteHandler] = (get_sample, load_sample)
