"""The team's own priority x levers: what is ranked highest is shown. Learns nothing."""

from __future__ import annotations

import numpy as np

from harken.decide.policy import Asked, Ranked


class Priority:
    """What the team says counts."""

    name = "priority"
    about = "The team's priority of each action, times its levers. Learns nothing."
    learns = False

    def rank(self, asked: Asked) -> Ranked:
        utility = asked.plan.priority[asked.numbers] * asked.weight
        return Ranked(utility=utility, chance=np.full(len(utility), np.nan))


POLICY = Priority()
