"""The learner: what an answer teaches, taking it back exactly, names that come and go, snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harken.decide.learning.belief import Full
from harken.decide.learning.calibration import Calibration
from harken.decide.learning.chances import NEW, NEW_GROUP, believed, worlds
from harken.decide.learning.laplace import met
from harken.decide.learning.layout import ONE, Layout, carried
from harken.decide.learning.learner import Case, Learner, Lesson, Prior
from harken.decide.learning.snapshot import Snapshot, resume, snapshot

COLUMNS = Layout((ONE, "a", "b", "c"), ("price", "new"))


def case(random: np.random.Generator, *, action: str = "", group: str = "", layout: Layout = COLUMNS) -> Case:
    context = random.normal(size=len(layout.columns)).astype(np.float32)
    context[0] = 1
    return Case(
        action=action or f"a{random.integers(5)}", group=group or f"g{random.integers(3)}", context=context,
        features=random.normal(size=len(layout.features)).astype(np.float32), layout=layout,
    )  # fmt: skip


def taught(seed: int, count: int = 60, layout: Layout = COLUMNS) -> tuple[Learner, list[Lesson]]:
    random = np.random.default_rng(seed)
    learner = Learner(layout)
    return learner, [
        learner.teach(case(random, layout=layout), positive=bool(random.random() < 0.3)) for _ in range(count)
    ]


def known(learner: Learner) -> dict[str, NDArray[np.float64]]:
    """Everything that is known, by name."""
    for block in (learner.shared, *learner.groups.values()):
        block.settle()
    found = {"shared mean": learner.shared.mean, "shared covariance": learner.shared.covariance}
    found |= {"shared precision": learner.shared.precision, "shared shift": learner.shared.shift}
    for group, block in learner.groups.items():
        found |= {f"{group} mean": block.mean, f"{group} covariance": block.covariance}
    for action, row in learner.row.items():
        found |= {f"{action} precision": learner.rows.precision[row], f"{action} shift": learner.rows.shift[row]}
        found[f"{action} counts"] = np.array([learner.seen[row], learner.positive[row]])
    return {name: one.copy() for name, one in found.items()}


def same(one: dict[str, NDArray[np.float64]], other: dict[str, NDArray[np.float64]], within: float = 1e-9) -> None:
    for name, value in one.items():
        assert np.abs(value - other[name]).max() < within, name


# ---------------------------------------------------------------------- what one answer teaches


@given(st.floats(-8, 8), st.floats(1e-3, 50), st.booleans())
def test_the_peak_of_one_answer_is_where_the_slope_of_its_posterior_is_zero(
    mean: float, variance: float, positive: bool
) -> None:
    """A slow search over a fine grid, and finite differences of the slope, find the same peak and curvature."""

    def log_posterior(z: NDArray[np.float64]) -> NDArray[np.float64]:
        return -((z - mean) ** 2) / (2 * variance) - np.logaddexp(0, -z if positive else z)

    noise, response = met(mean, variance, positive)
    precision = 1 / variance + 1 / noise
    peak = (mean / variance + response / noise) / precision
    low, high = mean - variance - 1, mean + variance + 1
    for _ in range(8):
        grid = np.linspace(low, high, 401)
        best = int(log_posterior(grid).argmax())
        low, high = grid[max(best - 2, 0)], grid[min(best + 2, 400)]
    assert peak == pytest.approx((low + high) / 2, abs=1e-4 * (1 + variance**0.5))
    if abs(peak) < 12:
        step = 1e-3
        ahead, here, behind = log_posterior(np.array([peak + step, peak, peak - step]))
        assert -(ahead - 2 * here + behind) / step**2 == pytest.approx(precision, rel=1e-2)


def test_blocks_learn_what_the_joint_laplace_approximation_says_of_them() -> None:
    """The oracle puts all weights into one matrix, finds the peak by Newton steps, and inverts the whole Hessian."""
    random = np.random.default_rng(3)
    learner, _ = taught(3, 40)
    one = case(random, action="a1", group="g1")
    before = known(learner)
    row = learner.row["a1"]
    looked = np.concatenate(
        [one.context, np.outer(one.features, one.context).ravel(), one.context, one.context]
    ).astype(float)
    covariance = np.zeros((20, 20))
    covariance[:12, :12], covariance[12:16, 12:16] = before["shared covariance"], before["g1 covariance"]
    covariance[16:, 16:] = np.diag(1 / before["a1 precision"])
    mean = np.concatenate([before["shared mean"], before["g1 mean"], before["a1 shift"] / before["a1 precision"]])
    precision = np.linalg.inv(covariance)
    peak = mean.copy()
    for _ in range(50):
        p = 1 / (1 + np.exp(-looked @ peak))
        hessian = precision + p * (1 - p) * np.outer(looked, looked)
        peak -= np.linalg.solve(hessian, precision @ (peak - mean) - (1 - p) * looked)
    learner.teach(one, positive=True)
    after, joint = known(learner), np.linalg.inv(hessian)
    assert np.allclose(after["shared mean"], peak[:12], atol=1e-6)
    assert np.allclose(after["g1 mean"], peak[12:16], atol=1e-6)
    assert np.allclose(after["shared covariance"], joint[:12, :12], atol=1e-8)
    assert np.allclose(after["g1 covariance"], joint[12:16, 12:16], atol=1e-8)
    own = learner.rows.shift[row] / learner.rows.precision[row]
    assert np.allclose(own, peak[16:], atol=0.02), "independent weights: nearly"


def test_a_new_action_starts_from_its_group_and_an_action_of_another_group_does_not() -> None:
    random = np.random.default_rng(1)
    learner = Learner(COLUMNS, Prior(start=-2))
    for number in range(600):
        good = number % 2 == 0
        learner.teach(case(random, action=f"{good}{number % 10}", group="liked" if good else "disliked"), positive=good)
    looked = np.array([1.0, 0.0, 0.0, 0.0])
    found = snapshot(learner)
    groups = {name: found.weights.group_mean[at] @ looked for name, at in found.group.items()}
    assert groups["liked"] > 1 > -1 > groups["disliked"]
    assert abs(found.weights.own_mean[-1]).max() == 0


def test_worlds_differ_as_much_as_is_not_known_and_together_where_actions_share() -> None:
    """100,000 worlds of three actions, two of them of one group and one unknown: their covariance is the posterior's."""
    learner, _ = taught(11)
    model, random = snapshot(learner), np.random.default_rng(1)
    context = np.array([1.0, 0.5, -1.0, 2.0])
    features = np.hstack([np.ones((3, 1)), random.normal(size=(3, 2))])
    group, row = np.array([model.group["g0"], model.group["g0"], NEW_GROUP]), np.array([model.row["a0"], NEW, NEW])
    seen = believed(model.weights, context, features, group, row)
    drawn = worlds(seen, np.arange(3), 100_000, 0.5, random)
    weights = model.weights
    looked = np.einsum("ki,c->kic", features, context).reshape(3, -1)
    wanted = looked @ weights.shared_covariance @ looked.T
    for one, other in product(range(3), repeat=2):
        wanted[one, other] += (group[one] == group[other]) * (context @ weights.group_covariance[group[one]] @ context)
    wanted += np.diag(weights.own_variance[row] @ (context * context))
    assert np.cov(drawn.T.astype(float)) == pytest.approx(wanted / 4, rel=0.03, abs=0.01)
    assert drawn.mean(axis=0) == pytest.approx(seen.mean, abs=0.03)
    assert seen.spread**2 == pytest.approx(np.diag(wanted))


