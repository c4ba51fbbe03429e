"""A fixed small log as CSV, for other programs to count too: `python tests/unit/understand/golden/log.py > log.csv`."""

from __future__ import annotations

import random

HOUR = 3_600 * 1_000_000
PLACES = ("Ad", "Home", "Plan", "Basket", "Order", "Bill", "Call", "Chat")
START = 1_767_225_600 * 1_000_000  # 2026-01-01


def rows() -> list[tuple[str, int, str]]:
    """(customer, occurred in microseconds, touchpoint), in the order they were heard; some at one instant."""
    chance = random.Random(20_261_122)
    found = []
    for number in range(120):
        at = START + chance.randrange(60 * 24) * HOUR
        place = chance.randrange(3)
        for _ in range(1 + int(chance.expovariate(0.18))):
            found.append((f"c{number:03d}", at, PLACES[place]))
            place = (place + chance.choice((0, 1, 1, 1, 2, 5))) % len(PLACES)
            at += chance.choice((0, 7 * 1_000_000, 600 * 1_000_000, HOUR, 30 * HOUR, 200 * HOUR))
    return found


if __name__ == "__main__":
    print("customer,at,touchpoint")
    for customer, occurred, touchpoint in rows():
        print(f"{customer},{occurred},{touchpoint}")
