"""Ids and times, as everything names them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import TypeAlias

Micros: TypeAlias = int
SECOND: Micros = 1_000_000
DAY: Micros = 86_400 * SECOND


def digest(*parts: str) -> str:
    """A 96-bit id (16 URL-safe characters) that follows from the parts; no two sets of parts share one in practice.

    >>> digest("user_id", "ada") == digest("user_id", "ada")
    True
    >>> len(digest("email", "ada@example.test"))
    16
    """
    return urlsafe_b64encode(blake2b("\x1f".join(parts).encode(), digest_size=12).digest()).decode()
