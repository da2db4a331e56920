"""Planted truths against two finished quarters: recovered, direction only, or missed.

Counts are of distinct customers with a number, as planted; near means within 35 % or 3 customers.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pandas as pd

from pipeline.methods.measures import pains, usable
from pipeline.schema import Tables
from tests.golden.planted import CORPUS, FACTS, PERIODS, PLANTED, Truth

RECOVERED, DIRECTION, MISSED = "recovered", "direction only", "missed"
_SHARE, _LEAST = 0.35, 3
_HALF, _FOREIGN = 0.5, 0.2
_GOOD = {("emotion", "rising"), ("function", "rising"), ("pain", "falling"), ("pain", "resolved")}
_BAD = {("emotion", "falling"), ("function", "falling"), ("pain", "rising")}


class Result(NamedTuple):
    """What became of one truth."""

    state: str
    said: str
    """a plain sentence with planted and found"""


class Quarter(NamedTuple):
    """One finished quarter, and what the checks look up in it."""

    tables: Tables
    mentions: pd.DataFrame
    """of customers with a number, no repeats"""
    hurt: pd.DataFrame
    """the mentions of `mentions` that tell of a pain"""
    places: dict[str, str]
    """touchpoint_id by planted name, '' where nothing was found"""
    names: dict[str, str]


Quarters = Mapping[str, Quarter]


def look_up(tables: Tables) -> Quarter:
    """Return a quarter ready for the checks."""
    documents = tables["documents"]
    used = usable(documents, tables["mentions"], tables["touchpoints"])
    numbered = documents.loc[~documents["is_anonymous"], "document_id"]
    mentions = used[used["document_id"].isin(numbered)]
    touchpoints = tables["touchpoints"]
    names = dict(zip(touchpoints["touchpoint_id"], touchpoints["name"], strict=True))
    places = {name: _locate(name, used, touchpoints) for name in PLANTED}
    return Quarter(tables, mentions, pains(mentions), places, names)


def recover(truths: list[Truth], quarters: Quarters) -> dict[str, Result]:
    """Return the result of each truth by its id."""
    return {truth.id: CHECKS[truth.category](truth, quarters) for truth in truths}


def tabulate(truths: list[Truth], results: Mapping[str, Result]) -> list[tuple[str, int, int, int]]:
    """Return (category, planted, recovered, of these direction only), all together last."""
    rows = []
    for category in [*CHECKS, ""]:
        states = [results[t.id].state for t in truths if category in {t.category, ""}]
        kept = len(states) - states.count(MISSED)
        rows.append((category or "all", len(states), kept, states.count(DIRECTION)))
    return rows


def _locate(name: str, mentions: pd.DataFrame, touchpoints: pd.DataFrame) -> str:
    """Return the touchpoint that is meant: by name, or the discovered one that holds its words."""
    words = PLANTED[name].get("words")
    if not words:
        return str(touchpoints.loc[touchpoints["name"] == name, "touchpoint_id"].iloc[0])
    found = touchpoints.loc[touchpoints["origin"] == "discovered", "touchpoint_id"]
    own = mentions[mentions["touchpoint_id"].isin(found)]
    share = _holds(own["quote"], words).groupby(own["touchpoint_id"]).mean()
    meant = share[share >= _HALF].index
    sizes = own[own["touchpoint_id"].isin(meant)].groupby("touchpoint_id")["customer_id"].nunique()
    return str(sizes.idxmax()) if len(sizes) else ""


def _holds(quotes: pd.Series, words: str) -> pd.Series:
    # No closing \b: many of the words are stems.
    return quotes.str.contains(rf"\b(?:{words})", case=False, regex=True)


def _near(planted: int, found: int) -> bool:
    return abs(found - planted) <= max(_LEAST, planted * _SHARE)


def _judge(is_recovered: bool, said: str) -> Result:
    return Result(RECOVERED if is_recovered else MISSED, said)


def _count(frame: pd.DataFrame, touchpoint_id: str) -> int:
    return int(frame.loc[frame["touchpoint_id"] == touchpoint_id, "customer_id"].nunique())


def _customers(n: int) -> str:
    return "1 customer" if n == 1 else f"{n} customers"


def _experienced(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    place = quarter.places[truth.names[0]]
    if not place:
        return Result(MISSED, f"Planted {_customers(truth.n)}, no touchpoint found.")
    n = _count(quarter.mentions, place)
    called = quarter.names[place]
    called = "" if called == truth.names[0] else f" under the name {called!r}"
    return _judge(_near(truth.n, n), f"Planted {_customers(truth.n)}, found {n}{called}.")


def _silent(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    place = quarter.places[truth.names[0]]
    gaps = quarter.tables["gaps"]
    told = ((gaps["touchpoint_id"] == place) & (gaps["kind"] == "never_mentioned")).any()
    n = _count(quarter.tables["mentions"], place)
    return _judge(bool(told) and not n, f"No customer speaks of it, found {n}.")


def _continued(truth: Truth, quarters: Quarters) -> Result:
    before, now = (quarters[period].places[truth.names[0]] for period in PERIODS)
    if not before or not now:
        return Result(MISSED, "Not found in both quarters.")
    return _judge(before == now, "Found in both quarters, but as two touchpoints.")


def _in_pain(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    place = quarter.places[truth.names[0]]
    n = _count(quarter.hurt, place) if place else 0
    return _judge(n > 0 and _near(truth.n, n), f"Planted {_customers(truth.n)} in pain, found {n}.")


def _problem(truth: Truth, quarters: Quarters) -> Result:
    """The pain point of most customers is the planted one: half of its quotes hold its words."""
    quarter = quarters[truth.period]
    place = quarter.places[truth.names[0]]
    points = quarter.tables["pain_points"]
    own = points[points["touchpoint_id"] == place]
    if not place or own.empty:
        return Result(MISSED, "No problem that two customers share was named.")
    first = own.sort_values(["n_customers", "n_mentions"], ascending=False).iloc[0]
    mentions = quarter.tables["mentions"]
    quotes = mentions.loc[mentions["pain_point_id"] == first["pain_point_id"], "quote"]
    share = _holds(quotes, PLANTED[truth.names[0]]["problem"]).mean()
    return _judge(share >= _HALF, f"Most customers are put under {first['name']!r}.")


def _praised(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    place = quarter.places[truth.names[0]]
    n = _count(quarter.mentions[quarter.mentions["kind"] == "praise"], place)
    scores = quarter.tables["scores"].set_index(["touchpoint_id", "dimension"])["value"]
    emotion = float(scores.get((place, "emotion"), float("nan")))
    said = f"Planted {_customers(truth.n)} who praise it, found {n}; emotion {emotion:+.2f}."
    return _judge(_near(truth.n, n) and emotion > 0, said)


def _links(quarter: Quarter, kind: str) -> dict[tuple[str, str], int]:
    """Return the customers of each edge of a kind by its two ends."""
    edges = quarter.tables["edges"]
    own = edges[edges["kind"] == kind].sort_values("n_customers")
    ends = zip(own["source_id"], own["target_id"], strict=True)
    return dict(zip(ends, own["n_customers"].tolist(), strict=True))


def _follows(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    source, target = (quarter.places[name] for name in truth.names)
    is_there = (source, target) in _links(quarter, "follows")
    lost = "" if source and target else "; one end was not found"
    return _judge(is_there, f"Planted {_customers(truth.n)}, no tested link{lost}.")


def _influences(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    links = _links(quarter, "influences")
    if not truth.names:
        planted = {
            tuple(quarter.places[row[end]] for end in ("cause", "effect"))
            for row in FACTS["influences"]
        }
        others = sorted(
            f"{quarter.names[a]} leads to {quarter.names[b]}"
            for a, b in links
            if (a, b) not in planted
        )
        return _judge(not others, f"Claimed beside the planted ones: {', '.join(others)}.")
    source, target = (quarter.places[name] for name in truth.names)
    n = links.get((source, target), 0)
    said = f"Planted {_customers(truth.n)} who say so, found {n}."
    return _judge(n > 0 and _near(truth.n, n), said)


def _moment(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    moments = quarter.tables["moments"]
    here = moments["touchpoint_id"].isin([quarter.places[name] for name in truth.names])
    own = moments[here & (moments["decision"] == truth.word)]
    n = int(own["n_customers"].max()) if len(own) else 0
    said = f"Planted {_customers(truth.n)}, found {n}."
    if truth.n < 2:
        said += " One customer alone makes no moment."
    return _judge(n > 0 and _near(truth.n, n), said)


def _changed(truth: Truth, quarters: Quarters) -> Result:
    before, now = (quarters[period] for period in PERIODS)
    name, word = truth.names[0], truth.word
    changes = now.tables["changes"]
    own = changes[changes["touchpoint_id"] == now.places[name]]
    verdicts = set(zip(own["dimension"], own["verdict"], strict=True))
    told = ", ".join(f"{d} {v}" for d, v in sorted(verdicts)) or "nothing is told"
    n_before, n_now = _count(before.hurt, before.places[name]), _count(now.hurt, now.places[name])
    said = f"Customers in pain {n_before}, then {n_now}; verdicts: {told}."
    if not now.places[name]:
        return Result(MISSED, "The touchpoint was not found.")
    if _is_told(word, verdicts):
        return Result(RECOVERED, said)
    shares = [n / quarters[p].mentions["customer_id"].nunique() for n, p in
              zip((n_before, n_now), PERIODS, strict=True)]  # fmt: skip
    is_right = {"better": shares[1] < shares[0], "resolved": shares[1] < shares[0],
                "worse": shares[1] > shares[0]}.get(word, False)  # fmt: skip
    against = verdicts & (_GOOD if word == "worse" else _BAD)
    return Result(DIRECTION if is_right and not against else MISSED, said)


def _is_told(word: str, verdicts: set[tuple[str, str]]) -> bool:
    """Return whether the verdicts tell the change and none tells the opposite."""
    if word == "new":
        return ("frequency", "new") in verdicts
    if word == "steady":
        return bool(verdicts) and {verdict for _, verdict in verdicts} == {"steady"}
    if word == "resolved":
        return ("pain", "resolved") in verdicts and not verdicts & _BAD
    good, bad = (_BAD, _GOOD) if word == "worse" else (_GOOD, _BAD)
    return bool(verdicts & good) and not verdicts & bad


def _chosen(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    priorities = quarter.tables["priorities"].sort_values("rank")
    chosen = priorities.loc[priorities["is_chosen"], "touchpoint_id"].tolist()
    wanted = {quarter.places[name] for name in truth.names}
    said = f"Chosen: {', '.join(quarter.names[key] for key in chosen)}."
    return _judge(bool(wanted & set(chosen)), said)


def _trap(truth: Truth, quarters: Quarters) -> Result:
    quarter = quarters[truth.period]
    if truth.names:
        place = quarter.places[truth.names[0]]
        quotes = quarter.mentions.loc[quarter.mentions["touchpoint_id"] == place, "quote"]
        found = _holds(quotes, rf"(?:{truth.word})\b")
        said = f"{int(found.sum())} of {len(quotes)} quotes belong elsewhere."
        return _judge(bool(found.mean() <= _FOREIGN), said)
    said, is_right = {"twice": _sent_twice, "junk": _from_junk, "notes": _unquoted}[truth.word](
        quarter, FACTS["duplicates"][truth.period]
    )
    return _judge(is_right, said)


def _sent_twice(quarter: Quarter, customer: str) -> tuple[str, bool]:
    documents = quarter.tables["documents"]
    again = documents[documents["duplicate_of"] != ""]
    silent = not quarter.tables["mentions"]["document_id"].isin(again["document_id"]).any()
    tickets = again.loc[again["kind"] == "ticket", "customer_id"].tolist()
    return f"Tickets found to be repeats: of {tickets}.", silent and tickets == [customer]


def _from_junk(quarter: Quarter, _: str) -> tuple[str, bool]:
    quotes = quarter.tables["mentions"]["quote"]
    empty = quotes[~quotes.str.contains(r"[^\W\d_]{3}", regex=True)]
    return f"{len(empty)} quotes hold no word: {empty.tolist()[:3]}.", empty.empty


def _unquoted(quarter: Quarter, _: str) -> tuple[str, bool]:
    """A quote from a note stands between double quotes in its file."""
    documents = quarter.tables["documents"]
    notes = documents[documents["kind"].isin(["note", "sales"])][["document_id", "path"]]
    told = quarter.tables["mentions"].merge(notes, on="document_id")
    outside = []
    for path, quote in zip(told["path"], told["quote"], strict=True):
        spoken = re.findall('["“]([^"”]*)["”]', (CORPUS / path).read_text("utf-8"))
        outside += [] if any(_plain(quote) in _plain(words) for words in spoken) else [quote]
    return f"{len(outside)} quotes are the staff's words: {outside[:3]}.", not outside


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


CHECKS: dict[str, Callable[[Truth, Quarters], Result]] = {
    "experienced": _experienced,
    "never mentioned": _silent,
    "missing from the catalogue": _experienced,
    "same thing in both quarters": _continued,
    "customers in pain": _in_pain,
    "main problem": _problem,
    "praised": _praised,
    "follows": _follows,
    "stated causes": _influences,
    "moments of decision": _moment,
    "changes": _changed,
    "what to fix first": _chosen,
    "traps": _trap,
}
