"""Events and what is known of their identifiers -> whose they are: trails, profiles, what to write, what moves.

    plan = prepare(config)                                    # once per configuration
    graph = Graph()                                           # kept between transactions, while nobody else writes
    while True:                                               # read what is needed
        if ids := strangers(events, graph, plan):
            meet(graph, store.known(ids).values(), ids)
        if not (ids := missing(events, graph, plan)):
            break
        absorb(graph, store.known(ids).values(), store.evidence(ids), ids)
    found = recognize(events, graph, plan)                    # and decide

(`strangers` only spares reading: the loop over `missing` alone is right, too.)

Who is one customer is a function of the SET of what was heard and decided by hand: not of the order of arrival, nor of
batches, nor of what a Graph holds. How it is decided stands in `resolve`; what an event says in `plan`; what must be
looked at again in `component`; under which account a device's anonymous events are filed in `filing`.

Throw the Graph away after a transaction that failed, and whenever somebody else may have written.
"""

from harken.recognize.batch import missing, strangers
from harken.recognize.by_hand import holding, last_merge, merge, rejudge, release, revise, take_back, undo, unmerge
from harken.recognize.component import frontier
from harken.recognize.explain import Link, as_of, explain
from harken.recognize.filing import WINDOW, account_at, file, rebuild_claims, runs, trail_of
from harken.recognize.graph import Graph, absorb, forget_trail, meet, members, owner, trim
from harken.recognize.plan import UNVERIFIED, Plan, prepare
from harken.recognize.settle import Recognition, recognize

__all__ = [
    "UNVERIFIED",
    "WINDOW",
    "Graph",
    "Link",
    "Plan",
    "Recognition",
    "absorb",
    "account_at",
    "as_of",
    "explain",
    "file",
    "forget_trail",
    "frontier",
    "holding",
    "last_merge",
    "meet",
    "members",
    "merge",
    "missing",
    "owner",
    "prepare",
    "rebuild_claims",
    "recognize",
    "rejudge",
    "release",
    "revise",
    "runs",
    "strangers",
    "take_back",
    "trail_of",
    "trim",
    "undo",
    "unmerge",
]
