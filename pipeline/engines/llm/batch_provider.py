"""The provider's files and batches, through the SDK of OpenAI; no error of it leaves here."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pipeline.engines.llm.batch_lines import URL, Returned, read_lines
from pipeline.engines.llm.chats import NO_ANSWER
from pipeline.engines.llm.questions import shown
from pipeline.engines.llm.sending import Desk
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from openai.types import Batch

log = logging.getLogger(__name__)

T = TypeVar("T")
ENDED = ("completed", "failed", "expired", "cancelled")
_ADOPTED = ("validating", "in_progress", "finalizing", "completed")
_MARK = "touchpoints"
_MOST_LISTED = 100
_ABSENT = {404, 405, 501}
_POLL_RETRIES = 240
"""Polls go on through an outage of about an hour: nothing is lost by waiting."""


class Taken(NamedTuple):
    """A batch that the provider has taken."""

    id: str
    is_new: bool
    """Submitted just now, not found."""


class Provider:
    """Submits batches and tells what became of them.

    EngineError when the provider cannot be reached or used; ConfigError when it has no batches.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def submit(self, keys: Iterable[str], content: bytes, known: Callable[[str], bool]) -> Taken:
        """Submit the questions with these keys; a batch that holds just them is taken instead.

        So a run that ended between submitting and noting it finds its batch, and a submission whose
        answer was lost is not made twice. Batches that are `known` are others.
        """
        client = self._desk.endpoint.client()
        mark = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
        file_id = ""

        def create() -> Taken:
            nonlocal file_id
            for batch in self._listed():
                is_same = (batch.metadata or {}).get(_MARK) == mark
                if is_same and batch.status in _ADOPTED and not known(batch.id):
                    return Taken(batch.id, is_new=False)
            if not file_id:
                file_id = client.files.create(
                    file=("touchpoints.jsonl", content), purpose="batch"
                ).id
            created = client.batches.create(
                input_file_id=file_id,
                endpoint=URL,
                completion_window="24h",
                metadata={_MARK: mark},
            )
            return Taken(_checked(created).id, is_new=True)

        taken = self._tried(create, "the batch was not taken")
        if taken is None:
            raise ConfigError(
                f"{shown(self._desk.settings.endpoint)} has no batch endpoint (/files or "
                "/batches is unknown): run without --batch; all answers so far are kept"
            )
        return taken

    def _listed(self) -> list["Batch"]:
        """Return the newest batches; none where the endpoint does not list them."""
        import openai

        try:
            return self._desk.endpoint.client().batches.list(limit=_MOST_LISTED).data
        except openai.APIStatusError as error:
            if not _is_absent(error):
                raise
            return []

    def state(self, batch_id: str) -> "Batch | None":
        """Return how a batch stands; None when the provider does not know it."""
        client = self._desk.endpoint.client()
        return self._tried(
            lambda: _checked(client.batches.retrieve(batch_id)),
            f"{batch_id} cannot be asked for, it goes on at the provider",
            _POLL_RETRIES,
        )

    def results(self, batch: "Batch") -> Iterator[Returned] | None:
        """Return what came of the questions of a batch that ended; None when its files are gone."""
        client = self._desk.endpoint.client()
        texts = []
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            content = self._tried(
                lambda file_id=file_id: client.files.content(file_id),  # type: ignore[misc]
                f"the answers of {batch.id} cannot be fetched",
            )
            if content is None:
                return None
            texts.append(content.content.decode("utf-8", "replace"))
        return (returned for text in texts for returned in read_lines(text))

    def clear(self, batch: "Batch") -> None:
        """Delete the files of a batch: questions and answers hold customers' words.

        One that cannot be deleted is told and left: the answers are here.
        """
        import openai

        client = self._desk.endpoint.client()
        files = (batch.input_file_id, batch.output_file_id, batch.error_file_id)
        for file_id in filter(None, files):
            try:
                client.files.delete(file_id)
            except (openai.OpenAIError, *NO_ANSWER) as error:
                if not _is_absent(error):
                    told = self._desk.endpoint.fault(error).detail
                    log.warning("file %s stays at the provider: %s", file_id, told)

    def _tried(self, call: Callable[[], T], what: str, retries: int | None = None) -> T | None:
        """Return what a call returns, tried again where that may help; None for an absent thing."""
        import openai

        most = self._desk.settings.retries if retries is None else retries
        tries = 0
        while True:
            try:
                return call()
            except (openai.OpenAIError, *NO_ANSWER) as error:
                if _is_absent(error):
                    return None
                fault = self._desk.endpoint.fault(error)
            tries += 1
            if fault.kind not in {"busy", "lost"} or tries > most:
                raise self._desk.unusable(what, fault)
            time.sleep(max(self._desk.pause.after(tries), fault.wait or 0.0))


def _checked(found: object) -> "Batch":
    """Return a batch; TypeError for what the SDK takes from a page that is no JSON."""
    from openai.types import Batch

    if not isinstance(found, Batch):
        raise TypeError("the endpoint answers with something that is no batch")
    return found


def _is_absent(error: Exception) -> bool:
    """Tell whether an endpoint says that there is no such thing."""
    return getattr(error, "status_code", None) in _ABSENT
