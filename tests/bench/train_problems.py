"""Fits what tells one problem of a touchpoint from another, whatever the touchpoint is, and writes
pipeline/engines/embedded/alike.npz.

    python tests/bench/train_problems.py [--check]

Discriminant analysis (Fisher, 1936; Rao, 1948; towards a sphere as in Friedman, 1989) of sentence
and inner vectors: directions that differ between the problems of one touchpoint more than between
the wordings of one problem. Problems of the same kind at other touchpoints ("late: weeks past the
date" of furniture and "late: bags took for ever" of an airport) count as wordings too, so that
topics do not tell problems.

Read are our own sentences: problems/fit.txt, dev.txt, check.txt, the open half of later.txt (the
reported half never) and the sentences of troubles.toml, each of whose kinds is a problem there. No
text is kept, only weights.

--check writes nothing: it prints what is joined rightly and found when nothing of the industry that
is looked at was read.
"""

import json
import sys
import tomllib
from collections.abc import Collection, Sequence
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.alike import ALIKE_FILE, Directions, look_along, told_apart
from pipeline.engines.embedded.faults import read_faults
from pipeline.engines.embedded.heads import evenness
from pipeline.engines.embedding import Embedder, Matrix, Vectors

PROBLEMS = Path(__file__).parent / "problems"
OPEN = frozenset({"rail", "garage", "lettings", "job board"})
"""The industries of later.txt that may be looked at."""
INNER = 0.6
"""Weight of the inner vectors beside the sentence vectors."""
SPHERE = 3.0
"""So much of a sphere is added to how wordings differ, in parts of their mean variance: there are
fewer problems than channels."""
N_DIRECTIONS = 64


class Touchpoint(NamedTuple):
    """What is written about one touchpoint: complaints and, one for each, its problem."""

    industry: str
    name: str
    texts: list[str]
    problems: list[str]


class Spread(NamedTuple):
    """How vectors of complaints differ, one row a difference."""

    wordings: Matrix
    problems: Matrix


def written(name: str) -> list[Touchpoint]:
    """Return the touchpoints of a file of problems/."""
    found: dict[str, Touchpoint] = {}
    for block in (PROBLEMS / f"{name}.txt").read_text(encoding="utf-8").split("# ")[1:]:
        title, problem, *wordings = block.strip().splitlines()
        own = found.setdefault(title, Touchpoint(*title.split(" | "), [], []))
        own.texts.extend(wordings)
        own.problems.extend([problem] * len(wordings))
    return list(found.values())


def sets() -> dict[str, list[Touchpoint]]:
    """Return the sets that may be read."""
    later = [own for own in written("later") if own.industry in OPEN]
    return {name: written(name) for name in ("fit", "dev", "check")} | {"later, open": later}


def kinds() -> Touchpoint:
    """Return the sentences that tell a kind of trouble and no topic."""
    source = files("pipeline.engines.embedded").joinpath("troubles.toml")
    listed = tomllib.loads(source.read_text(encoding="utf-8"))["kinds"]
    said = [(text, f"{kind}: any") for kind, texts in listed.items() for text in texts]
    return Touchpoint("", "", [text for text, _ in said], [kind for _, kind in said])


def dense(vectors: Vectors) -> Matrix:
    """Return sentence and inner vectors side by side."""
    even = evenness()
    return np.hstack([vectors.sentence, INNER * (vectors.inner - even.mean) * even.factor])


def spread(touchpoints: Sequence[Touchpoint], embedder: Embedder) -> Spread:
    """Return how wordings of a problem differ from each other, and problems of a touchpoint."""
    wordings: list[Matrix] = []
    problems: list[Matrix] = []
    of_kind: dict[str, list[Matrix]] = {}
    for own in touchpoints:
        rows = dense(embedder.both(own.texts))
        middle = rows.mean(axis=0)
        for problem in sorted(set(own.problems)):
            mine = rows[np.array(own.problems) == problem]
            mean = mine.mean(axis=0)
            wordings.append(mine - mean)
            problems.append(mean - middle)
            if ": " in problem:
                of_kind.setdefault(problem.split(": ")[0], []).append(mean - middle / 2)
    same = [np.stack(means) for _, means in sorted(of_kind.items()) if len(means) > 1]
    wordings += [means - means.mean(axis=0) for means in same]
    return Spread(np.concatenate(wordings), np.stack(problems))


