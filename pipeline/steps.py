"""The steps of a run: STEPS shows the whole flow.

Each step below joins sources or an engine to a pure stage; runner.py carries the steps out.
"""

import json
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from pipeline.ask import indexed_texts
from pipeline.config import Settings
from pipeline.decisions.history import standing, states, told
from pipeline.engines.engine import Engine
from pipeline.errors import ConfigError
from pipeline.methods.carrying import relabel
from pipeline.methods.measures import pains
from pipeline.methods.whereabouts import read_all
from pipeline.periods import find_period
from pipeline.runner import Context, Step
from pipeline.schema import Tables
from pipeline.sources.privacy import redact, redact_text
from pipeline.sources.pseudonyms import pseudonymise
from pipeline.sources.read import read
from pipeline.stages.chunk import chunk
from pipeline.stages.compare import Previous, compare
from pipeline.stages.decide import decide
from pipeline.stages.extract import extract, in_context, spoken_by_customers
from pipeline.stages.hypothesize import build_briefs, hypothesize
from pipeline.stages.network import network
from pipeline.stages.overrule import (
    overrule_changes,
    overrule_hypotheses,
    overrule_network,
    overrule_priorities,
    overrule_scores,
)
from pipeline.stages.prioritize import prioritize
from pipeline.stages.resolve import Known, assign, name_pains
from pipeline.stages.score import score
from pipeline.stages.segment import segment
from pipeline.tables import DECISIONS, Decision
from pipeline.text import stable_id

FOUND = (
    "candidates", "found_mentions", "found_touchpoints", "found_aliases", "found_pain_points",
    "remainder",
)  # fmt: skip
"""What the engine found, before reviewers decided."""
_REVIEWED = ("touchpoints", "aliases", "decisions")
"""What tells what became of the touchpoints that decisions are about."""
_BRIEFED = (
    "mentions", "documents", "touchpoints", "pain_points", "edge_evidence", "scores", "stages",
    "priorities",
)  # fmt: skip
_RETELLING = frozenset(
    {
        "rename", "merge", "split", "reject", "add", "link", "unlink", "keep", "reassign",
        "discard",
    }
)  # fmt: skip
"""Actions that change how the period before is told."""


def _read(context: Context, _: Tables) -> Tables:
    found = read(context.folder, context.settings, context.period, context.progress)
    context.inputs.update(found.inputs)
    if context.settings.privacy.pseudonyms:
        found = pseudonymise(found, context.settings.corpus.name, context.settings.privacy)
    return _pick(found, "documents", "turns", "attributes", "rejects") | {
        "attributes": _redacted(found.attributes, "value", context),
        "rejects": _redacted(found.rejects, "detail", context),
    }


def _redacted(frame: pd.DataFrame, column: str, context: Context) -> pd.DataFrame:
    """Return a table with the personal data in one column replaced."""
    privacy = context.settings.privacy
    return frame.assign(**{column: [redact_text(text, privacy) for text in frame[column]]})


def _privacy(context: Context, tables: Tables) -> Tables:
    return {"turns": redact(tables["turns"], context.settings.privacy)}


def _segment(context: Context, tables: Tables) -> Tables:
    done = segment(
        tables["documents"], tables["turns"], context.settings.segment, context.engine.unread
    )
    return _pick(done, "sentences", "rejects")


def _chunk(context: Context, tables: Tables) -> Tables:
    return _pick(chunk(tables["turns"], context.settings.chunk), "chunks", "chunk_spans")


def _embed(context: Context, tables: Tables) -> Tables:
    context.engine.warm(_customers_sentences(tables), context.progress, context.ask)
    return {}


def _extract(context: Context, tables: Tables) -> Tables:
    context.begin_to_publish(tables)
    sentences = in_context(
        tables["turns"], _customers_sentences(tables), context.engine.staff_characters
    )
    phrases = context.catalogue.catalogue_phrases
    reading = context.engine.read(sentences, phrases, context.progress)
    done = extract(
        tables["documents"], tables["turns"], tables["sentences"], reading.answers,
        reading.answer_links, context.engine.name,
        examples=context.engine.examples, unread=reading.rejects,
    )  # fmt: skip
    return _pick(done, "candidates", "causes", "rejects")