# ---------------------------------------------------------------------- taking back


@given(st.integers(0, 2**32), st.integers(0, 59))
@settings(max_examples=40, deadline=None)
def test_what_is_taken_back_was_never_learned_whatever_was_learned_since(seed: int, which: int) -> None:
    """The same lessons without the one: equal, though it was taken back long after."""
    learner, lessons = taught(seed)
    learner.take_back(lessons[which])
    without = Learner(COLUMNS)
    for lesson in lessons:
        without._meet(lesson.action, lesson.group)
        if lesson is not lessons[which]:
            without.add(lesson)
    same(known(learner), known(without))
    assert learner.lessons == 59


def test_a_negative_that_turns_leaves_no_trace_of_itself() -> None:
    learner, lessons = taught(1)
    random = np.random.default_rng(9)
    fresh = case(random, action="a0", group="g0")
    before = known(learner)
    negative = learner.teach(fresh, positive=False)
    learner.take_back(negative)
    same(known(learner), before)
    direct = learner.teach(fresh, positive=True)
    after = known(learner)
    learner.take_back(direct)
    turned = learner.turn(learner.teach(fresh, positive=False))
    assert turned.positive
    same(known(learner), after)
    assert learner.lessons == len(lessons) + 1


@given(st.permutations(range(30)))
@settings(max_examples=20, deadline=None)
def test_lessons_in_any_order_make_the_same_belief(order: Sequence[int]) -> None:
    learner, lessons = taught(2, 30)
    other = Learner(COLUMNS)
    for lesson in lessons:
        other._meet(lesson.action, lesson.group)
    for number in order:
        other.add(lessons[number])
    same(known(learner), known(other))


