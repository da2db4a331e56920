"""A provider on 127.0.0.1 that speaks OpenAI's protocol, for tests and the benchmark.

A test takes the fixture `llm_server`, a function that starts one server for each call and stops
them all at the end of the test:

    def test_something(llm_server):
        server = llm_server()                                  # every setting has a default
        client = OpenAI(base_url=server.base_url, api_key=server.key, max_retries=0)
        ...
        assert server.max_in_flight <= 8

Outside pytest: `with LlmServer(Settings(latency=0.2)) as server: ...`. Settings are given by name,
`llm_server(latency=0.2, mind=liar_mind)`, and changed on the fly, `server.change(latency=0)`.

Settings (all optional; see `Settings` for the rest)
    mind                what it answers: (task, system message, {item number: text}) -> answer.
                        From `tests.llm.minds`: default_mind, obedient_mind, liar_mind, liar(lie),
                        echo; or any function of the test, which may also block.
    latency             seconds each call takes; latency_per_token: more for each answered token
    faults              `Faults(seed, {kind: share}, (Rule(text, kind), ...))`, `tests.llm.faults`
    structured          False: a model without structured output. `unstructured` says how it takes
                        a json_schema: "refuse" (400) or "ignore" (JSON in plain text, see `dress`)
    json_object         False: {"type": "json_object"} is treated the same way
    refusal_status      status of that refusal: 400, 422 (as vLLM's validation says it) or 501
    dress               what surrounds the JSON when no structure is enforced, any of "fences",
                        "prose", "thoughts", "trailing_commas", "single_quotes", "extra_keys",
                        "no_ids", "wrapped"
    habits              what servers of small models leave out or write otherwise, any of
                        "no_usage", "odd_usage" (in words), "no_finish", "parts" (content as a
                        list), "extras" (more keys)
    window_holds_answer True: prompt and max_tokens together must fit, as vLLM wants it
    models              known models; others get 404. Names of gpt-5 or o1, o3 ... behave as
                        reasoning models: max_tokens and temperature != 1 are refused
    context_window, max_output      tokens; a longer prompt gets 400 context_length_exceeded
    capacity            calls in flight beyond it get 429; retry_after: seconds in those headers
    batch_delay         seconds from upload to end of a batch, or one number for each batch in turn
    batch_end           "completed", "failed", "expired", or one for each batch in turn

Faults: a kind with a share happens to that share of the calls, drawn from (seed, request, attempt):
the same run fails the same way, and a repeated request draws anew. A rule happens whenever its text
stands in the request's messages: `Rule("the poisoned words", "400")` always,
`Rule("", "500", times=3)` to the first three calls, `Rule("", "429", attempts=1)` to the first
attempt of each request. For kinds about items (missing_items ...) a rule hits the items that hold
its text. Rules come before shares. Kinds:
    429, 429_after, 429_after_ms (retry headers), 429_quota (insufficient_quota), 400, 400_filter
    (content_filter of Azure), context_length, 401, 403, 404, 500, 502, 503, 504,
    timeout (no answer until the client gives up), slow (`slow_seconds` later), dropped (connection
    closed in the middle of the answer),
    malformed (colons missing, end missing), garbage (no JSON at all), truncated (JSON cut,
    finish_reason stop), length (JSON cut, finish_reason length),
    wrong_schema, missing_items, unknown_items, doubled_items, refusal, content_filter, empty

What it remembers
    server.records      every request, oldest first: `Record` (at, method, path, body, digest, task,
                        attempt, status, fault, answer, prompt_tokens, completion_tokens, seconds)
    server.chats        those of chat completions; lines of batches are there with is_batch
    server.answered     chats that got 200 and reached the client
    server.max_in_flight, server.in_flight
    server.paid_twice   {digest: n} of identical chat bodies that got a good answer (200, no fault)
                        more than once: empty if nothing was paid twice
    server.wait_for(n, seconds=5)       waits until n chats are answered; False if they were not
    server.stop()       stops it before the end of the test; connections are refused from then on
    server.forget()     empties the records (attempts are counted anew)

Tokens: see `tests.llm.tokens`. Served under /v1: chat/completions, embeddings, models, files,
batches.
The HTTP itself is uvicorn with httptools (both already locked, chromadb needs them) under a plain
ASGI function: starlette is not in the lock.
"""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np
import uvicorn

from tests.llm.application import EMBEDDINGS, Application
from tests.llm.faults import Faults
from tests.llm.minds import Mind, default_mind
from tests.llm.records import CHAT, Book, Record

KEY = "sk-only-for-tests-000000000000"
SECONDS_TO_START = 5.0
SECONDS_TO_FINISH = 0.5
"""For calls whose minds are at work when the server stops."""
SECONDS_TO_CLOSE = 0.01
"""For connections to be closed by the loop before it ends."""
N_THREADS = 64
"""Minds that may block at once; threads are made as they are needed."""


