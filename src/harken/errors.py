"""Every error Harken raises, as one tree. A refusal inside the data's way is a value (`words.Dropped`), not an error.

HarkenError
├── Invalid            the caller sent or wrote something wrong: says what, where, and what would be right (HTTP 400)
│   ├── TooLarge       over a stated limit (413)
│   └── Conflict       true when it was written, not any more: read again and retry (409)
├── Unauthorized       no key, or one that is not known (401)
├── Forbidden          a known key that may not do this (403)
├── NotFound           nothing by that name; says what there is (404)
├── Busy               full right now; try again after `retry_after` seconds (429)
└── Unavailable        a part the hub needs does not answer: store, lake, disk (503)
"""

from __future__ import annotations


class HarkenError(Exception):
    """The root. `code` is stable for machines, the message is for people."""

    status = 500
    code = "internal"

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        if code:
            self.code = code


class Invalid(HarkenError):
    """The caller sent or wrote something wrong."""

    status = 400
    code = "invalid"


class TooLarge(Invalid):
    """Over a stated limit."""

    status = 413
    code = "too_large"


class Conflict(Invalid):
    """It was true when it was written, not any more."""

    status = 409
    code = "conflict"


class Unauthorized(HarkenError):
    """No key, or one that is not known."""

    status = 401
    code = "unauthorized"


class Forbidden(HarkenError):
    """A known key that may not do this."""

    status = 403
    code = "forbidden"


class NotFound(HarkenError):
    """Nothing by that name."""

    status = 404
    code = "not_found"


class Busy(HarkenError):
    """Full right now."""

    status = 429
    code = "busy"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(HarkenError):
    """A part the hub needs does not answer."""

    status = 503
    code = "unavailable"
