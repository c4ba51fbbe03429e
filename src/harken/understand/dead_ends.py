"""Journeys after a sign of intent in; at which places customers left more often than at others, and what that took, out.

Like is compared with like: everybody who meant something (made a step of intent not long before, and reached no goal since)
and came to a place, with everybody who meant something and came to another one, as many steps on and with or without a goal before.
Of who left, only the excess over those other places is lost; each of these would have reached a goal as often as those
who went on from the same place did. So where people leave as often as anywhere, nothing is lost, however many they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harken.logs import Ints
from harken.understand.handoffs import STRATA, outcome
from harken.understand.kernels import A, compiled
from harken.understand.matched import Contrast, Sums, contrasted, difference, effective, interval, standard

CAME, LEFT = range(2)


@compiled
def leaving(  # noqa: C901, PLR0912  # one pass is one loop
    off: A, place: A, occurred: A, emotion: A, who: A, open_: A, intent: A, goal: A, pushed: A, start_of: A, contact: A,
    long: int, within: int, until: int, counts: A, having: A, without: A,
) -> None:  # fmt: skip
    """Add customers who came to each start after intent, and those who left there, to `counts` (start, stratum, 2); and
    what became of those who left (`having`) and of the others (`without`), as `contrast` does.

    `long`: at most so long after the last step of intent. A customer counts once for each start, in the stratum of the first such step there. The last step of an open journey
    says nothing: nobody knows yet whether it is the last one.
    """
    starts = len(counts)
    seen, first, left = np.full(starts, -1, np.int64), np.empty(starts, np.int64), np.empty(starts, np.int64)
    stratum_of, stop_of, left_stop = np.empty(starts, np.int64), np.empty(starts, np.int64), np.empty(starts, np.int64)
    goal_after, touched = np.empty(starts, np.int64), np.empty(starts, np.int64)
    never = np.int64(9223372036854775807)
    journey, journeys = 0, len(off) - 1
    while journey < journeys:
        customer, count = np.int64(who[journey]), 0
        while journey < journeys and who[journey] == customer:
            begin, stop = off[journey], off[journey + 1]
            own = stop - 1
            while own >= begin and pushed[place[own]]:
                own -= 1
            meant, intended, before, steps = False, np.int64(0), 0, 1
            for at in range(begin, own + 1):
                here = place[at]
                if intent[here]:
                    meant, intended = True, occurred[at]
                meant = meant and not goal[here] and occurred[at] - intended <= long
                start = start_of[here]
                if meant and start >= 0 and not pushed[here] and not (open_[journey] and at == own):
                    if seen[start] != customer:
                        seen[start], first[start], left[start] = customer, at, -1
                        bucket, far = 0, steps
                        while far > 1 and bucket < 6:
                            far //= 2
                            bucket += 1
                        stratum_of[start], stop_of[start] = 2 * bucket + before, stop
                        goal_after[start] = never
                        for later in range(at + 1, stop):
                            if goal[place[later]]:
                                goal_after[start] = occurred[later]
                                break
                        touched[count] = start
                        count += 1
                    if at == own:
                        left[start], left_stop[start] = at, stop
                if goal[here]:
                    before = 1
                steps += 1
            journey += 1
        for one in range(count):
            start = touched[one]
            stratum = stratum_of[start]
            counts[start, stratum, 0] += 1
            if left[start] >= 0:
                counts[start, stratum, 1] += 1
                if occurred[left[start]] + within <= until:
                    outcome(having[start, stratum], left[start], left_stop[start], place, occurred, emotion, never,
                            contact, within)  # fmt: skip
            elif occurred[first[start]] + within <= until:
                outcome(without[start, stratum], first[start], stop_of[start], place, occurred, emotion,
                        goal_after[start], contact, within)  # fmt: skip


def empty(starts: int) -> tuple[Ints, Sums, Sums]:
    """What `leaving` adds to."""
    return np.zeros((starts, STRATA, 2), np.int64), np.zeros((starts, STRATA, 6)), np.zeros((starts, STRATA, 6))


def lost(start: int, counts: Ints, having: Sums, without: Sums) -> tuple[Contrast, dict[str, Any]]:
    """Who left at a start beside those elsewhere; and `at`, `elsewhere` with its interval."""
    here = counts[start].astype(np.float64)
    others = counts.sum(axis=0) - here
    at, left = float(here[:, CAME].sum()), float(here[:, LEFT].sum())
    base = contrasted(having[start], without[start])
    both = (here[:, CAME] > 0) & (others[:, CAME] > 0)
    if not both.any() or not left:
        return Contrast(), {"at": int(at)}
    weights = here[both, CAME]
    elsewhere, worth = (
        standard(weights, others[both, LEFT] / others[both, CAME]),
        effective(weights, others[both, CAME]),
    )
    low, high = interval(elsewhere, worth)
    told = {"at": int(at), "elsewhere": elsewhere, "elsewhere_low": low, "elsewhere_high": high}
    if base.goal is None or base.goal_matched is None:
        return base, told
    share, worse = left / at, difference(left / at, at, elsewhere, worth)
    each: NDArray[np.float64] = np.array([share - elsewhere, *worse]).clip(-share, share) * base.goal_matched / share
    return base.losing(*each.tolist()), told