@dataclass(frozen=True)
class Settings:
    """How a server behaves; see the docstring of the module."""

    mind: Mind = default_mind
    latency: float = 0.0
    latency_per_token: float = 0.0
    faults: Faults = field(default_factory=Faults)
    structured: bool = True
    unstructured: Literal["refuse", "ignore"] = "refuse"
    json_object: bool = True
    refusal_status: int = 400
    dress: tuple[str, ...] = ("fences",)
    habits: tuple[str, ...] = ()
    models: tuple[str, ...] = ("gpt-4o-mini", "gpt-4.1-mini", "gpt-5-mini")
    embedding_models: tuple[str, ...] = ("text-embedding-3-small",)
    embedding_habits: tuple[str, ...] = ()
    embed: Callable[[list[str]], np.ndarray] | None = None
    """Vectors of texts, shape (texts, dimensions); None: hashed words."""
    key: str = KEY
    context_window: int = 128_000
    window_holds_answer: bool = False
    max_output: int = 16_384
    capacity: int | None = None
    retry_after: float = 0.1
    slow_seconds: float = 0.5
    prompt_cache: bool = True
    """A system message of 1,024 tokens or more that was seen before counts as cached."""
    batch_delay: float | tuple[float, ...] = 0.05
    batch_end: str | tuple[str, ...] = "completed"
    batch_token_limit: int | None = None
    """A batch with more prompt tokens fails with token_limit_exceeded."""


class _Uvicorn(uvicorn.Server):
    """Uvicorn that stops when it is told to, without its ticks of a tenth of a second: hundreds of
    tests start a server each."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        await super().startup(sockets)
        self.is_ready.set()

    async def main_loop(self) -> None:
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=SECONDS_TO_FINISH)
        await asyncio.sleep(SECONDS_TO_CLOSE)


class LlmServer:
    """A running server, to be used in `with`; see the docstring of the module."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._book = Book()
        self._pool = ThreadPoolExecutor(N_THREADS, thread_name_prefix="mind")
        self._app = Application(self.settings, self._book, self._pool)
        config = uvicorn.Config(
            self._app, loop="asyncio", http="httptools", ws="none", lifespan="off",
            log_config=None, log_level="critical", access_log=False, date_header=False,
            timeout_graceful_shutdown=1, timeout_keep_alive=60,
        )  # fmt: skip
        self._uvicorn = _Uvicorn(config)
        # With the protocol named, or asyncio leaves Nagle's delay of 40 ms on.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(1024)
        self.port: int = self._socket.getsockname()[1]
        self._thread.start()
        if not self._uvicorn.is_ready.wait(SECONDS_TO_START):
            raise TimeoutError("the server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Also before the test ends; calls in flight are lost."""
        if self._thread.is_alive():
            self._uvicorn.loop.call_soon_threadsafe(self._let_go)
            self._thread.join(SECONDS_TO_START)
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _let_go(self) -> None:
        self._app.stop()
        self._uvicorn.stopping.set()

    @property
    def base_url(self) -> str:
        """For the SDK, OPENAI_BASE_URL and ChatOpenAI."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def key(self) -> str:
        return self.settings.key

    def change(self, **settings: object) -> None:
        """New settings for the requests that come from now on; new faults are counted anew."""
        self.settings = replace(self.settings, **settings)
        self._app.change(self.settings, "faults" in settings)

    @property
    def records(self) -> list[Record]:
        return self._book.all()

    @property
    def chats(self) -> list[Record]:
        return [record for record in self.records if record.path == CHAT]

    @property
    def embeddings(self) -> list[Record]:
        return [record for record in self.records if record.path == EMBEDDINGS]

    @property
    def texts_paid_twice(self) -> dict[str, int]:
        """How often each text got a vector, where that is more than once."""
        good = [record for record in self.embeddings if record.status == 200 and record.is_good]
        counts = Counter(text for record in good for text in record.body["input"])
        return {text: n for text, n in counts.items() if n > 1}

    @property
    def answered(self) -> list[Record]:
        return [record for record in self.chats if record.status == 200]

    @property
    def paid_twice(self) -> dict[str, int]:
        """How often each chat got a good answer, where that is more than once."""
        counts = Counter(record.digest for record in self.answered if record.is_good)
        return {digest: n for digest, n in counts.items() if n > 1}

    @property
    def in_flight(self) -> int:
        return self._book.in_flight

    @property
    def max_in_flight(self) -> int:
        return self._book.max_in_flight

    def wait_for(self, n_answered: int, seconds: float = 5) -> bool:
        return self._book.wait_for(n_answered, seconds)

    def wait_for_embeddings(self, n_answered: int, seconds: float = 5) -> bool:
        return self._book.wait_for(n_answered, seconds, EMBEDDINGS)

    def forget(self) -> None:
        self._book.forget()
