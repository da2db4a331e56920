"""reads candidates, documents, groups, catalogue, catalogue_phrases
-> writes found_mentions, found_touchpoints, found_aliases, found_pain_points, remainder

Candidates into touchpoints: the catalogue's, and those discovered in what the catalogue does not
know. A discovered touchpoint needs enough distinct customers and keeps its id and name from the
period before when it is the same thing. Painful mentions are gathered into named pain points.

In conversation people talk of everything under the sun; in a survey, a ticket or a review they talk
of the business. Where a corpus has both, a group that lives in conversation alone is small talk.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from pipeline.config import Resolve
from pipeline.methods.fewest import fewest_customers
from pipeline.methods.measures import pains
from pipeline.methods.problems import pain_points
from pipeline.tables import (
    ALIASES,
    CATALOGUE,
    MENTIONS,
    REMAINDER,
    TOUCHPOINTS,
    Alias,
    Reject,
    Touchpoint,
)
from pipeline.text import normalise, stable_id

CONVERSATIONS = ("call", "chat")
LEAST_WRITTEN = 0.25
LEAST_WRITTEN_OF_GROUP = 0.5


class Known(NamedTuple):
    """Touchpoints known before this period's quotes are grouped."""

    catalogue: pd.DataFrame
    catalogue_phrases: pd.DataFrame
    earlier: Mapping[str, tuple[str, str]]
    """for each group that continues a touchpoint of the period before: its (touchpoint_id, name)"""


class Assigned(NamedTuple):
    """Candidates with their touchpoint, before pain points are named."""

    mentions: pd.DataFrame
    touchpoints: pd.DataFrame
    aliases: pd.DataFrame
    remainder: pd.DataFrame


class Pained(NamedTuple):
    """Mentions with their pain point."""

    mentions: pd.DataFrame
    pain_points: pd.DataFrame


class _Found(NamedTuple):
    """A discovered touchpoint in the making."""

    touchpoint_id: str
    name: str
    definition: str
    near_id: str
    group_name: str
    stage: str


def assign(
    documents: pd.DataFrame,
    candidates: pd.DataFrame,
    groups: pd.DataFrame,
    known: Known,
    settings: Resolve,
) -> Assigned:
    """Give every candidate its touchpoint; what belongs to none is left as the remainder."""
    candidates, groups = _settle_known(candidates, groups, known)
    joined = candidates.merge(groups, on="mention_id", how="left", suffixes=("", "_group"))
    joined = joined.merge(
        documents[["document_id", "kind"]], on="document_id", suffixes=("", "_of")
    )
    n_customers, is_intended = joined["customer_id"].nunique(), not known.catalogue.empty
    least = fewest_customers(settings, n_customers, has_catalogue=is_intended)
    settings = settings.model_copy(update={"min_customers": least})
    found = _discover(joined, known, settings)
    is_new = joined["group"].isin(list(found))
    ids = [
        found[group].touchpoint_id if new else own
        for group, own, new in zip(joined["group"], joined["touchpoint_id"], is_new, strict=True)
    ]
    touchpoint_id = pd.Series(ids, index=joined.index, dtype="str")
    confidence = joined["confidence"].where(~is_new, joined["confidence_group"])
    is_again = _is_again(joined.assign(touchpoint_id=touchpoint_id))
    touchpoint_id = touchpoint_id.mask(is_again, "")
    placed = candidates.drop(columns="label").assign(
        touchpoint_id=touchpoint_id.to_numpy(),
        confidence=confidence.to_numpy(),
        pain_point_id="",
    )
    mentions = MENTIONS.check(placed[placed["touchpoint_id"] != ""])
    return Assigned(
        mentions,
        _touchpoints(mentions, known, list(found.values())),
        _aliases(known.catalogue_phrases, list(found.values())),
        _remainder(
            joined.assign(is_again=is_again)[(touchpoint_id == "").to_numpy()],
            _why_not(joined, found, settings),
        ),
    )


def _is_again(placed: pd.DataFrame) -> pd.Series:
    """Tell which candidates are the quote of another at the same touchpoint: a clause that spoke of
    two things may have come to one discovered touchpoint with both. The surer one stays."""
    surest = placed.sort_values(["confidence", "mention_id"], ascending=[False, True])
    is_again = surest.duplicated(["turn_id", "start", "end", "touchpoint_id"])
    return (is_again & (surest["touchpoint_id"] != "")).reindex(placed.index)


