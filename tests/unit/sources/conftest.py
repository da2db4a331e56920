"""A corpus folder to fill, and a short way to read it."""

from types import SimpleNamespace

import pytest

from pipeline.config import Columns, Corpus, Settings, Source
from pipeline.sources.read import read
from pipeline.tables import ATTRIBUTES, DOCUMENTS, REJECTS, TURNS


@pytest.fixture
def put(tmp_path):
    """Write a file of the corpus, text or bytes."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


@pytest.fixture
def source():
    """Build one [[sources]] entry; columns are given as a dict."""

    def build(path, kind="survey", columns=None, **others):
        return Source(kind=kind, path=path, columns=Columns(**(columns or {})), **others)

    return build


@pytest.fixture
def read_all(tmp_path, source):
    """Read the corpus and return typed rows, in order of path and locator."""

    def run(*sources, period=None, progress=None, **settings):
        entries = tuple(s if isinstance(s, Source) else source(*s) for s in sources)
        tree = Settings(corpus=Corpus(name="test"), sources=entries, **settings)
        found = read(tmp_path, tree, period, progress)
        documents = sorted(DOCUMENTS.rows(found.documents), key=lambda d: (d.path, d.locator))
        order = {d.document_id: n for n, d in enumerate(documents)}
        turns = sorted(TURNS.rows(found.turns), key=lambda t: (order[t.document_id], t.position))
        return SimpleNamespace(
            documents=documents,
            turns=turns,
            said=[(t.speaker, t.speaker_name, t.text) for t in turns],
            texts=[t.text for t in turns],
            attributes={(a.name, a.value) for a in ATTRIBUTES.rows(found.attributes)},
            rejects=REJECTS.rows(found.rejects),
            reasons=sorted(r.reason for r in REJECTS.rows(found.rejects)),
            inputs=found.inputs,
            found=found,
        )

    return run