def test_forgetting_a_customer_takes_back_all_they_taught_and_says_what_remains() -> None:
    learner, lessons = taught(4)
    served = [learner.final(-2.0 + 0.1 * number, positive=number % 3 == 0) for number in range(20)]
    done = learner.erase(lessons[10:30], served[5:])
    assert (done.lessons, done.served) == (20, 15)
    assert any("linearized" in one for one in done.remains)
    without = Learner(COLUMNS)
    for number, lesson in enumerate(lessons):
        without._meet(lesson.action, lesson.group)
        if not 10 <= number < 30:
            without.add(lesson)
    without.refresh()
    same(known(learner), known(without))
    assert np.array_equal(learner.calibration.mean() > -9, [True, True])
    everything = learner.erase([*lessons[:10], *lessons[30:]], served[:5])
    assert everything.lessons == 40
    assert learner.lessons == 0
    assert learner.calibration.mean() == pytest.approx([0, 1], abs=1e-9)
    assert np.abs(learner.shared.mean - Learner(COLUMNS).shared.mean).max() < 1e-9


def test_rounding_does_not_add_up_over_ten_thousand_lessons_taken_back() -> None:
    learner, _ = taught(5, 200)
    before = known(learner)
    random = np.random.default_rng(6)
    waiting = [
        learner.teach(case(random, action="a1", group="g1"), positive=bool(random.random() < 0.1)) for _ in range(5_000)
    ]
    for lesson in waiting:
        learner.take_back(lesson)
    learner.refresh()
    same(known(learner), before)


def test_a_deleted_action_is_gone_at_once_and_what_it_taught_can_still_be_taken_back() -> None:
    learner, lessons = taught(7)
    learner.forget("a1")
    assert "a1" not in snapshot(learner).row
    again = learner.teach(case(np.random.default_rng(1), action="a1", group="g0"), positive=False)
    own = learner.rows.shift[learner.row["a1"]].copy()
    learner.erase(lessons)
    assert np.array_equal(learner.rows.shift[learner.row["a1"]], own), (
        "the old one's answers are not taken from the new"
    )
    learner.take_back(again)
    same({"shared": learner.shared.mean}, {"shared": Learner(COLUMNS).shared.mean})
    learner.forget("never there")


# ---------------------------------------------------------------------- names come and go


def test_columns_and_features_keep_what_they_know_under_their_names() -> None:
    learner, lessons = taught(8)
    before = known(learner)
    wider = Layout((ONE, "c", "z", "a", "b"), ("new", "y", "price"))
    learner.arrange(wider)
    assert learner.lessons == 60
    at = [wider.columns.index(name) for name in COLUMNS.columns]
    learner.refresh()
    assert np.allclose(learner.groups["g0"].mean[at], before["g0 mean"])
    assert learner.groups["g0"].mean[wider.columns.index("z")] == 0
    kinds = learner.shared.mean.reshape(4, 5)[[0, 3, 1]][:, at]
    assert np.allclose(kinds.ravel(), before["shared mean"])
    one = case(np.random.default_rng(1), layout=COLUMNS)
    lesson = learner.teach(one, positive=True)
    assert np.frombuffer(lesson.context, np.float32)[2] == 0, "a case of the old columns is understood"
    learner.arrange(Layout((ONE, "b"), ("price",)))
    learner.erase([*lessons, lesson])
    fresh = Learner(Layout((ONE, "b"), ("price",)))
    assert np.abs(learner.shared.mean - fresh.shared.mean).max() < 1e-9, "what is left of each lesson can be taken back"
    assert np.abs(learner.groups["g1"].mean).max() < 1e-9
    assert all(np.abs(learner.rows.shift[row]).max() < 1e-6 for row in learner.row.values())


