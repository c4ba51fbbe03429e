"""What browser clients ask before they send -> small documents that point them at this hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import structlog

from harken.api.auth import Door
from harken.api.gate import cors, preflight
from harken.api.wire import JSON, Scope, Send, WrongMethod, answer, request_id
from harken.errors import Unauthorized
from harken.words import AccessKey

_SETTINGS = re.compile(r"/v1/projects/([^/]{1,512})/settings/?")
_SNIPPET = re.compile(r"/analytics\.js/v1/([^/]{1,512})/analytics(?:\.min)?\.js")
_CONFIG = frozenset({"/sourceConfig", "/sourceConfig/"})
_HOST = re.compile(r"[A-Za-z0-9.\-:\[\]]{1,255}")
_NO_SCRIPT = b"""console.error("Harken hears events, but it has no analytics.js to give to this page, so nothing is sent. \
Whoever runs the hub: npm install @segment/analytics-next, and start the hub with the setting `snippet` \
(HARKEN_SNIPPET) naming node_modules/@segment/analytics-next/dist/umd/standalone.js. \
Or load that file from your own site with this hub as apiHost.");
"""
log = structlog.get_logger("harken.api")
_ON: dict[str, Any] = {"__default": {"enabled": True, "integrations": {}}}


class Clients:
    """Answers analytics-next (settings, snippet) and RudderStack's browser client (source configuration)."""

    def __init__(self, door: Door, prefix: str, snippet: str) -> None:
        self._door = door
        self._prefix = prefix
        self._snippet = Path(snippet) if snippet else None

    @staticmethod
    def asked(path: str) -> bool:
        """Whether a path is one of theirs."""
        return path in _CONFIG or bool(_SETTINGS.fullmatch(path) or _SNIPPET.fullmatch(path))

    async def take(self, scope: Scope, send: Send) -> None:
        """One such request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        rid = (b"x-request-id", request_id(headers.get(b"x-request-id")))
        if scope["method"] == "OPTIONS":
            await answer(send, 204, [*preflight(headers), rid], b"")
            return
        if scope["method"] not in {"GET", "HEAD"}:
            raise WrongMethod("GET, OPTIONS")
        path: str = scope["path"]
        if _SNIPPET.fullmatch(path):
            body, kept = self._script()
            head = [(b"content-type", b"application/javascript; charset=utf-8"), (b"cache-control", kept)]
            head += [(b"x-content-type-options", b"nosniff"), (b"cross-origin-resource-policy", b"cross-origin")]
            await answer(send, 200, [*head, *cors(headers.get(b"origin")), rid], body)
            return
        settings = _SETTINGS.fullmatch(path)
        texts = [settings[1]] if settings else self._door.told(headers, scope["query_string"])
        key = await self._door.find(texts)
        if key is None or key.kind != "write":
            raise Unauthorized("no known write key in this address or its Authorization", code="unknown_key")
        document = _segment(texts[0], self._place(headers, scope)) if settings else _rudder(key, texts[0])
        await answer(send, 200, [*JSON, *cors(headers.get(b"origin")), rid], msgspec.json.encode(document))

    def _script(self) -> tuple[bytes, bytes]:
        """The browser script, and how long it may be kept; without one, a script that tells whoever looks into the
        page's console what is missing (the page itself goes on as if nothing were)."""
        if self._snippet is not None and self._snippet.is_file():
            return self._snippet.read_bytes(), b"public, max-age=300"
        missing = f"there is no file {self._snippet}" if self._snippet is not None else "it was given none"
        log.warning("no analytics.js to serve", why=missing)
        return _NO_SCRIPT, b"no-store"

    def _place(self, headers: Mapping[bytes, bytes], scope: Scope) -> tuple[str, str]:
        """Protocol and host (with /v1, without scheme) as the browser sees them."""
        host = headers.get(b"x-forwarded-host", headers.get(b"host", b"")).decode("latin-1")
        told = headers.get(b"x-forwarded-proto", b"").decode("latin-1")
        protocol = told if told in {"http", "https"} else scope.get("scheme", "http")
        return protocol, (host if _HOST.fullmatch(host) else "") + self._prefix + "/v1"


def _segment(write_key: str, place: tuple[str, str]) -> dict[str, Any]:
    protocol, host = place
    return {
        "integrations": {
            "Segment.io": {
                "apiKey": write_key,
                "apiHost": host,
                "protocol": protocol,
                "unbundledIntegrations": [],
                "addBundledMetadata": False,
                "maybeBundledConfigIds": {},
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
                "type": "browser",
                "bundlingStatus": "bundled",
            }
        },
        "plan": {"track": _ON, "identify": {"__default": {"enabled": True}}, "group": {"__default": {"enabled": True}}},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


def _rudder(key: AccessKey, write_key: str) -> dict[str, Any]:
    off = {"enabled": False}
    return {
        "source": {
            "id": key.source or key.id,
            "name": key.source or key.id,
            "writeKey": write_key,
            "enabled": True,
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "connections": [],
            "destinations": [],
            "dataplanes": {},
            "workspaceId": "harken",
            "sourceDefinition": {"name": "Javascript", "id": "javascript", "category": None},
            "updatedAt": "2026-01-01T00:00:00.000Z",
        },
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "isHosted": True,
    }
