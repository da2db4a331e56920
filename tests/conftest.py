"""No test reaches the network, and all that need the model share one."""

import ipaddress
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.engines.embedding import Embedder
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase
from tests.llm.fixtures import llm_server

__all__ = ["llm_server"]

# Found by chance is found by nobody else: the same examples on every machine. To look for more:
# pytest --hypothesis-profile=search
settings.register_profile("same", deadline=None, max_examples=40, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("same")


class NetworkUsedError(RuntimeError):
    """A test reached for the network. Not an OSError: no library takes it for a bad connection."""


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in {"localhost", "", "None"}:
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


def _guarded(real: Callable) -> Callable:
    def guard(self, address, *rest):
        if self.family != socket.AF_UNIX and not _is_loopback(address[0]):
            raise NetworkUsedError(f"a test connects to {address!r}")
        return real(self, address, *rest)

    return guard


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """Ctrl-C is heard also where the tests run in the background, which starts out deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def refuse_network() -> Iterator[None]:
    """Session-wide, so that it stands before any other fixture is built."""
    resolve = socket.getaddrinfo

    def guarded_resolve(host, *rest, **options):
        if not _is_loopback(host):
            raise NetworkUsedError(f"a test looks up {host!r}")
        return resolve(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", guarded_resolve)
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            patch.setitem(os.environ, name, "1")
        yield


@pytest.fixture(scope="session")
def vector_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors") / "embeddings.sqlite"


@pytest.fixture(scope="session")
def embedder(vector_cache: Path) -> Embedder:
    return Embedder(vector_cache)


@pytest.fixture(scope="session")
def engine(vector_cache: Path) -> EmbeddedEngine:
    return EmbeddedEngine(vector_cache, min_confidence=0.5)


@pytest.fixture(scope="session")
def phrases() -> pd.DataFrame:
    """The phrases of a catalogue of three touchpoints."""
    known = {
        "training": ("Admin training", "The course in which a trainer teaches new admins."),
        "export": ("Payroll export", "The monthly file of hours and overtime for payroll."),
        "invoice": ("Invoice", "The bill and how it is paid."),
    }
    return CATALOGUE_PHRASES.frame(
        CataloguePhrase(touchpoint_id, kind, text)
        for touchpoint_id, texts in known.items()
        for kind, text in zip(("name", "definition"), texts, strict=True)
    )
