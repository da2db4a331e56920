"""truths.toml as a list of truths, each with an id that a person can read."""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
CORPUS = HERE.parents[1] / "corpora/kestrel"
PERIODS = ("2026Q2", "2026Q3")
FACTS: dict[str, Any] = tomllib.loads((HERE / "truths.toml").read_text("utf-8"))
PLANTED: dict[str, dict[str, Any]] = {row["name"]: row for row in FACTS["touchpoints"]}

FEWEST_IN_PAIN = 3
FEWEST_PRAISING = 6


class Truth(NamedTuple):
    """One planted truth."""

    id: str
    category: str
    """which check of recovery.py it needs, and the row of the table it is counted in"""
    period: str
    names: tuple[str, ...]
    """the touchpoints it is about"""
    n: int = 0
    """planted customers"""
    word: str = ""
    """the decision or the change"""


def list_truths() -> list[Truth]:
    """Return all truths, category by category."""
    return [*_of_touchpoints(), *_of_links(), *_of_moments(), *_of_changes(), *_of_traps()]


def _of_touchpoints() -> list[Truth]:
    found = []
    for name, row in PLANTED.items():
        for place, period in enumerate(PERIODS):
            n, pain, praise = (row[key][place] for key in ("customers", "pain", "praise"))
            kind = "missing from the catalogue" if "words" in row else "experienced"
            if n:
                found.append(Truth(f"{period} customers of {name}", kind, period, (name,), n))
            elif "words" not in row:
                kind = "never mentioned"
                found.append(Truth(f"{period} silence about {name}", kind, period, (name,)))
            if pain >= FEWEST_IN_PAIN:
                label = f"{period} customers in pain at {name}"
                found.append(Truth(label, "customers in pain", period, (name,), pain))
                label = f"{period} main problem at {name}"
                found.append(Truth(label, "main problem", period, (name,), pain))
            if praise >= FEWEST_PRAISING and not pain:
                label = f"{period} praise of {name}"
                found.append(Truth(label, "praised", period, (name,), praise))
        if "words" in row and all(row["customers"]):
            label = f"{PERIODS[1]} goes on with {name}"
            found.append(Truth(label, "same thing in both quarters", PERIODS[1], (name,)))
    return sorted(found, key=lambda truth: truth.category)


def _of_links() -> list[Truth]:
    found = []
    for place, period in enumerate(PERIODS):
        for row in FACTS["follows"]:
            for pair in zip(row["chain"], row["chain"][1:], strict=False):
                n = row["customers"][place]
                label = f"{period} {pair[0]} then {pair[1]}"
                found += [Truth(label, "follows", period, pair, n)] if n else []
        for row in FACTS["influences"]:
            pair, n = (row["cause"], row["effect"]), row["customers"][place]
            label = f"{period} {pair[0]} leads to {pair[1]}"
            found += [Truth(label, "stated causes", period, pair, n)] if n > 1 else []
        found.append(Truth(f"{period} no other cause is stated", "stated causes", period, ()))
    return sorted(found, key=lambda truth: truth.category)


def _of_moments() -> list[Truth]:
    return [
        Truth(
            f"{period} customers {row['decision']} at {row['places'][0]}", "moments of decision",
            period, tuple(row["places"]), row["customers"][place], row["decision"],
        )
        for row in FACTS["moments"]
        for place, period in enumerate(PERIODS)
    ]  # fmt: skip


def _of_changes() -> list[Truth]:
    changes = [
        Truth(f"{name} is {word}", "changes", PERIODS[1], (name,), word=word)
        for word, names in FACTS["changes"].items()
        for name in names
    ]
    fixes = [
        Truth(
            f"{period} among the three to fix: {_either(names)}",
            "what to fix first", period, tuple(names),
        )
        for period, wanted in FACTS["fix"].items()
        for names in wanted
    ]  # fmt: skip
    return changes + fixes


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else "one of the next"


def _of_traps() -> list[Truth]:
    found = []
    for period in PERIODS:
        for row in FACTS["foreign"]:
            label = f"{period} {row['name']} holds no {row['belongs']}"
            found.append(Truth(label, "traps", period, (row["name"],), word=row["words"]))
        who = FACTS["duplicates"][period]
        found += [
            Truth(f"{period} ticket of {who} counts once", "traps", period, (), word="twice"),
            Truth(f"{period} empty answers say nothing", "traps", period, (), word="junk"),
            Truth(f"{period} notes speak only in quotes", "traps", period, (), word="notes"),
        ]
    return found