def fit(found: Spread) -> Matrix:
    """Return the directions, one a column: wordings differ by one along each, and each is stretched
    by how much problems differ along it."""
    within = found.wordings.T @ found.wordings / len(found.wordings)
    within += SPHERE * np.trace(within) / len(within) * np.eye(len(within))
    variance, axes = np.linalg.eigh(within)
    even = axes / np.sqrt(variance)
    apart = found.problems @ even
    strength, turned = np.linalg.eigh(apart.T @ apart / len(apart))
    kept = slice(-N_DIRECTIONS, None)
    directions: Matrix = even @ turned[:, kept] * np.sqrt(strength[kept])
    return directions


def folded(directions: Matrix, middle: Matrix) -> Directions:
    """Return the directions as they are used: of vectors as the model gives them."""
    n_sentence = len(directions) // 2
    even = evenness()
    inner = (INNER * even.factor)[:, None] * directions[n_sentence:]
    base = middle @ directions + even.mean @ inner
    return Directions(directions[:n_sentence], inner, base)


def learnt(touchpoints: Sequence[Touchpoint], embedder: Embedder) -> Directions:
    """Return the directions fitted to some touchpoints."""
    texts = [text for own in touchpoints for text in own.texts]
    middle = dense(embedder.both(texts)).mean(axis=0)
    return folded(fit(spread([*touchpoints, kinds()], embedder)), middle)


def pairs(own: Touchpoint, along: Directions, embedder: Embedder) -> Matrix:
    """Return the numbers of pairs of complaints joined rightly, joined, and of one problem."""
    lie = look_along(embedder.both([own.name, *own.texts]), along)
    labels = told_apart(lie[1:], lie[0], read_faults(own.texts)).labels
    both = list(combinations(range(len(labels)), 2))
    is_same = np.array([own.problems[a] == own.problems[b] for a, b in both])
    is_joined = np.array([labels[a] == labels[b] for a, b in both])
    return np.array([(is_same & is_joined).sum(), is_joined.sum(), is_same.sum()])


def check(embedder: Embedder) -> None:
    """Print what directions fitted without an industry do to its complaints."""
    found = sets()
    every = [own for touchpoints in found.values() for own in touchpoints]
    for name, touchpoints in found.items():
        known = {i: learnt(without(every, {i}), embedder) for i in industries(touchpoints)}
        counted = [pairs(own, known[own.industry], embedder) for own in touchpoints]
        right, joined, same = np.sum(counted, axis=0)
        print(f"{name}: right {right / joined:.2f}, found {right / same:.2f}")  # noqa: T201


def industries(touchpoints: Sequence[Touchpoint]) -> list[str]:
    """Return the industries of some touchpoints."""
    return sorted({own.industry for own in touchpoints})


def without(touchpoints: Sequence[Touchpoint], left_out: Collection[str]) -> list[Touchpoint]:
    """Return the touchpoints of other industries."""
    return [own for own in touchpoints if own.industry not in left_out]


def main() -> None:
    """Fit and write the directions, or print how well they do."""
    embedder = Embedder()
    if "--check" in sys.argv:
        check(embedder)
        return
    found = sets()
    directions = learnt([own for touchpoints in found.values() for own in touchpoints], embedder)
    told = {
        "source": "written for the project",
        "rows": {name: sum(len(own.texts) for own in part) for name, part in found.items()},
        "script": "tests/bench/train_problems.py",
    }
    arrays = {name: array.astype(np.float16) for name, array in directions._asdict().items()}
    np.savez_compressed(ALIKE_FILE, provenance=np.array(json.dumps(told)), **arrays)


if __name__ == "__main__":
    main()
