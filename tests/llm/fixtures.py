"""The fixture `llm_server`; see `tests.llm.server` for how to use it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.llm.server import LlmServer, Settings


@pytest.fixture
def llm_server() -> Iterator[Callable[..., LlmServer]]:
    """A function from settings (by name) to a running server; all stop with the test."""
    with ExitStack() as servers:
        yield lambda **settings: servers.enter_context(LlmServer(Settings(**settings)))
