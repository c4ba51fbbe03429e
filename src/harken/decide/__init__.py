"""A customer and a placement -> the decision what to show there, and why.

plan = prepare(acting)                                  rules compiled, actions by number; once a configuration
decide(plan, placement, customer, now, seed=…, …)       gates -> control group -> policy -> choice

plan.py      what was published, compiled       control.py   who is compared with
gates.py     what may be shown                  policy.py    the contract of a policy; policies/ has them
dealings.py  what limits count                  choose.py    how good -> which, with the chance it had
decision.py  all of it in one pass

features.py  a customer as numbers under names             estimates.py  what another policy would have got (forecast.py)
learning/    what answers teach the policy `harken`        betting.py    evidence one may look at every day
"""

from harken.decide.choose import Pick, choose
from harken.decide.control import control_of, portion
from harken.decide.dealings import NOTHING, Dealings
from harken.decide.decision import Decided, Shown, decide, lifted, rank, slot_of
from harken.decide.gates import BIT, GATES, Customer, Judged, judge
from harken.decide.plan import Plan, Slot, There, prepare
from harken.decide.policy import Asked, Policy, Ranked

__all__ = [
    "BIT", "GATES", "NOTHING", "Asked", "Customer", "Dealings", "Decided", "Judged", "Pick", "Plan", "Policy", "Ranked", "Shown",
    "Slot", "There", "choose", "control_of", "decide", "judge", "lifted", "portion", "prepare", "rank", "slot_of",
]  # fmt: skip
