"""Decisions replayed on a finished run: what a new run would give, with nothing read again.

Page and run agree because both carry out the same steps.
"""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from pipeline.config import Settings
from pipeline.engines.embedding import Embedder, Matrix
from pipeline.engines.engine import Engine
from pipeline.manifest import Manifest
from pipeline.methods.measures import among
from pipeline.periods import Period
from pipeline.runner import Context
from pipeline.schema import Tables
from pipeline.sources.catalogue import Catalogue
from pipeline.stages.overrule import overrule_hypotheses
from pipeline.store import ANSWERS, EMBEDDINGS, find_previous, home_of, read_run
from pipeline.tables import ALL, REJECTS

if TYPE_CHECKING:
    from pipeline.engines.choice import Embeds

_REPLAYED = ("decide", "network", "score", "compare", "prioritize")
_KEPT_VECTORS = 100_000
"""Texts of which the vector is kept in memory: 1.5 KB each, an endpoint's up to 12."""


def replay(base: Tables, context: Context) -> Tables:
    """Return all tables of a run as the decisions of `context` leave them.

    `base` are the tables of the finished run. Hypotheses are not proposed anew: those in
    found_hypotheses are accepted, edited and dropped, and those of a touchpoint that is no more are
    left out.
    """
    # Loading all that steps use takes half a second; who only looks at a run needs none of it.
    from pipeline.steps import STEPS  # noqa: PLC0415

    tables, rejects = dict(base), [_rejects_of_others(base)]
    for step in STEPS:
        if step.name in _REPLAYED:
            found = step.run(context, tables)
            written = {name: ALL[name].check(frame) for name, frame in found.items()}
            rejects.append(written.pop("rejects", REJECTS.frame()))
            tables |= written
    tables["rejects"] = REJECTS.check(pd.concat(rejects))
    return tables | _hypotheses(tables)


def _rejects_of_others(base: Tables) -> pd.DataFrame:
    """Return what other steps than `decide` rejected: all but its own and the remainder."""
    rejects = base["rejects"]
    left = among(rejects["row_id"], base["remainder"]["row_id"]) & (rejects["stage"] == "resolve")
    return rejects[~left & (rejects["stage"] != "decide")]


def _hypotheses(tables: Tables) -> Tables:
    """Return the hypotheses with their evidence, as far as what they rest on is still there."""
    proposed, evidence = tables["found_hypotheses"], tables["hypothesis_evidence"]
    there = among(proposed["touchpoint_id"], tables["touchpoints"]["touchpoint_id"])
    known = {"found_hypotheses": proposed[there]}
    for name in ("touchpoints", "aliases", "decisions"):
        known[name] = tables[name]
    written = overrule_hypotheses(known)
    is_used = among(evidence["hypothesis_id"], written["hypotheses"]["hypothesis_id"])
    is_said = among(evidence["mention_id"], tables["mentions"]["mention_id"])
    return written | {"hypothesis_evidence": evidence[is_used & is_said].reset_index(drop=True)}


def context_of(folder: Path, manifest: Manifest, base: Tables, decisions: pd.DataFrame) -> Context:
    """Return what the steps need to go on from the tables `base` of the finished run in `folder`.

    Settings and catalogue are those of the run. The engine is made when it is first asked
    something; ConfigError then when its settings no longer do.
    """
    settings = Settings.model_validate(manifest.settings)
    home = home_of(folder, manifest)
    before = find_previous(folder.resolve().parent, manifest.corpus, manifest.start)
    previous, earlier = read_run(before) if before else ({}, None)
    stages = base["stages"]["stage"].tolist()
    make, local = partial(_make_engine, settings, home, stages), Embedder(home / EMBEDDINGS)
    is_llm = settings.engine.use == "llm"
    is_asked = is_llm and settings.engine.llm.embeddings
    near = partial(_make_near, settings, home) if is_asked else None
    engine = _EngineInWaiting(make, local, near, has_clauses=not is_llm)
    return Context(
        Path(manifest.corpus_folder),
        settings,
        Period(name=manifest.period, start=manifest.start, end=manifest.end),
        cast("Engine", engine),
        Catalogue(base["catalogue"], base["catalogue_phrases"], base["stages"], {}),
        previous,
        previous_period=earlier.period if earlier else "",
        decisions=decisions,
    )


def _make_engine(settings: Settings, home: Path, stages: list[str]) -> Engine:
    """Return the engine of a run's settings, with what is kept in `home`."""
    from pipeline.engines.choice import Caches, choose_engine  # noqa: PLC0415 - as above

    return choose_engine(settings, Caches(home / EMBEDDINGS, home / ANSWERS), stages)


def _make_near(settings: Settings, home: Path) -> "Embeds":
    """Return what makes the vectors of a run of these settings."""
    from pipeline.engines.choice import Caches, choose_near  # noqa: PLC0415 - as above

    return choose_near(settings.engine, Caches(home / EMBEDDINGS, home / ANSWERS))


class _EngineInWaiting:
    """An engine that is made when first needed, and remembers vectors: a replay asks again and
    again for those of the same quotes. Any thread may ask."""

    def __init__(
        self,
        make: Callable[[], Engine],
        local: "Embeds",
        make_near: Callable[[], "Embeds"] | None = None,
        *,
        has_clauses: bool = True,
    ) -> None:
        """Take how to make the engine, what makes vectors on this machine, how to make what asks
        an endpoint for those that the run is made with, if one is asked, and whether the run has
        made those of clauses."""
        self.has_clauses = has_clauses
        self.has_endpoint_vectors = make_near is not None
        self._make = make
        self._locally = _Remembered(lambda: local)
        self._remembered = _Remembered(make_near) if make_near else self._locally

    @cached_property
    def _engine(self) -> Engine:
        return self._make()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever an engine has
        return getattr(self._engine, name)

    def embed(self, texts: list[str]) -> Matrix:
        """Return unit vectors of texts, each computed or read once."""
        return self._remembered.embed(texts)

    def embed_locally(self, texts: list[str]) -> Matrix:
        """Return the embedded model's vectors of texts, which need neither key nor network."""
        return self._locally.embed(texts)


class _Remembered:
    """Vectors that are read or computed once; any thread may ask."""

    def __init__(self, make: Callable[[], "Embeds"]) -> None:
        """Take how to make what makes the vectors, which is done when first asked."""
        self._make = make
        self._lock = Lock()
        self._rows: dict[str, int] = {}
        self._vectors: Matrix = np.zeros((0, 0), dtype=np.float32)

    @cached_property
    def _near(self) -> "Embeds":
        return self._make()

    def embed(self, texts: list[str]) -> Matrix:
        """Return unit vectors of texts, in order."""
        with self._lock:
            if not texts:
                return self._near.embed([])
            self._learn(texts)
            found: Matrix = self._vectors[[self._rows[text] for text in texts]]
        return found

    def _learn(self, texts: list[str]) -> None:
        """Read or compute the vectors of the texts of which there is none yet."""
        unknown = sorted(set(texts) - self._rows.keys())
        if len(self._rows) + len(unknown) > _KEPT_VECTORS:
            self._rows.clear()
            unknown = sorted(set(texts))
        if unknown:
            known = [self._vectors] if self._rows else []
            self._vectors = np.concatenate([*known, self._near.embed(unknown)])
            self._rows.update({text: len(self._rows) + n for n, text in enumerate(unknown)})
