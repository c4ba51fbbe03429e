"""Events of recognized customers -> what is remembered of them: trail states, their join, segments.

    plan = prepare(config)                       rules compiled, stages looked up; once a configuration
    fold(state, event, plan)                     one event into its trail's state
    noted(encoded, events, plan)                 the same of several, put off until the state is read
    join(states)                                 a profile's memory is the join of its trails
    customer(pid, joined, …, plan, now)          what is shown of it
    affected(events, plan), judge(pid, joined, …)   segments entered and left, and when to look again

A state follows from the set of a trail's events, never from the order they came in, so late events, merges and
un-merges need no repair; the few places where that would take more than is kept make `fold` answer True, and
`refold(events, plan)` makes the exact state from the log. Nothing here knows what time it is: `now` is told.

    names.py     which names stay when there are too many      counters.py  how often, and when
    visits.py    moments to visits                             traits.py    runs of values
    sums.py      topics and money by day                       consent.py   by purpose and place
    devices.py   the devices seen last                         state.py     all of it: fold, refold, join
    dealings.py  decisions and responses, as limits count them
    notes.py     an event as small as it can be put off        plan.py      configuration compiled; affected
    facts.py     what rules read of a state                foretold.py  the chance of a goal, looked up
    customer.py  what is shown                                 judging.py   segments
"""

from harken.remember.consent import Consent
from harken.remember.customer import (
    Change,
    ChannelTally,
    Customer,
    Decision,
    Stages,
    Tally,
    TouchpointTally,
    TraitNow,
    customer,
    interests,
)
from harken.remember.devices import Device
from harken.remember.facts import Remembered
from harken.remember.foretold import BEGIN, REST, Foretold, Last, Table, last_steps
from harken.remember.judging import Judged, judge, why
from harken.remember.plan import Plan, affected, prepare
from harken.remember.state import TrailState, blank, decode, encode, fold, join, noted, refold
from harken.remember.sums import READS

__all__ = [
    "BEGIN", "READS", "REST", "Change", "ChannelTally", "Consent", "Customer", "Decision", "Device", "Foretold", "Judged",
    "Last", "Plan", "Remembered", "Stages", "Table", "Tally", "TouchpointTally", "TrailState", "TraitNow", "affected",
    "blank", "customer", "decode", "encode", "fold", "interests", "join", "judge", "last_steps", "noted", "prepare",
    "refold", "why",
]  # fmt: skip
