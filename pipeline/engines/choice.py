"""Which engine a run uses: the settings say, and the command line may say otherwise."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.config import Settings
from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.engines.engine import Engine
from pipeline.errors import ConfigError, nearest, shorten

_ENGINES = ("embedded", "llm")


class Caches(NamedTuple):
    """Where engines keep what they would otherwise compute, or pay, again."""

    embeddings: Path
    answers: Path


def override(settings: Settings, engine: str, model: str) -> Settings:
    """Return settings with the engine and model of the command line; '' leaves what they say."""
    if engine and engine not in _ENGINES:
        raise ConfigError(f"no engine {shorten(engine)!r}{nearest(engine, _ENGINES)}")
    chosen = settings.engine.model_copy(
        update={
            "use": engine or settings.engine.use,
            "llm": settings.engine.llm.model_copy(
                update={"model": model or settings.engine.llm.model}
            ),
        }
    )
    return settings.model_copy(update={"engine": chosen})


def choose_engine(
    settings: Settings, caches: Caches, stages: Sequence[str], budget: float | None = None
) -> Engine:
    """Return the engine that the settings name.

    ConfigError when a language model is wanted and none is named, or a budget is given and the
    model has no price.
    """
    embedded = EmbeddedEngine(
        caches.embeddings, settings.extract.min_confidence, settings.corpus.name
    )
    if settings.engine.use == "embedded":
        return embedded
    from pipeline.engines.llm.asking import Asker
    from pipeline.engines.llm.calls import Caller
    from pipeline.engines.llm.engine import LlmEngine

    llm = settings.engine.llm
    caller = Caller(llm, caches.answers, budget)
    return LlmEngine(Asker(caller, llm), embedded, settings, stages)
