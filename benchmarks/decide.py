"""Decisions: how well they are learned, how true their chances are, how fast they are made; the bars of the design beside.

python -m benchmarks decide            about two minutes: one or two seeds
python -m benchmarks.decide --full     more seeds, more draws, the sets that settings were chosen on

No setting is chosen here: the model's are those it is served with (`harken.decide.learning.learner.Prior`). Peers that are
not installed are left out: `pip install vowpalwabbit scikit-learn rdata`, `apt-get install r-cran-mlbench`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from msgspec.structs import asdict

from benchmarks.deciding import judging, sets, simulator, speed, vw
from benchmarks.measure import Figure
from harken.decide.learning.learner import Prior
from harken.decide.learning.ranking import CONTENDERS, WARM, WARM_SHARE, WORLDS

SETTINGS = ", ".join(f"{name} {value:g}" for name, value in asdict(Prior()).items())
SERVED = f"{WORLDS} worlds, {CONTENDERS} contenders, new until seen {WARM} times and then best in at most {WARM_SHARE:.0%} of worlds"


def measure(*, quick: bool, full: bool = False) -> list[Figure]:
    """All bars that can be measured in one process."""
    seeds = range(100, 105) if full else range(100, 101) if quick else range(100, 102)
    parts: list[Callable[[], Iterator[Figure]]] = [
        lambda: _speed(quick, full), lambda: _judged(quick, full), lambda: _sets(seeds, sets.APART, "kept apart", 0.795),
    ]  # fmt: skip
    if full:
        parts.append(lambda: _sets(seeds, sets.TUNED, "settings were chosen on", 0.66))
    if not quick:
        parts.append(lambda: _simulated(range(30, 36) if full else range(30, 31)))
    return [figure for part in parts for figure in part()]


def _sets(seeds: range, wanted: dict[str, str], which: str, bar: float) -> Iterator[Figure]:
    rows = sets.load(wanted)
    if not rows:
        return
    ours = [float(np.mean([sets.ours(one, seed) for seed in seeds])) for one in rows]
    theirs = {}
    if vw.THERE:
        for name, settings in vw.SETTINGS.items():
            theirs[name] = [float(np.mean([sets.theirs(one, seed, settings) for seed in seeds])) for one in rows]
    best = max(theirs, key=lambda name: np.mean(theirs[name])) if theirs else ""
    each = ", ".join(f"{one.name} {value:.3f}" for one, value in zip(rows, ours, strict=True))
    peers = "; ".join(f"VW {name} {np.mean(values):.3f}" for name, values in theirs.items())
    yield Figure(
        what=f"mean reward, {len(rows)} public sets {which}, seeds {seeds[0]}–{seeds[-1]}", value=float(np.mean(ours)),
        unit="of 1", goal=bar, limit=float(np.mean(theirs[best])) if best else None, limit_what=f"VW {best}",
        note=f"{each}; {peers or 'VW is not installed'}; prior: {SETTINGS}",
    )  # fmt: skip
    if best:
        above = sum(one > other for one, other in zip(ours, theirs[best], strict=True))
        yield Figure(what=f"… sets where it is above the best VW setting ({best})", value=above, unit=f"of {len(rows)}",
                     goal=0.8 * len(rows))  # fmt: skip


def _simulated(seeds: range) -> Iterator[Figure]:
    players: list[simulator.Harken] = []

    def ours(world: simulator.World) -> simulator.Player:
        players.append(simulator.Harken(world))
        return players[-1]

    played = [simulator.play(ours, seed) for seed in seeds]
    captured = float(np.mean([one.captured for one in played]))
    static = float(np.mean([simulator.play(simulator.Static, seed).captured for seed in seeds]))
    what = f"simulated shop, seeds {seeds[0]}–{seeds[-1]}"
    names = [name for name in vw.SETTINGS if name != "epsilon .05"] if vw.THERE else []
    theirs = {
        name: float(np.mean([
            simulator.play(lambda world, name=name: vw.Player(world, vw.SETTINGS[name]), seed).captured for seed in seeds
        ])) for name in names
    }  # fmt: skip
    best = max(theirs, key=lambda name: theirs[name], default="")
    yield Figure(
        what=f"{what}: part captured of what can be gained over chance", value=captured, unit="of 1", goal=0.45,
        limit=theirs.get(best), limit_what=f"VW {best}",
        note=f"each: {', '.join(f'{one.captured:.3f}' for one in played)}; "
        f"{'; '.join(f'VW {name} {value:.3f}' for name, value in theirs.items()) or 'VW is not installed'}; "
        f"yes by chance {played[0].random:.3f}, by knowing {played[0].best:.3f}; {SERVED}; floor {simulator.FLOOR}",
    )  # fmt: skip
    if best:
        yield Figure(what="… beside the best VW setting", value=captured / theirs[best], unit="×", goal=1.3)
    yield Figure(what="… beside a rule table fixed after 15 %", value=captured / max(static, 1e-3), unit="×", goal=5,
                 note=f"the table captures {static:.3f}")  # fmt: skip
    delayed = [simulator.play(lambda world: simulator.Harken(world, delay=simulator.DELAY), seed) for seed in seeds]
    waiting = [
        simulator.play(lambda world: simulator.Harken(world, delay=simulator.DELAY, wait=True), seed) for seed in seeds
    ]
    yield Figure(
        what="… answers after 1,500 decisions on average: part of the gain that is kept",
        value=float(np.mean([one.captured for one in delayed])) / captured, unit="of 1", goal=0.85,
        limit=float(np.mean([one.captured for one in waiting])) / captured, limit_what="waiting for the window",
    )  # fmt: skip
    errors = [simulator.calibration(one.served) for one in players]
    yield Figure(what="… calibration of what was chosen, error", value=float(np.mean([one for one, _ in errors])),
                 unit="of 1", goal=0.01, at_most=True)  # fmt: skip
    yield Figure(
        what="… calibration, top tenth off by", value=float(np.mean([abs(top) for _, top in errors])), unit="of 1",
        goal=0.1, at_most=True, note=f"each: {', '.join(f'{top:+.0%}' for _, top in errors)}",
    )  # fmt: skip


def _speed(quick: bool, full: bool) -> Iterator[Figure]:
    for actions, goal in ((1_000, 1.0), (5_000, 2.0)):
        middle, slow = speed.decisions(actions, 100 if quick else 3_000 if full else 600)
        yield Figure(
            what=f"decision with its record, {actions:,} actions, p99 of processor time", value=slow, unit="ms", goal=goal,
            at_most=True, note=f"median {middle:.2f} ms; gates, ranking, exact chance, record encoded; {SERVED}",
        )  # fmt: skip
    yield Figure(what="answers learned by one writer, 50 columns, 4 features", value=speed.updates(4_000 if quick else 20_000),
                 unit="1/s", goal=5_000, note="one in twenty is taken back and learned as a positive")  # fmt: skip
    draws = 20_000 if quick else 1_000_000 if full else 100_000
    least, mean = speed.frequencies(draws)
    yield Figure(
        what=f"logged chance against frequency, {draws:,} draws: least p of ten parts", value=least, unit="", goal=0.01,
        note=f"mean weight of choosing evenly instead {mean:.3f} (goal .98 to 1.02)",
    )  # fmt: skip


def _judged(quick: bool, full: bool) -> Iterator[Figure]:
    seeds = range(500, 520) if quick else range(500, 600) if full else range(500, 550)
    cells = {name: judging.cell(name, seeds) for name in judging.CELLS}
    told = "; ".join(
        f"{name}: SNDR {one.sndr:.2%}, SNIPW {one.snipw:.2%}, peer {one.peer:.2%}, held {one.coverage:.2f}"
        for name, one in cells.items()
    )
    yield Figure(
        what=f"estimates, {len(seeds)} logs a cell: cells where SNDR is at most as far off as without crosses",
        value=sum(one.sndr <= one.peer for one in cells.values()), unit="of 6", goal=5, note=told,
    )  # fmt: skip
    yield Figure(what="… truth inside the 95 % interval", value=float(np.mean([one.coverage for one in cells.values()])),
                 unit="of 1", goal=0.93)  # fmt: skip
    gates = range(100) if quick else range(300)
    none, some = judging.gate(0.0, gates), judging.gate(0.048, gates)
    yield Figure(
        what="publish gate looked at all the time: published though no better", value=none.published, unit="of 1",
        goal=0.05, at_most=True, limit=none.peeking, limit_what="t-test looked at every 250",
    )  # fmt: skip
    yield Figure(what="… 4.8 % better: decisions until it is published, median", value=some.median, unit="", goal=3_000,
                 at_most=True, note=f"published {some.published:.0%}")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decide", description="decisions alone")
    parser.add_argument("--full", action="store_true", help="more seeds, more draws, more sets")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    options = parser.parse_args()
    for figure in measure(quick=options.quick, full=options.full):
        print(" | ".join(figure.row()), f"\n    {figure.note}" if figure.note else "", flush=True)
