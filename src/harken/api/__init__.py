"""The HTTP face: a request in -> a hub verb -> an answer out.

ingest.py     events (bare ASGI); bodies.py reads, gate.py admits, outcome.py tells what became of them
clients.py    what browser clients ask before they send
read.py       one customer and many: the read API
configure.py  documents, keys, jobs
live.py       events as they are heard
pages.py      the page at / and its sign-in, the API's docs page
status.py     health and metrics
auth.py       which key speaks
wire.py       ASGI in, answers out, the one shape of errors
shapes.py     times and cursors as answers tell them
"""

from __future__ import annotations

from harken.api.app import Face, create_app

__all__ = ["Face", "create_app"]
