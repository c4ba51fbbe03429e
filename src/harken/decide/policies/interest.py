"""What the customer is interested in: interest in the action's topic and all below it, times the team's priority.

The way ONE ranks ("interest x marketing priority"), good before anything is learned. Whoever showed no interest in any of
the topics gets what has the highest priority.
"""

from __future__ import annotations

import numpy as np

from harken.decide.policy import Asked, Ranked
from harken.rules import weight_now

LITTLE = 1e-3  # interest nobody showed yet: priority decides among such actions


class Interest:
    """Interest first."""

    name = "interest"
    about = "Interest in the action's topic, times the team's priority and its levers. Needs no learning."
    learns = False

    def rank(self, asked: Asked) -> Ranked:
        plan, facts = asked.plan, asked.customer.facts
        found: dict[str, float] = {}
        for number in asked.numbers:
            topic = plan.actions[number].topic
            if topic not in found:
                found[topic] = weight_now(facts.topic(topic), facts.half_life, asked.now) if topic else 0.0
        interest = np.array([found[plan.actions[number].topic] for number in asked.numbers])
        utility = (LITTLE + interest) * plan.priority[asked.numbers] * asked.weight
        return Ranked(utility=utility, chance=np.full(len(utility), np.nan))


POLICY = Interest()