def _resolve(context: Context, tables: Tables) -> Tables:
    catalogue, engine, settings = context.catalogue, context.engine, context.settings.resolve
    candidates = tables["candidates"]
    in_language = _with_language(candidates, tables)
    groups = engine.group(in_language, catalogue.catalogue_phrases, context.ask)
    context.begin_to_publish(tables)
    known = Known(
        catalogue.catalogue, catalogue.catalogue_phrases,
        _continued(context, candidates, groups),
    )  # fmt: skip
    assigned = assign(tables["documents"], candidates, groups, known, settings)
    problems = engine.group_pains(pains(assigned.mentions), assigned.touchpoints)
    pained = name_pains(assigned.mentions, problems, settings)
    return {
        "catalogue": catalogue.catalogue,
        "catalogue_phrases": catalogue.catalogue_phrases,
        "stages": catalogue.stages,
        "found_mentions": pained.mentions,
        "found_touchpoints": assigned.touchpoints,
        "found_aliases": assigned.aliases,
        "found_pain_points": pained.pain_points,
        "remainder": assigned.remainder,
    }


def _decide(context: Context, tables: Tables) -> Tables:
    return decide(
        _some(tables, *FOUND), context.decisions, context.engine.embed, context.period.name,
        context.settings.resolve,
    )._asdict()  # fmt: skip


def _network(context: Context, tables: Tables) -> Tables:
    context.begin_to_publish(tables)
    done = network(
        tables["documents"], tables["turns"], tables["mentions"], tables["causes"],
        tables["touchpoints"], context.settings.network,
    )  # fmt: skip
    written = _pick(done, "edges", "edge_evidence", "moments")
    return written | overrule_network(written | _some(tables, *_REVIEWED, "documents", "mentions"))


def _score(context: Context, tables: Tables) -> Tables:
    scores = score(
        tables["documents"], tables["mentions"], tables["touchpoints"],
        context.settings.score, context.settings.outcome,
    )  # fmt: skip
    return overrule_scores({"scores": scores} | _some(tables, *_REVIEWED))


def _compare(context: Context, tables: Tables) -> Tables:
    previous = restated(context) if context.previous else None
    done = compare(
        tables["documents"], tables["turns"], tables["mentions"], tables["touchpoints"],
        believed(tables["edges"]), tables["stages"], measured(tables["scores"]), previous,
        context.settings.compare,
    )  # fmt: skip
    decisions = overrule_changes(_some(tables, *_REVIEWED), previous and previous.touchpoints)
    return _pick(done, "gaps", "failures", "changes") | decisions


def _prioritize(context: Context, tables: Tables) -> Tables:
    priorities = prioritize(
        tables["documents"], tables["mentions"], tables["touchpoints"], tables["pain_points"],
        believed(tables["edges"]), without_gaps(tables["scores"]), context.settings.prioritize,
    )  # fmt: skip
    return {"priorities": overrule_priorities(priorities, _some(tables, *_REVIEWED))}


def _hypothesize(context: Context, tables: Tables) -> Tables:
    settings = context.settings.hypothesize
    if context.engine.has_endpoint_vectors:  # no later step books what an endpoint is paid
        context.engine.embed(indexed_texts(tables))
    briefs = build_briefs(_some(tables, *_BRIEFED) | {"edges": believed(tables["edges"])}, settings)
    done = hypothesize(briefs, context.engine.propose(briefs), settings)
    written = {"found_hypotheses": done.hypotheses, **_pick(done, "hypothesis_evidence", "rejects")}
    return written | overrule_hypotheses(written | _some(tables, *_REVIEWED))


def believed(edges: pd.DataFrame) -> pd.DataFrame:
    """Return the links that no reviewer has hidden: what is told of the others rests on these."""
    return edges[edges["review"] != "hidden"]


