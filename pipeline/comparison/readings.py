"""Two runs over the same documents: what both found, what only one did, and how far they agree."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.comparison.sides import SIDES, Run, chosen_of, names_of, scores_of, settings_notes
from pipeline.methods import agreement
from pipeline.methods.agreement import Agreement, Pairs
from pipeline.methods.measures import best_first
from pipeline.schema import Tables

CLEAR = 0.1
"""Polarity beyond this is clearly good or bad, as where `show` colours it."""
_SWAPS = 5
QUOTE_COLUMNS = (
    "found_by", "touchpoint", "customer_id", "source", "occurred_at", "kind", "polarity",
    "intensity", "outcome", "quote", "path", "locator", "mention_id",
)  # fmt: skip


class Polarity(NamedTuple):
    """How far the moods of quotes that both runs found agree."""

    alpha: float
    correlation: float
    n: int
    n_opposed: int
    """clearly good in one run, clearly bad in the other"""


class Readings(NamedTuple):
    """Two runs over the same documents. In all frames `first` and `second` are the runs."""

    first: Run
    second: Run
    notes: list[str]
    both: pd.DataFrame
    """touchpoints of both: name, second_name, basis, n_first, n_second, n_shared (quotes)"""
    alone: pd.DataFrame
    """touchpoints of one: found_by, name, n_customers, n_mentions, n_unfound, elsewhere, n_there"""
    sources: pd.DataFrame
    """by kind of source, `all` first: n_first, n_first_shared, n_second, n_second_shared"""
    agreements: list[Agreement]
    rand: float
    """of the touchpoints as groups, whatever they are called"""
    polarity: Polarity
    swaps: pd.DataFrame
    """the touchpoints between which most quotes moved: first_name, second_name, n"""
    quotes: pd.DataFrame
    """mentions only one run found, strongest first in each"""
    network: pd.DataFrame
    """links and moments: kind, what, in_first, in_second"""
    chosen: pd.DataFrame
    """what either puts first: name, and rank, reach, is_chosen of each"""
    scores: pd.DataFrame
    """name, and the four scores of each run with their labels"""


def compare_readings(one: Run, other: Run, turns: Mapping[str, str]) -> Readings:
    """Return how two runs read the same documents."""
    kinds = [run.manifest.engine.split("-")[0] for run in (one, other)]
    if kinds[0] != kinds[1]:
        one, other = one._replace(label=kinds[0]), other._replace(label=kinds[1])
    told = _comparable(one, other, turns)
    pairs = agreement.pair_mentions(*told)
    labels = _at_pairs(told, pairs, "touchpoint_id")
    matched = agreement.match_touchpoints(
        one.tables["touchpoints"], other.tables["touchpoints"], labels
    )
    names = dict(zip(matched["second_id"].tolist(), matched["first_id"].tolist(), strict=True))
    other = other._replace(tables=_renamed(other.tables, names))
    told = (told[0], _rename(told[1], "touchpoint_id", names))
    shown = names_of(one, other)
    return Readings(
        first=one,
        second=other,
        notes=[*_other_documents(one, other, turns), *settings_notes(one, other)],
        both=_both(other, told, matched, shown),
        alone=_alone(one, other, told, pairs, shown),
        sources=_sources(told, pairs),
        agreements=_agreements(told, pairs),
        rand=agreement.adjusted_rand(*_at_pairs(told, pairs, "touchpoint_id")),
        polarity=_polarity(told, pairs),
        swaps=_swaps(told, pairs, shown),
        quotes=_only_quotes(one, other, told, pairs),
        network=_network(one, other, shown),
        chosen=chosen_of(one, other),
        scores=scores_of(one, other),
    )


Told = tuple[pd.DataFrame, pd.DataFrame]
"""The mentions of both runs in turns that both read, in the first run's turn ids."""


def _comparable(one: Run, other: Run, turns: Mapping[str, str]) -> Told:
    """Return the mentions in turns that both runs read, each with the `source` it is from."""
    frames = []
    for run, ids in ((one, {key: key for key in turns.values()}), (other, turns)):
        mentions = run.tables["mentions"]
        kinds = run.tables["documents"].set_index("document_id")["kind"]
        kept = mentions.assign(
            turn_id=[ids.get(key, "") for key in mentions["turn_id"].tolist()],
            source=mentions["document_id"].map(kinds),
        )
        frames.append(kept[kept["turn_id"] != ""].reset_index(drop=True))
    return frames[0], frames[1]


