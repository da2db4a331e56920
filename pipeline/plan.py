"""What a run would do and take: documents, calls of a language model, tokens, price and time.

Everything is done as in a run, except that no model is asked and no run folder is written: answers
that are in the cache are taken, the embedded engine's reading stands in for the others.
"""

from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from pipeline.ask import silent_chunks
from pipeline.config import Llm
from pipeline.engines.choice import rehearse
from pipeline.engines.engine import Engine
from pipeline.engines.llm.money import call_cost
from pipeline.engines.llm.rehearsing import Expected, Rehearsal
from pipeline.errors import ConfigError
from pipeline.manifest import PUBLISH
from pipeline.methods.measures import n_customers, originals
from pipeline.run import Options, filled, prepare
from pipeline.runner import StepProgress, carry_out
from pipeline.schema import Tables
from pipeline.steps import STEPS
from pipeline.store import MANIFEST, Steps, read_manifest

ASKING = ("embed", "extract", "resolve", "decide", "compare", "hypothesize")
"""The steps that may ask a language model, or an embedding model."""
_SHOWN = ("extract", "resolve", "hypothesize")
"""Those of them that always ask."""
_LAST_ALIKE = "embed"
"""Up to here a run with the embedded engine is planned by doing it; its results are kept."""
_KEPT = frozenset({"privacy", "segment", "chunk", "embed"})
"""Steps that the run takes over from the plan."""
_READING = 0.002
"""Seconds a sentence of the embedded engine's steps after `embed`: corpora/kestrel on two cores,
1,500 sentences, took 3 to 4 seconds."""
_PUBLISHING, _PUBLISHING_EACH = 1.0, 0.001
"""Seconds, and seconds a sentence, where no earlier run of the corpus tells: the same corpus took
1.4 to 3."""
_STARTING = 2.0
"""Seconds to load the libraries, and as long again for those of language models."""


class StepPlan(NamedTuple):
    """What one step would ask a model."""

    step: str
    calls: int
    kept: int
    """Answers that are in the cache already: nothing to pay."""
    prompt_tokens: int
    completion_tokens: int
    cost: float
    """nan when the model has no price."""
    seconds: float
    """How long the calls take; nan through the batch endpoint."""
    is_done: bool
    """The whole step is kept from an earlier run."""


class Planned(NamedTuple):
    """What a run would do."""

    corpus: str
    period: str
    engine: str
    """`embedded` or the name of the model."""
    currency: str
    n_documents: int
    n_customers: int
    n_sentences: int
    """Said by customers."""
    n_left_out: int
    """Sentences that the model is not shown because they carry nothing."""
    steps: tuple[StepPlan, ...]
    """Empty with the embedded engine, which asks nothing."""
    own_seconds: float
    """All that is not waiting for the model."""
    notes: tuple[str, ...]

    @property
    def whole(self) -> StepPlan:
        """All steps together."""
        steps = self.steps
        return StepPlan(
            "all",
            sum(step.calls for step in steps),
            sum(step.kept for step in steps),
            sum(step.prompt_tokens for step in steps),
            sum(step.completion_tokens for step in steps),
            sum(step.cost for step in steps),
            sum(step.seconds for step in steps),
            all(step.is_done for step in steps),
        )

    @property
    def seconds(self) -> float:
        """The time of the whole run; nan through the batch endpoint."""
        return self.own_seconds + self.whole.seconds


def plan_corpus(folder: Path, options: Options, progress: StepProgress | None = None) -> Planned:
    """Return what a run with these options would do; of its result only kept steps are written.

    ConfigError and InputError say what to mend.
    """
    prepared = prepare(folder, options, rehearse)
    context, engine = prepared.context, prepared.context.engine
    if options.is_batch and not isinstance(engine, Rehearsal):
        raise ConfigError("--batch is for language models: add --engine llm")
    names = [step.name for step in STEPS]
    last = len(STEPS) if isinstance(engine, Rehearsal) else names.index(_LAST_ALIKE) + 1
    with threadpool_limits(limits=1, user_api="blas"):
        planned = replace(context, publish_early=_as_published)
        steps = (filled(STEPS[0]), *STEPS[1:last])
        done = carry_out(steps, planned, Steps(prepared.home), progress)
    n_sentences = next(one.rows_in for one in done.records if one.step == _LAST_ALIKE)
    own = sum(one.seconds for one in done.records if one.step not in _KEPT)
    own += _STARTING + _publishing_seconds(prepared.home, n_sentences)
    kept = frozenset(one.step for one in done.records if one.reused)
    llm = context.settings.engine.llm
    rejects = done.tables["rejects"]
    return Planned(
        corpus=context.settings.corpus.name,
        period=context.period.name,
        engine=llm.model if isinstance(engine, Rehearsal) else "embedded",
        currency=context.settings.corpus.currency,
        n_documents=len(originals(done.tables["documents"])),
        n_customers=n_customers(done.tables["documents"]),
        n_sentences=n_sentences,
        n_left_out=int((rejects["reason"] == "carries_nothing").sum()),
        steps=_steps(engine, llm, kept, is_batch=options.is_batch),
        own_seconds=own + (_STARTING if last == len(STEPS) else n_sentences * _READING),
        notes=_notes(engine, llm, is_batch=options.is_batch),
    )


