"""One question over many items: the prompt found, rendered, packed, sent and read back."""

import hashlib
from typing import TypeVar

from pipeline.config import Llm
from pipeline.engines.engine import Progress
from pipeline.engines.llm.jobs import Answered, Calls, Item, Job, answer_model, ask
from pipeline.engines.llm.money import estimate_tokens
from pipeline.engines.llm.questions import Request, question_of
from pipeline.engines.llm.schemas import Result
from pipeline.errors import ConfigError
from pipeline.prompts import Prompt, example_of, find_prompt, find_prompts

R = TypeVar("R", bound=Result)
_DEPENDS_ON = {
    "provider", "endpoint", "model", "profile", "structured", "temperature", "seed",
    "reasoning_effort", "pack_tokens", "context_tokens", "answer_tokens", "skip_empty",
    "staff_characters",
}  # fmt: skip
"""Settings that may change what a model answers; the others only change how fast and how dear."""
_FINER = 1.2
"""Tokenizers of small models cut words up to so much finer than we reckon."""
_LEAST_ROOM = 800
"""Tokens for items and answer without which hardly any document can be read."""


class Asker:
    """Puts questions to one model, as its profile demands."""

    def __init__(self, caller: Calls, settings: Llm) -> None:
        self.caller = caller
        self.settings = settings

    def job(
        self,
        name: str,
        variables: dict[str, str],
        items: list[Item],
        result: type[R],
        progress: Progress | None = None,
    ) -> Answered[R]:
        """Ask the prompt `name` about all items.

        EngineError when the provider cannot be used or the budget is reached; what fails for single
        items comes back with the answers.
        """
        if not items:
            return Answered()
        job = self.prepare(name, variables, items, result)
        return ask(self.caller, job, progress)

    def prepare(
        self,
        name: str,
        variables: dict[str, str],
        items: list[Item],
        result: type[R],
    ) -> Job[R]:
        """Return the job without asking it."""
        prompt = self.prompt(name)
        told = {**variables, "example": example_of(prompt.task)}
        system = prompt.render(**{key: told[key] for key in prompt.variables})
        return Job(
            stage=prompt.stage,
            task=prompt.task,
            system=system,
            result=result,
            items=tuple(items),
            pack_tokens=0 if self.is_small else self.settings.pack_tokens,
            answer_tokens=self.settings.answer_tokens,
            room_tokens=self._room(prompt, system, result),
        )

    def _room(self, prompt: Prompt, system: str, result: type[R]) -> int:
        """Return the tokens left for items and answer; ConfigError when that is next to nothing."""
        model = answer_model(prompt.task, result)
        longest = question_of(Request(prompt.stage, prompt.task, system, "", model, 0), "text")
        needed = sum(estimate_tokens(text) for _, text in longest.messages())
        room = round(self.settings.context / _FINER) - needed
        if room < _LEAST_ROOM:
            least = round((needed + _LEAST_ROOM) * _FINER)
            raise ConfigError(
                f"prompt {prompt.task} does not fit into {self.settings.context} tokens: serve the "
                f"model with a context of {least} at least, and say so as `context_tokens` under "
                "[engine.llm] in corpus.toml; a smaller catalogue of touchpoints helps too"
            )
        return room

    @property
    def is_small(self) -> bool:
        """Tell whether the model wants one item a call and few words."""
        return self.settings.profile == "small"

    def prompt(self, name: str) -> Prompt:
        """Return the prompt in the form for this model."""
        return find_prompt(name, small=self.is_small)

    def fingerprint(self) -> str:
        """Return the model's name and a hash over all that its answers depend on."""
        parts = [self.settings.model_dump_json(include=_DEPENDS_ON)]
        parts += [prompt.sha256 for _, prompt in sorted(find_prompts().items())]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return f"{self.settings.model} {digest[:8]}"
