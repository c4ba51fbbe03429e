"""Public classification sets as bandits: each class is an action, 1 for the right one, only that of the chosen one is told.

One pass over the rows in an order of the seed. Columns are standardized and scaled so that a context has squared length 16 on
average, cut at three standard deviations; each class is a topic of its own. Sets come from packages that ship them:
scikit-learn (`pip install scikit-learn`), and R's mlbench (`apt-get install r-cran-mlbench`, `pip install rdata`), looked for
where Debian puts it or in $MLBENCH. What is not there is left out, and told.
"""

from __future__ import annotations

import os
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.deciding import vw
from harken.decide.learning.chances import NEW, NEW_GROUP, believed, worlds
from harken.decide.learning.layout import ONE, Layout
from harken.decide.learning.learner import Case, Learner
from harken.decide.learning.snapshot import snapshot

MLBENCH = Path(os.environ.get("MLBENCH", "/usr/lib/R/site-library/mlbench/data"))
APART = {  # never used to choose settings of the prior; (name in mlbench, column of the class)
    "BreastCancer": "Class", "DNA": "Class", "Glass": "Type", "HouseVotes84": "Class", "Ionosphere": "Class",
    "PimaIndiansDiabetes": "diabetes", "Sonar": "Class", "Zoo": "type", "wine": "", "iris": "",
}  # fmt: skip
TUNED = {"Vowel": "Class", "Vehicle": "Class", "Soybean": "Class", "Satellite": "classes", "Shuttle": "Class",
         "LetterRecognition": "lettr", "digits": ""}  # fmt: skip
MOST = 8_000  # rows
LENGTH = 4.0  # of a context


class Rows(NamedTuple):
    name: str
    columns: Any  # rows x columns
    classes: Any


def load(wanted: dict[str, str]) -> list[Rows]:
    """Those that are there."""
    found = []
    for name, label in wanted.items():
        if label and MLBENCH.exists() and find_spec("rdata"):
            found.append(_mlbench(name, label))
        elif not label and find_spec("sklearn"):
            from sklearn import datasets

            whole = getattr(datasets, f"load_{name}")()
            found.append(_rows(name, whole.data, whole.target))
    return found


def _mlbench(name: str, label: str) -> Rows:
    import pandas as pd
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = rdata.read_rda(MLBENCH / f"{name}.rda")[name]
    columns = []
    for column in table.drop(columns=[label, *({"Id"} & set(table))]):
        values = table[column]
        numbers = pd.to_numeric(values.astype(str), errors="coerce")
        if numbers.notna().mean() > 0.9:
            columns.append(numbers.fillna(numbers.mean()).to_numpy(float))
        else:
            columns += [(values.astype(str) == one).to_numpy(float) for one in sorted(set(values.dropna().astype(str)))]
    return _rows(name, np.stack(columns, 1), pd.Categorical(table[label].astype(str)).codes)


def _rows(name: str, columns: Any, classes: Any) -> Rows:
    columns = columns[:, columns.std(axis=0) > 0]
    scaled = np.clip((columns - columns.mean(axis=0)) / columns.std(axis=0), -3, 3) * LENGTH / np.sqrt(columns.shape[1])
    return Rows(name, scaled, np.unique(classes, return_inverse=True)[1])


def order(rows: Rows, seed: int) -> Any:
    """Rows in the order they come."""
    return np.random.default_rng(seed).permutation(len(rows.classes))[:MOST]


def ours(rows: Rows, seed: int) -> float:
    """Mean reward of Harken's model with its generic prior: one world a decision, no floor; readers get the next snapshot
    after each decision, in streams of more than 2,000 after every few."""
    random = np.random.default_rng(seed + 1_000)
    count = int(rows.classes.max()) + 1
    names = (ONE, *(f"c{number}" for number in range(rows.columns.shape[1])))
    learner = Learner(Layout(names))
    ones, none, everything = np.ones((count, 1)), np.zeros(0, np.float32), np.arange(count)
    order_, got = order(rows, seed), 0
    for at, row in enumerate(order_):
        if at % max(1, len(order_) // 1_000) == 0:
            model = snapshot(learner)
            group = np.array([model.group.get(str(one), NEW_GROUP) for one in range(count)])
            own = np.array([model.row.get(str(one), NEW) for one in range(count)])
        context = np.concatenate([[1.0], rows.columns[row]]).astype(np.float32)
        seen = believed(model.weights, context.astype(float), ones, group, own)
        chosen = int(worlds(seen, everything, 1, learner.prior.scale, random)[0].argmax())
        right = bool(rows.classes[row] == chosen)
        got += right
        case = Case(action=str(chosen), group=str(chosen), context=context, features=none, layout=learner.layout)
        learner.teach(case, positive=right)
    return got / len(order_)


def theirs(rows: Rows, seed: int, settings: str) -> float:
    """Mean reward of Vowpal Wabbit."""
    bandit = vw.Bandit(settings, "-q ua", seed + 1)
    actions = [f"a {one}" for one in range(int(rows.classes.max()) + 1)]
    order_, got = order(rows, seed), 0
    for row in order_:
        shared = "u " + vw.numbered(rows.columns[row])
        place, chance = bandit.choose(shared, actions)
        right = bool(rows.classes[row] == place)
        got += right
        bandit.told(shared, actions, place, chance, float(right))
    return got / len(order_)
