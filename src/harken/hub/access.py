"""A key somebody shows -> what it may do. Keys are made here, shown once, and kept only as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from harken.errors import Invalid, NotFound
from harken.hub.core import Core
from harken.words import AccessKey, digest

FRESH_SECONDS = 2.0  # how soon a key made or revoked on another node counts here
SHORTEST = 8


class Access:
    """Write keys let events in and nothing else; secret keys read, import and configure."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: dict[str, AccessKey] = {}
        self._read_at = 0.0

    def create(
        self,
        kind: Literal["write", "secret"] = "write",
        *,
        source: str = "",
        label: str = "",
        origins: Sequence[str] = (),
        per_second: int = 0,
        preset: str = "",
    ) -> tuple[AccessKey, str]:
        """A new key and its plain text, which is told this once. `preset` is a text somebody chose; setting the
        same one again changes nothing."""
        if preset and len(preset) < SHORTEST:
            raise Invalid(f"a key has at least {SHORTEST} characters")
        if per_second < 0:
            raise Invalid("a rate limit is a number of events per second, 0 for none")
        plain = preset or f"hk_{kind}_{secrets.token_urlsafe(24)}"
        key = AccessKey(
            id=digest("key", _hash(plain)),
            kind=kind,
            hashed=_hash(plain),
            hint=plain[-4:],
            source=source or ("web" if kind == "write" else ""),
            label=label,
            origins=tuple(origins),
            per_second=per_second,
            created=self._core.clock(),
        )
        with self._core.read() as view:
            there = next((one for one in view.keys() if one.id == key.id), None)
        if there is not None and not there.revoked:
            return there, plain
        self._core.write(lambda tx: tx.write_keys([key]))
        self._read_at = 0.0
        return key, plain

    def list(self) -> list[AccessKey]:
        """Every key ever made, oldest first."""
        with self._core.read() as view:
            return sorted(view.keys(), key=lambda key: (key.created, key.id))

    def revoke(self, id: str) -> AccessKey:
        """Let a key open nothing any more; `id` as `list` shows it."""
        found = next((key for key in self.list() if key.id == id), None)
        if found is None:
            raise NotFound(f"no key with the id '{id}'; `harken keys list` shows them", code="unknown_key")
        ended = found if found.revoked else replace(found, revoked=self._core.clock())
        self._core.write(lambda tx: tx.write_keys([ended]))
        self._read_at = 0.0
        return ended

    def check(self, plain: str) -> AccessKey | None:
        """The key that was shown, or None when it is not known or was revoked. Takes as long for either."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            with self._core.read() as view:
                self._known = {key.hashed: key for key in view.keys() if not key.revoked}
            self._read_at = time.monotonic()
        hashed = _hash(plain)
        key = self._known.get(hashed)
        return key if key is not None and hmac.compare_digest(key.hashed, hashed) else None


def _hash(plain: str) -> str:
    """Keys are long and random, so one round of SHA-256 is enough; nothing can be guessed from it."""
    return hashlib.sha256(plain.encode()).hexdigest()