def _settle_known(
    candidates: pd.DataFrame, groups: pd.DataFrame, known: Known
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the candidates, those in a group that is one of the catalogue's at home there, and the
    groups that are left."""
    is_known = groups["same_id"].isin(set(known.catalogue["touchpoint_id"]))
    own = groups.loc[is_known, ["mention_id", "same_id"]]
    home = dict(zip(own["mention_id"], own["same_id"], strict=True))
    touchpoint_id = [
        home.get(mention_id, given)
        for mention_id, given in zip(
            candidates["mention_id"], candidates["touchpoint_id"], strict=True
        )
    ]
    settled = candidates.assign(touchpoint_id=pd.Series(touchpoint_id, candidates.index, "str"))
    return settled, groups[~is_known]


def _discover(joined: pd.DataFrame, known: Known, settings: Resolve) -> dict[str, _Found]:
    """Return the groups with enough customers, largest first, as touchpoints."""
    grouped = joined[joined["group"].notna()]
    sizes = grouped.groupby("group")["customer_id"].nunique()
    ranked = sorted(sizes.items(), key=lambda item: (-int(item[1]), str(item[0])))
    talk = _small_talk(joined)
    large = [str(g) for g, n in ranked if int(n) >= settings.min_customers and g not in talk]
    named = grouped.drop_duplicates("group").set_index("group")
    intended = set(known.catalogue["touchpoint_id"])
    found: dict[str, _Found] = {}
    for group in large[: settings.max_discovered]:
        own = named.loc[group]
        touchpoint_id, name = known.earlier.get(group, ("", ""))
        name = name or str(own["name"])
        touchpoint_id = touchpoint_id or stable_id("touchpoint", normalise(name))
        near = str(own["near_id"]) if own["near_id"] in intended else ""
        told = (str(own[column]) for column in ("name", "stage"))
        found[group] = _Found(touchpoint_id, name, str(own["definition"]), near, *told)
    return found


def _why_not(
    joined: pd.DataFrame, found: Mapping[str, _Found], settings: Resolve
) -> dict[str, str]:
    """Return for each group that became no touchpoint the reason."""
    sizes = joined[joined["group"].notna()].groupby("group")["customer_id"].nunique()
    talk = _small_talk(joined)
    return {
        str(group): "too_few_customers"
        if int(n) < settings.min_customers
        else "small_talk"
        if group in talk
        else "beyond_max_discovered"
        for group, n in sizes.items()
        if group not in found
    }


def _small_talk(joined: pd.DataFrame) -> set[str]:
    """Return the groups that few customers wrote about though many wrote of something."""
    voices = joined.drop_duplicates(["customer_id", "group", "kind_of"])
    written = ~voices["kind_of"].isin(CONVERSATIONS)
    everyone = joined.drop_duplicates(["customer_id", "kind_of"])["kind_of"]
    if (~everyone.isin(CONVERSATIONS)).mean() < LEAST_WRITTEN:
        return set()
    shares = written.groupby(voices["group"]).mean()
    return {str(group) for group, share in shares.items() if share < LEAST_WRITTEN_OF_GROUP}


def _touchpoints(mentions: pd.DataFrame, known: Known, found: list[_Found]) -> pd.DataFrame:
    """Return one row a touchpoint: the whole catalogue, then the discovered ones."""
    customers = mentions.groupby("touchpoint_id")["customer_id"].nunique()
    numbers = mentions["touchpoint_id"].value_counts()
    entries = {entry.touchpoint_id: entry for entry in CATALOGUE.rows(known.catalogue)}

    def counted(touchpoint_id: str) -> dict[str, int]:
        return {
            "n_customers": int(customers.get(touchpoint_id, 0)),
            "n_mentions": int(numbers.get(touchpoint_id, 0)),
        }

    rows = {
        e.touchpoint_id: Touchpoint(
            touchpoint_id=e.touchpoint_id, name=e.name, definition=e.definition, stage=e.stage,
            channel=e.channel, owner=e.owner, origin="catalogue", audience=e.audience,
            effort=e.effort, position=e.position, backup=e.backup, **counted(e.touchpoint_id),
        )
        for e in entries.values()
    }  # fmt: skip
    for number, item in enumerate(found, start=len(entries)):
        near = entries.get(item.near_id)
        rows.setdefault(
            item.touchpoint_id,
            Touchpoint(
                touchpoint_id=item.touchpoint_id, name=item.name, definition=item.definition,
                stage=item.stage or (near.stage if near else ""),
                channel="", owner="", origin="discovered",
                audience="customer", effort=float("nan"), position=number, backup="",
                **counted(item.touchpoint_id),
            ),
        )  # fmt: skip
    return TOUCHPOINTS.frame(rows.values())


def _aliases(catalogue_phrases: pd.DataFrame, found: list[_Found]) -> pd.DataFrame:
    """Return the catalogue's aliases, and the names that discovered touchpoints go by now."""
    given = catalogue_phrases[catalogue_phrases["kind"] == "alias"]
    rows = {Alias(t, a) for t, a in zip(given["touchpoint_id"], given["text"], strict=True)}
    rows |= {Alias(f.touchpoint_id, f.group_name) for f in found if f.group_name != f.name}
    return ALIASES.frame(rows)


def _remainder(left: pd.DataFrame, why: dict[str, str]) -> pd.DataFrame:
    """Return a row for each candidate that belongs to no touchpoint; `why` goes by group."""
    columns = (left[name].tolist() for name in ("mention_id", "group", "name", "quote", "is_again"))
    return REMAINDER.frame(
        Reject(mention_id, "resolve", "duplicate", quote[:200])
        if is_again
        else Reject(mention_id, "resolve", why[group], f"{name}: {quote}"[:200])
        if isinstance(group, str)
        else Reject(mention_id, "resolve", "unassigned", quote[:200])
        for mention_id, group, name, quote, is_again in zip(*columns, strict=True)
    )


def name_pains(mentions: pd.DataFrame, groups: pd.DataFrame, settings: Resolve) -> Pained:
    """Give each painful mention its pain point.

    `groups` holds the engine's name for the problem of each; one name at a touchpoint is one pain
    point. A problem of too few customers is none, nor is one that no quote states (it has no name);
    their mentions stay mentions.
    """
    hurt = pains(mentions).merge(groups[["mention_id", "name"]], on="mention_id")
    hurt = hurt.assign(problem=[normalise(name) for name in hurt["name"]])
    hurt = hurt[hurt["problem"] != ""]
    n_customers = hurt.groupby(["touchpoint_id", "problem"])["customer_id"].transform("nunique")
    hurt = hurt[n_customers >= settings.min_pain_customers]
    pairs = zip(hurt["touchpoint_id"], hurt["problem"], strict=True)
    hurt = hurt.assign(pain_point_id=[stable_id("pain", *pair) for pair in pairs])
    member = dict(zip(hurt["mention_id"], hurt["pain_point_id"], strict=True))
    placed = mentions.assign(pain_point_id=[member.get(m, "") for m in mentions["mention_id"]])
    return Pained(MENTIONS.check(placed), pain_points(hurt))
