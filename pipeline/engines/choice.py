"""Which engine a run uses: the settings say, and the command line may say otherwise."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline.config import EngineChoice, Llm, Settings
from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.engines.embedding import Embedder, Matrix
from pipeline.engines.engine import Engine
from pipeline.errors import ConfigError, nearest, shorten

if TYPE_CHECKING:
    from pipeline.engines.llm.calls import Caller
    from pipeline.engines.llm.endpoint_vectors import EndpointVectors

_ENGINES = ("embedded", "llm")


class Embeds(Protocol):
    """What gives texts their vectors."""

    def embed(self, texts: list[str]) -> Matrix:
        """Return one unit vector a text, in order."""


class Caches(NamedTuple):
    """Where engines keep what they would otherwise compute, or pay, again."""

    embeddings: Path | None
    answers: Path | None


def override(settings: Settings, engine: str, model: str) -> Settings:
    """Return settings with the engine and model of the command line; '' leaves what they say."""
    if engine and engine not in _ENGINES:
        raise ConfigError(f"no engine {shorten(engine)!r}{nearest(engine, _ENGINES)}")
    use = engine or settings.engine.use
    if model and use == "embedded":
        raise ConfigError(f"--model {shorten(model)} needs --engine llm: this run has no model")
    chosen = settings.engine.model_copy(
        update={
            "use": use,
            "llm": settings.engine.llm.model_copy(
                update={"model": model or settings.engine.llm.model}
            ),
        }
    )
    return settings.model_copy(update={"engine": chosen})


def choose_engine(
    settings: Settings,
    caches: Caches,
    stages: Sequence[str],
    budget: float | None = None,
    *,
    is_batch: bool = False,
    is_run: bool = False,
) -> Engine:
    """Return the engine that the settings name.

    ConfigError when a language model is wanted and none is named, a budget is given and the model
    has no price, or batches are wanted of an engine or provider that has none; for a whole run also
    when a key is missing, before it has read for a minute what it cannot ask about.
    """
    embedded = _embedded(settings, caches)
    if settings.engine.use == "embedded":
        if is_batch or budget is not None:
            option = "--batch" if is_batch else "--budget"
            raise ConfigError(
                f"{option} is for a language model: add --engine llm, or leave it out"
            )
        return embedded
    from pipeline.engines.llm.asking import Asker
    from pipeline.engines.llm.batch import Batching
    from pipeline.engines.llm.calls import Caller
    from pipeline.engines.llm.engine import LlmEngine

    llm = settings.engine.llm
    batching = Batching() if is_batch else None
    caller = Caller(llm, caches.answers, budget, batching=batching)
    vectors = _endpoint_vectors(llm, caller, embedded)
    if is_run:
        for desk in (caller.desk, *([vectors.desk] if vectors else [])):
            desk.refuse_keyless()
    return LlmEngine(Asker(caller, llm), embedded, settings, stages, vectors)


def choose_near(choice: EngineChoice, caches: Caches) -> Embeds:
    """Return what makes the vectors by which a run with this engine is searched.

    Texts that are in the caches need no key and no endpoint.
    """
    local = Embedder(caches.embeddings)
    llm = choice.llm
    if choice.use == "embedded" or not llm.embeddings:
        return local
    from pipeline.engines.llm.answers_cache import AnswersCache
    from pipeline.engines.llm.endpoint_vectors import EndpointVectors
    from pipeline.engines.llm.money import Purse

    return EndpointVectors(llm, AnswersCache(caches.answers), local.embed, Purse(None))


def rehearse(settings: Settings, caches: Caches, stages: Sequence[str]) -> Engine:
    """Return an engine that only counts what the engine of the settings would ask a model.

    The embedded engine asks nothing and is returned itself.
    """
    embedded = _embedded(settings, caches)
    if settings.engine.use == "embedded":
        return embedded
    from pipeline.engines.llm.asking import Asker
    from pipeline.engines.llm.calls import Caller
    from pipeline.engines.llm.engine import LlmEngine
    from pipeline.engines.llm.rehearsed_vectors import RehearsedVectors
    from pipeline.engines.llm.rehearsing import Rehearsal, RehearsedCalls
    from pipeline.engines.llm.understudy import Understudy

    llm = settings.engine.llm
    understudy = Understudy(embedded)
    caller = Caller(llm, caches.answers)
    calls = RehearsedCalls(caller, llm, understudy)
    vectors = _endpoint_vectors(llm, caller, embedded)
    rehearsed = RehearsedVectors(vectors, embedded.embed, calls.expected) if vectors else None
    engine = LlmEngine(Asker(calls, llm), embedded, settings, stages, rehearsed)
    return Rehearsal(engine, embedded, calls, understudy)


def _endpoint_vectors(
    llm: Llm, caller: "Caller", embedded: EmbeddedEngine
) -> "EndpointVectors | None":
    """Return the endpoint's vectors, if the settings name a model for them."""
    from pipeline.engines.llm.endpoint_vectors import EndpointVectors

    if not llm.embeddings:
        return None
    desk = caller.desk
    return EndpointVectors(llm, desk.answers, embedded.embed, desk.books.purse, desk.pause)


def _embedded(settings: Settings, caches: Caches) -> EmbeddedEngine:
    return EmbeddedEngine(caches.embeddings, settings.extract.min_confidence, settings.corpus.name)
