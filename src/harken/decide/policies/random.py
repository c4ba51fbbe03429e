"""Every action that passes the gates is as likely as any other: what the other policies have to beat."""

from __future__ import annotations

import numpy as np

from harken.decide.policy import Asked, Ranked


class Random:
    """All the same."""

    name = "random"
    about = "Every action that passes the gates has the same chance. What other policies are compared with."
    learns = False

    def rank(self, asked: Asked) -> Ranked:
        count = len(asked.numbers)
        return Ranked(utility=np.ones(count), chance=np.full(count, np.nan))


POLICY = Random()