def test_values_are_carried_by_name() -> None:
    assert carried(np.array([1.0, 2.0]), ("a", "b"), ("b", "c")).tolist() == [2, 0]
    assert carried(np.zeros(0), (), ("b",)).tolist() == [0]


# ---------------------------------------------------------------------- snapshots


@given(st.integers(0, 2**32), st.integers(0, 90))
@settings(max_examples=25, deadline=None)
def test_a_snapshot_comes_back_from_its_bytes_bit_for_bit_and_a_learner_goes_on_from_it(seed: int, count: int) -> None:
    learner, lessons = taught(seed, count)
    learner.final(-1.0, positive=True)
    found = snapshot(learner, 7)
    again = Snapshot.from_bytes(found.to_bytes())
    assert again.about == found.about
    assert again.about.version == 7
    assert again.to_bytes() == found.to_bytes()
    assert all(np.array_equal(again.numbers[name], one) for name, one in found.numbers.items())
    assert np.array_equal(again.weights.own_mean, found.weights.own_mean)
    resumed = resume(again)
    random, same_random = np.random.default_rng(1), np.random.default_rng(1)
    for learning, chance in ((learner, random), (resumed, same_random)):
        for _ in range(40):
            learning.teach(case(chance), positive=bool(chance.random() < 0.5))
    same(known(learner), known(resumed), 1e-12)
    if lessons:
        resumed.take_back(lessons[0])


def test_nobody_changes_a_snapshot_and_bytes_of_something_else_are_refused() -> None:
    learner, _ = taught(1)
    found = snapshot(learner)
    before = found.to_bytes()
    learner.teach(case(np.random.default_rng(2)), positive=True)
    learner.refresh()
    assert found.to_bytes() == before
    with pytest.raises(ValueError, match="read-only"):
        found.numbers["shared_mean"][0] = 1
    with pytest.raises(ValueError, match="no snapshot of a model"):
        Snapshot.from_bytes(b"something else")


def test_covariance_stays_what_it_is_by_inverting() -> None:
    random = np.random.default_rng(4)
    full = Full.prior(np.full(6, 0.7), np.zeros(6))
    for _ in range(75):
        full.add(random.normal(size=6), random.random() + 0.1, random.normal())
    looked = random.normal(size=6)
    gain, variance = full.spread(looked)
    full.settle()
    assert np.allclose(gain, np.linalg.inv(full.precision) @ looked)
    assert variance == pytest.approx(looked @ np.linalg.inv(full.precision) @ looked)
    assert np.allclose(full.mean, np.linalg.solve(full.precision, full.shift))


# ---------------------------------------------------------------------- calibration


def test_calibration_finds_chances_that_were_too_high_and_keeps_their_order() -> None:
    random = np.random.default_rng(1)
    calibration = Calibration()
    for _ in range(8_000):
        raw = random.normal(-2, 1)
        calibration.teach(raw, positive=bool(random.random() < 1 / (1 + np.exp(0.7 - 0.6 * raw))))
    assert calibration.mean() == pytest.approx([-0.7, 0.6], abs=0.15)


@given(st.lists(st.tuples(st.floats(-8, 8), st.booleans()), max_size=80))
@settings(max_examples=60, deadline=None)
def test_calibration_never_changes_which_of_two_is_better(answers: list[tuple[float, bool]]) -> None:
    calibration = Calibration()
    served = [calibration.teach(raw, positive=positive) for raw, positive in answers]
    shift, slope = calibration.mean()
    assert slope > 0
    chances = [shift + slope * raw for raw in (-9.0, -3.0, 0.0, 4.0)]
    assert all(low < high for low, high in pairwise(chances))
    for one in served:
        calibration.take_back(one)
    assert calibration.mean() == pytest.approx([0, 1], abs=1e-6)
