"""A server on the loopback interface and callers for it; LangChain is loaded before any test."""

import importlib
from collections.abc import Callable

import pytest

from pipeline.config import Llm
from pipeline.engines.llm.calls import Caller
from pipeline.engines.llm.limits import Pause
from tests.llm.fixtures import llm_server
from tests.llm.server import KEY, LlmServer
from tests.unit.engines.llm.asked import pair_mind

__all__ = ["llm_server"]

QUICK = Pause(base=0.01, cap=0.05)


@pytest.fixture(scope="session", autouse=True)
def load_langchain() -> None:
    """Loading it takes seconds, which are not the first test's."""
    importlib.import_module("langchain_openai")


@pytest.fixture
def pair_server(llm_server) -> Callable[..., LlmServer]:
    """A function from settings to a server that answers the questions of `asked`."""
    return lambda **settings: llm_server(**{"mind": pair_mind, **settings})


@pytest.fixture
def caller_for(tmp_path, monkeypatch) -> Callable[..., Caller]:
    """A function from a server and settings to a caller; all callers share one cache."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def make(server, budget=None, **settings):
        told = {"endpoint": server.base_url, "model": "gpt-4o-mini", **settings}
        return Caller(Llm(**told), tmp_path / "answers.sqlite", budget, QUICK)

    return make