def without_gaps(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores; one that a reviewer set, which has no interval, is its own."""
    is_set = _is_set(scores)
    ends = {end: scores[end].mask(is_set, scores["value"]) for end in ("low", "high")}
    return scores.assign(**ends)


def measured(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores that rest on what customers said: two periods are compared by these."""
    return scores[~_is_set(scores)]


def _is_set(scores: pd.DataFrame) -> pd.Series:
    """Return which scores a reviewer set: they alone have a value and no interval."""
    return scores["value"].notna() & scores["low"].isna()


def restated(context: Context) -> Previous:
    """Return the period before under today's names; kept, for most decisions leave it as it is."""
    # A quote of today's period is not in the one before, whatever was decided about it.
    turns = {"", *context.previous["turns"]["turn_id"].tolist()}
    rows = _as_named(DECISIONS.rows(context.decisions))
    relevant = [
        row
        for row in standing(rows)
        if row.action in _RETELLING
        and (
            told(row.argument).get("turn_id", "") in turns or row.period == context.previous_period
        )
    ]
    key = " ".join(row.decision_id + row.before for row in relevant)
    known = context.restated.get(key)
    if known is None:
        before = dict(restate(
            context.previous, DECISIONS.frame(relevant), context.settings, context.engine,
            (context.previous_period, context.period.name),
        ))  # fmt: skip
        before |= {"scores": measured(before["scores"])}
        known = Previous(*(before[name] for name in Previous._fields))
        for other in context.restated.values():
            known = known.knowing(other)
        context.restated.clear()
        context.restated[key] = known
    return known


def _as_named(rows: Sequence[Decision]) -> list[Decision]:
    """Return decisions that know touchpoints by no name that was taken back."""
    fates = states(rows)
    said = read_all(replace(row, state=fates[row.decision_id]) for row in rows)
    return [
        replace(row, before=json.dumps(one.before, sort_keys=True))
        for row, one in zip(rows, said, strict=True)
    ]


def restate(
    tables: Tables,
    decisions: pd.DataFrame,
    settings: Settings,
    engine: Engine,
    periods: tuple[str, str] = ("", ""),
) -> Tables:
    """Return the tables of an earlier run under today's names: touchpoints, quotes and scores.

    `periods`: the names of the run's period and of today's. Scores are those that customers' words
    give, whatever a reviewer set.
    """
    rows = list(standing(DECISIONS.rows(decisions)))
    then, now = (_begins(settings, name) for name in periods)
    found = relabel(_found(tables), _linked(rows, settings, (then, now)))
    if not rows and not len(tables.get("decisions", ())) and found is tables:
        return tables
    decided = decide(found, DECISIONS.frame(rows), engine.embed, periods[0], settings.resolve)
    known = tables | decided._asdict()
    scores = score(
        known["documents"], known["mentions"], known["touchpoints"], settings.score,
        settings.outcome,
    )  # fmt: skip
    return known | {"scores": scores}


def _begins(settings: Settings, period: str) -> str:
    """Return the first day of a period, '' when the settings know none of the name."""
    try:
        return find_period(settings, period).start if period else ""
    except ConfigError:
        return ""


def _found(tables: Tables) -> Tables:
    """Return what the engine found, also of a run from before there were reviews."""
    if "found_mentions" in tables:
        return tables
    rejects = tables["rejects"]
    found = {name: tables[name.removeprefix("found_")] for name in FOUND if name != "remainder"}
    return tables | found | {"remainder": rejects[rejects["stage"] == "resolve"]}


def _linked(rows: Sequence[Decision], settings: Settings, days: tuple[str, str]) -> dict[str, str]:
    """Return under which id of today each touchpoint of an earlier run goes on, where reviewers
    said so between the two; `days` are their first."""
    pairs: dict[str, str] = {}
    for row in rows:
        if row.action in ("link", "unlink") and days[0] < _begins(settings, row.period) <= days[1]:
            pairs[row.target_id] = stable_id("before", row.target_id)
    for row in rows:
        if row.action == "link" and row.target_id in pairs:
            pairs[str(told(row.argument)["earlier_id"])] = row.target_id
    return pairs


def _customers_sentences(tables: Tables) -> pd.DataFrame:
    """Return the sentences that customers said, with their document's language."""
    return _with_language(spoken_by_customers(tables["turns"], tables["sentences"]), tables)


def _with_language(frame: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Return rows that name a document with the language of that document."""
    languages = tables["documents"].set_index("document_id")["language"]
    return frame.assign(language=frame["document_id"].map(languages))


STEPS: tuple[Step, ...] = (
    Step("read", _read, ()),
    Step("privacy", _privacy, ("turns",), ("privacy",), lands=("turns", "turn_id")),
    Step(
        "segment", _segment, ("turns", "documents"), ("segment",), uses_engine=True,
        lands=("sentences", "turn_id"),
    ),
    Step("chunk", _chunk, ("turns",), ("chunk",), lands=("chunk_spans", "turn_id")),
    Step(
        "embed", _embed, ("sentences", "turns", "documents"), uses_engine=True,
        counted=_customers_sentences,
    ),
    Step(
        "extract", _extract, ("sentences", "turns", "documents"), ("extract", "corpus"),
        uses_engine=True, counted=_customers_sentences,
    ),
    Step(
        "resolve", _resolve, ("candidates", "documents"), ("resolve", "corpus"), uses_engine=True,
        uses_previous=("found_touchpoints", "found_mentions"),
        lands=("found_mentions", "mention_id"), leaves="remainder",
    ),
    Step(
        "decide", _decide, FOUND, ("resolve",), uses_engine=True, uses_decisions=True,
        lands=("mentions", "mention_id"),
    ),
    Step(
        "network", _network,
        ("mentions", "documents", "turns", "causes", *_REVIEWED), ("network",),
    ),
    Step("score", _score, ("mentions", "documents", *_REVIEWED), ("score", "outcome")),
    Step(
        "compare", _compare,
        ("mentions", "documents", "turns", "edges", "stages", "scores", *_REVIEWED),
        ("compare", "resolve", "score", "outcome", "period", "periods"), uses_engine=True,
        uses_previous=(*Previous._fields, *FOUND), uses_decisions=True,
    ),
    Step(
        "prioritize", _prioritize,
        ("mentions", "documents", "pain_points", "edges", "scores", *_REVIEWED), ("prioritize",),
    ),
    Step(
        "hypothesize", _hypothesize, (*_BRIEFED, "edges", "aliases", "decisions"),
        ("hypothesize", "corpus"), uses_engine=True,
    ),
)  # fmt: skip


def _some(tables: Tables, *names: str) -> Tables:
    """Return some tables by name."""
    return {name: tables[name] for name in names}


def _pick(result: object, *names: str) -> Tables:
    """Return fields of a stage's result as tables by name."""
    return {name: getattr(result, name) for name in names}


def _continued(
    context: Context, candidates: pd.DataFrame, groups: pd.DataFrame
) -> dict[str, tuple[str, str]]:
    """Return for each group the touchpoint of the period before that it continues."""
    if not context.previous or groups.empty:
        return {}
    previous = _found(context.previous)
    touchpoints = previous["found_touchpoints"]
    discovered = touchpoints[touchpoints["origin"] == "discovered"]
    quotes = previous["found_mentions"].merge(discovered[["touchpoint_id"]], on="touchpoint_id")
    before = quotes[["touchpoint_id", "quote"]].rename(columns={"touchpoint_id": "group"})
    now = groups[["mention_id", "group"]].merge(
        candidates[["mention_id", "quote"]], on="mention_id"
    )
    names = dict(zip(discovered["touchpoint_id"], discovered["name"], strict=True))
    pairs = context.engine.same_thing(before, now[["group", "quote"]])
    return {group: (earlier, names[earlier]) for group, earlier in pairs.items()}
