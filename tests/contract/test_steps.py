"""Steps declare truly what they depend on; a forgotten one would be served stale results."""

import pytest

from pipeline.config import Corpus, Settings
from pipeline.periods import Period
from pipeline.runner import Context
from pipeline.sources.catalogue import Catalogue
from pipeline.steps import STEPS
from pipeline.tables import ALL, CATALOGUE_PHRASES
from tests import example_run

LATER = STEPS[1:]
NAMES = [step.name for step in LATER]


class Recorded(dict):
    """Tables that remember which of them were read."""

    def __init__(self, tables):
        super().__init__(tables)
        self.read = set()

    def __getitem__(self, name):
        self.read.add(name)
        return super().__getitem__(name)


class Watched:
    """An object that remembers which of its parts were asked for."""

    def __init__(self, inner):
        self.inner = inner
        self.asked = set()

    def __getattr__(self, name):
        self.asked.add(name)
        return getattr(self.inner, name)


@pytest.fixture(scope="module")
def done(engine, tmp_path_factory):
    """What each step read of tables, settings, engine and the period before."""
    tables = {name: table.frame() for name, table in ALL.items()} | example_run.build_tiny()[0]
    catalogue = Catalogue(tables["catalogue"], CATALOGUE_PHRASES.frame(), tables["stages"], {})
    seen = {}
    for step in LATER:
        settings, model = Watched(Settings(corpus=Corpus(name="x"))), Watched(engine)
        before, recorded = Recorded(tables), Recorded(tables)
        period = Period(name="2026Q3", start="2026-07-01", end="2026-09-30")
        context = Context(
            tmp_path_factory.getbasetemp(), settings, period, model, catalogue, before
        )
        written = step.run(context, recorded)
        seen[step.name] = (recorded.read, settings.asked, model.asked, before.read, set(written))
    return seen


@pytest.mark.parametrize("step", LATER, ids=NAMES)
def test_step_reads_only_the_tables_it_declares(done, step):
    assert done[step.name][0] <= set(step.reads)


@pytest.mark.parametrize("step", LATER, ids=NAMES)
def test_step_uses_only_the_settings_it_declares(done, step):
    assert done[step.name][1] <= set(step.settings)


@pytest.mark.parametrize("step", LATER, ids=NAMES)
def test_step_says_when_it_uses_the_engine_or_the_period_before(done, step):
    assert step.uses_engine or not done[step.name][2]
    assert step.uses_previous or not done[step.name][3]


def test_every_table_read_was_written_by_an_earlier_step(done):
    written = {"documents", "turns", "attributes", "rejects"}
    for step in LATER:
        assert set(step.reads) <= written, step.name
        written |= done[step.name][4]


def test_every_step_reads_something_and_has_a_name_of_its_own():
    assert all(step.reads for step in LATER)
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_what_lands_somewhere_is_written_there(done):
    for step in LATER:
        table, column = step.lands
        if table:
            assert table in done[step.name][4]
            assert column in ALL[table].columns
            assert ALL[step.reads[0]].key == (column,)