def _at_pairs(told: Told, pairs: Pairs, column: str) -> tuple[list[Any], list[Any]]:
    """Return a column of both runs for the mentions that both found."""
    ones, others = (
        frame[column].iloc[pairs.pairs[side].to_numpy()].tolist()
        for frame, side in zip(told, ("first", "second"), strict=True)
    )
    return ones, others


def _rename(frame: pd.DataFrame, column: str, names: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame with the second run's touchpoint ids as the first has them.

    An id without its like is marked, for the first may have it for something else.
    """
    renamed = [names.get(key, f"second:{key}") for key in frame[column].tolist()]
    return frame.assign(**{column: pd.Series(renamed, index=frame.index, dtype="str")})


def _renamed(tables: Tables, names: Mapping[str, str]) -> Tables:
    """Return the tables of the second run that are compared, in the first run's touchpoints."""
    own = ("mentions", "touchpoints", "moments", "scores", "priorities")
    edges = _rename(_rename(tables["edges"], "source_id", names), "target_id", names)
    return (tables | {name: _rename(tables[name], "touchpoint_id", names) for name in own}) | {
        "edges": edges
    }


def customers_turns(tables: Tables) -> pd.DataFrame:
    """Return the turns that customers spoke, with the file each stands in."""
    turns = tables["turns"]
    paths = tables["documents"][["document_id", "path"]]
    return turns[turns["speaker"] == "customer"].merge(paths, on="document_id")


def _other_documents(one: Run, other: Run, turns: Mapping[str, str]) -> Iterator[str]:
    """Yield where the runs did not read the same after all."""
    periods = [run.manifest.period for run in (one, other)]
    if periods[0] != periods[1]:
        yield f"{periods[0]} and {periods[1]} hold the same documents"
    for run, ids in ((one, set(turns.values())), (other, set(turns))):
        own = customers_turns(run.tables)
        lost = int((~own["turn_id"].isin(list(ids))).sum())
        if lost:
            yield (
                f"{lost:,} of {len(own):,} turns of customers in {run.label} are missing or read "
                "otherwise in the other run; quotes from them are not compared"
            )


def _both(other: Run, told: Told, matched: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the touchpoints that both runs found, most quotes first."""
    ids = matched["first_id"].tolist()
    own = other.tables["touchpoints"].set_index("touchpoint_id")["name"]
    counts = [frame["touchpoint_id"].value_counts() for frame in told]
    rows = pd.DataFrame(
        {
            "name": [names[key] for key in ids],
            "second_name": own.reindex(ids).tolist(),
            "basis": matched["basis"].tolist(),
            "n_first": counts[0].reindex(ids, fill_value=0).tolist(),
            "n_second": counts[1].reindex(ids, fill_value=0).tolist(),
            "n_shared": matched["n_shared"].tolist(),
        }
    )
    found = rows[(rows["n_first"] > 0) & (rows["n_second"] > 0)]
    order = ["n_first", "n_second", "name"]
    return found.sort_values(order, ascending=[False, False, True], ignore_index=True)


def _alone(
    one: Run, other: Run, told: Told, pairs: Pairs, names: Mapping[str, str]
) -> pd.DataFrame:
    """Return the touchpoints that one run found, with where the other put most of their quotes."""
    ids = _at_pairs(told, pairs, "touchpoint_id")
    unfound = _unshared(told, pairs)
    parts = []
    for k, run in enumerate((one, other)):
        sizes = Counter(told[k]["touchpoint_id"].tolist())
        missed = Counter(unfound[k]["touchpoint_id"].tolist())
        places = _most_often(ids[k], ids[1 - k])
        rows = run.tables["touchpoints"].set_index("touchpoint_id")
        keys = sorted(sizes.keys() - set(told[1 - k]["touchpoint_id"]))
        there = [places.get(key, ("", 0)) for key in keys]
        part = {
            "found_by": [run.label] * len(keys),
            "name": [names[key] for key in keys],
            "n_customers": rows.loc[keys, "n_customers"].tolist(),
            "n_mentions": [sizes[key] for key in keys],
            "n_unfound": [missed[key] for key in keys],
            "elsewhere": [names.get(place, "") for place, _ in there],
            "n_there": [n for _, n in there],
        }
        order = ["n_customers", "name"]
        parts.append(pd.DataFrame(part).sort_values(order, ascending=[False, True]))
    # A part without rows has no types of its own and would make the counts of the other floats.
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True)


def _most_often(ones: list[str], others: list[str]) -> dict[str, tuple[str, int]]:
    """Return for each label of one run the label that the other gave most often, and how often."""
    found: dict[str, tuple[str, int]] = {}
    counted = Counter(zip(ones, others, strict=True)).items()
    for (one, other), n in sorted(counted, key=lambda item: (-item[1], item[0])):
        found.setdefault(one, (other, n))
    return found


def _unshared(told: Told, pairs: Pairs) -> Told:
    """Return the mentions of each run that overlap with none of the other."""
    return told[0][~pairs.in_second], told[1][~pairs.in_first]


def _sources(told: Told, pairs: Pairs) -> pd.DataFrame:
    """Return the mentions of each run and how many the other found, by kind of source."""
    parts = []
    for frame, shared, side in zip(told, (pairs.in_second, pairs.in_first), SIDES, strict=True):
        groups = frame.assign(shared=shared).groupby("source")["shared"]
        parts.append(
            groups.agg(["size", "sum"]).set_axis([f"n_{side}", f"n_{side}_shared"], axis=1)
        )
    by_kind = parts[0].join(parts[1], how="outer").fillna(0).astype("int64")
    by_kind = by_kind.sort_values(["n_first", "n_second"], ascending=False, kind="stable")
    total = by_kind.sum().to_frame("all").T
    return pd.concat([total, by_kind]).rename_axis("source").reset_index()


def _agreements(told: Told, pairs: Pairs) -> list[Agreement]:
    """Return how often the runs say the same of quotes that both found."""
    columns = {"touchpoint": "touchpoint_id", "kind": "kind", "outcome": "outcome"}
    labels = {what: _at_pairs(told, pairs, column) for what, column in columns.items()}
    known = [both for both in zip(*labels["outcome"], strict=True) if "unknown" not in both]
    labels["known outcome"] = [one for one, _ in known], [other for _, other in known]
    return [agreement.agree(what, *both) for what, both in labels.items()]


def _polarity(told: Told, pairs: Pairs) -> Polarity:
    """Return how far the moods agree."""
    first, second = (
        np.array(values, dtype=np.float64) for values in _at_pairs(told, pairs, "polarity")
    )
    clear = (np.abs(first) > CLEAR) & (np.abs(second) > CLEAR)
    return Polarity(
        agreement.krippendorff_alpha(first, second),
        agreement.correlation(first, second),
        len(first),
        int((clear & (first * second < 0)).sum()),
    )


def _swaps(told: Told, pairs: Pairs, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the pairs of touchpoints between which most quotes moved."""
    moved = Counter(
        (names[one], names[other])
        for one, other in zip(*_at_pairs(told, pairs, "touchpoint_id"), strict=True)
        if one != other
    )
    rows = sorted(((*pair, n) for pair, n in moved.items()), key=lambda row: (-row[2], row))
    return pd.DataFrame(rows[:_SWAPS], columns=["first_name", "second_name", "n"])


def _only_quotes(one: Run, other: Run, told: Told, pairs: Pairs) -> pd.DataFrame:
    """Return the mentions that only one run found, the surest and strongest first in each."""
    names = names_of(one, other)
    parts = []
    for run, frame in zip((one, other), _unshared(told, pairs), strict=True):
        ordered = best_first(frame)
        documents = run.tables["documents"][["document_id", "occurred_at", "path", "locator"]]
        rows = ordered.assign(
            found_by=run.label, touchpoint=[names[key] for key in ordered["touchpoint_id"].tolist()]
        ).merge(documents, on="document_id", how="left")
        parts.append(rows[list(QUOTE_COLUMNS)])
    return pd.concat(parts, ignore_index=True)


def _network(one: Run, other: Run, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the links and moments of either run, and which has them."""
    found = [set(_said(run, names)) for run in (one, other)]
    rows = [(*row, row in found[0], row in found[1]) for row in sorted(found[0] | found[1])]
    return pd.DataFrame(rows, columns=["kind", "what", "in_first", "in_second"])


def _said(run: Run, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the links and moments of a run as (kind, words)."""
    edges, moments = run.tables["edges"], run.tables["moments"]
    for kind, source, target in zip(
        edges["kind"], edges["source_id"], edges["target_id"], strict=True
    ):
        yield kind, f"{names[source]} → {names[target]}"
    for key, decision in zip(moments["touchpoint_id"], moments["decision"], strict=True):
        yield "moment", f"{names[key]}: {decision}"
