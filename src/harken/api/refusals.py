"""A request that was refused -> one line in the log: which, where, how and how long; never what was in it. A flood of them
is counted instead."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from msgspec import Struct

from harken.api.wire import Scope
from harken.errors import HarkenError

log = structlog.get_logger("harken.api")

WINDOW_SECONDS = 60.0
LINES = 30  # of one status in a window; how many more there were is told at its end. 5xx are told always
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_KINDS = (
    "source",
    "key",
    "touchpoint",
    "stage",
    "segment",
    "goal",
    "survey",
    "interests",
    "view",
    "idea",
    "placement",
    "action",
    "limit",
    "lever",
    "control",
)
_ADDRESSES = """api profiles timeline identity merge unmerge take-back export config check publish rollback retire dead-letter counts
discard replay erasures identifiers analyses customers release jobs journeys map moves keys live openapi.json docs docs.css docs.js quarantine
sample segments touchpoints preview properties propose chance chances decisions why why-not decide interact respond session healthz readyz metrics v1 v2 beacon batch import track identify page
screen group alias pixel t i p s g a b m projects settings sourceConfig analytics.js"""
_WORDS = frozenset({*_ADDRESSES.split(), *_KINDS})
_NAMED: Mapping[str, str] = {
    "profiles": "{ref}",
    "identifiers": "{ref}",
    "config": "{kind}",
    "keys": "{id}",
    "erasures": "{id}",
    "decisions": "{id}",
    "projects": "{key}",
    **dict.fromkeys(_KINDS, "{ref}"),
}


class Refused(Struct, frozen=True):
    """How a request was refused."""

    request_id: str
    status: int
    code: str
    seconds: float


class Refusals:
    """Tells refusals to the log. Called on the event loop only."""

    def __init__(self) -> None:
        self._told: dict[int, int] = {}  # by status, in this window

    def tell(self, scope: Scope, refused: Refused) -> None:
        """One refused request."""
        status = refused.status
        method = scope["method"]
        about = {
            "request_id": refused.request_id,
            "method": method if method in _METHODS else "other",
            "path": template(scope["path"]),
            "status": status,
            "code": refused.code,
            "milliseconds": round(refused.seconds * 1_000, 1),
        }
        if status >= HarkenError.status:
            log.warning("refused", **about)
            return
        if not self._told:
            asyncio.get_running_loop().call_later(WINDOW_SECONDS, self.sum_up)
        told = self._told[status] = self._told.get(status, 0) + 1
        if told <= LINES:
            log.info("refused", **about)

    def sum_up(self) -> None:
        """Tell how many more there were than lines; a new window begins with the next."""
        for status, told in sorted(self._told.items()):
            if told > LINES:
                log.info("refused more", status=status, times=told - LINES, seconds=WINDOW_SECONDS)
        self._told.clear()


def code_of(error: Exception) -> str:
    """The code an answer has for an error."""
    return error.code if isinstance(error, HarkenError) and error.status != HarkenError.status else "internal"


def template(path: str) -> str:
    """A path with only the words of the hub's own addresses in it: whatever else is there may name a customer or a key.

    >>> template("/api/profiles/email:ada@example.test/timeline"), template("/api/config/touchpoint/web: Home/publish")
    ('/api/profiles/{ref}/timeline', '/api/config/touchpoint/{ref}/publish')
    >>> template("/v1/projects/hk_write_1/settings"), template("/wp-login.php"), template("/")
    ('/v1/projects/{key}/settings', '/{…}', '/')
    """
    told: list[str] = []
    for part in path.strip("/").split("/", 12)[:12]:
        if part in _WORDS:
            told.append(part)
        elif part and not (told and told[-1].startswith("{")):  # a name may hold slashes
            told.append(_NAMED.get(told[-1] if told else "", "{…}"))
    return "/" + "/".join(told)