def _steps(
    engine: Engine, llm: Llm, done: frozenset[str], *, is_batch: bool
) -> tuple[StepPlan, ...]:
    """Return what each step would ask."""
    if not isinstance(engine, Rehearsal):
        return ()
    plans = []
    for name in ASKING:
        own = [one for one in engine.calls.expected if one.stage == name]
        paid = [one for one in own if not one.is_kept]
        tokens = sum(one.prompt_tokens for one in paid), sum(one.completion_tokens for one in paid)
        if name not in _SHOWN and not own:
            continue
        cost = sum(_cost(one, llm, is_batch=is_batch) for one in paid)
        is_late = is_batch and any(one.model == llm.model for one in paid)
        seconds = float("nan") if is_late else _waiting(paid, llm.most_at_once)
        plans.append(
            StepPlan(name, len(paid), len(own) - len(paid), *tokens, cost, seconds, name in done)
        )
    return tuple(plans)


def _cost(call: Expected, llm: Llm, *, is_batch: bool) -> float:
    """Return the price of a call, nan when the model has none; vectors come by no batch."""
    price = llm.prices.get(call.model)
    share = llm.batch_share if is_batch and call.model == llm.model else 1.0
    tokens = call.prompt_tokens, call.completion_tokens
    return call_cost(price, *tokens) * share if price else float("nan")


def _as_published(tables: Tables, engine: Engine) -> None:
    """Have the vectors made that only the search index needs, once, as a run does."""
    if "candidates" not in tables:
        engine.embed(silent_chunks(tables))


def _waiting(calls: list[Expected], at_once: int) -> float:
    """Return how long calls take, so many side by side, round after round."""
    rounds: dict[int, list[float]] = {}
    for call in calls:
        rounds.setdefault(call.round, []).append(call.seconds)
    return sum(ceil(len(own) / at_once) * sum(own) / len(own) for own in rounds.values())


def _publishing_seconds(home: Path, n_sentences: int) -> float:
    """Return how long publishing takes, as in the corpus' last run that did it anew."""
    for path in sorted(home.glob(f"*/{MANIFEST}"), reverse=True):
        try:
            steps = {step.step: step for step in read_manifest(path).steps}
        except ConfigError:
            continue
        if PUBLISH in steps and not steps[PUBLISH].reused and steps[_LAST_ALIKE].rows_in:
            return steps[PUBLISH].seconds * n_sentences / steps[_LAST_ALIKE].rows_in
    return _PUBLISHING + _PUBLISHING_EACH * n_sentences


def _notes(engine: Engine, llm: Llm, *, is_batch: bool) -> tuple[str, ...]:
    """Return what one should know of the figures."""
    if not isinstance(engine, Rehearsal):
        return ()
    notes = []
    paid = [call for call in engine.calls.expected if not call.is_kept]
    notes += [
        f'no price of {model!r} is known: add [engine.llm.prices."{model}"] with '
        "`prompt` and `completion`, of a million tokens, to corpus.toml"
        for model in dict.fromkeys(call.model for call in paid)
        if model not in llm.prices
    ]
    if paid and engine.calls.n_earlier:
        notes.append(
            f"lengths and times are those of {engine.calls.n_earlier:,} earlier answers of "
            f"{llm.model}; what it will find is taken from the embedded engine's reading"
        )
    elif paid:
        notes.append(
            f"no answers of {llm.model} are kept yet: the embedded engine's reading stands in for "
            f"them, and seconds_per_call ({llm.seconds_per_call:g} s) for their time"
        )
    if paid and is_batch:
        n_rounds = len({call.round for call in paid})
        notes.append(
            f"through the batch endpoint, in {n_rounds} rounds, one after the other: each may take "
            "up to 24 hours"
        )
    return tuple(notes)
