"""Steps are redone only when something they depend on changed, and lose no row."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.config import Corpus, Settings
from pipeline.engines.engine import Aftermath
from pipeline.errors import ContractError
from pipeline.periods import Period
from pipeline.runner import Context, Step, carry_out
from pipeline.sources.catalogue import Catalogue
from pipeline.store import Steps
from pipeline.tables import (
    CATALOGUE,
    CATALOGUE_PHRASES,
    DECISIONS,
    DOCUMENTS,
    GAPS,
    REJECTS,
    REMAINDER,
    STAGES,
    TURNS,
    CataloguePhrase,
    Decision,
    Gap,
    Reject,
    Turn,
)
from tests.unit.stages.journeys import document, shuffled


class FakeEngine:
    """Only its name matters here, and what it says it did."""

    def __init__(self, name="fake-1"):
        self.name = name
        self.after = Aftermath()

    def begin(self, step):
        """It asks nobody."""

    def drain(self):
        after, self.after = self.after, Aftermath()
        return after


def turns(*texts):
    return TURNS.frame(
        Turn(f"t{n}", "d", n, "customer", "", "", text) for n, text in enumerate(texts)
    )


class Flow:
    """Two steps: `read` gives what it is told, `gap` makes a gap of every turn that has a text."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.turns = turns("one", "two", "")
        self.settings = Settings(corpus=Corpus(name="x"))
        self.engine = FakeEngine()
        self.previous = {}
        self.decisions = DECISIONS.frame()
        self.phrases = CATALOGUE_PHRASES.frame()
        self.calls = []
        self.facts = {}

    def read(self, _context, _tables):
        self.calls.append("read")
        return {
            "documents": DOCUMENTS.frame([document("d")]),
            "turns": self.turns,
            "rejects": REJECTS.frame([Reject("file", "read", "no_text", "")]),
        }

    def gap(self, context, tables):
        self.calls.append("gap")
        if context.progress:
            context.progress(1, 2)
        used = tables["turns"][tables["turns"]["text"] != ""]
        empty = tables["turns"][tables["turns"]["text"] == ""]
        return {
            "gaps": GAPS.frame(Gap(t, "unplanned", "", 1) for t in used["turn_id"]),
            "rejects": REJECTS.frame(Reject(t, "gap", "no_text", "") for t in empty["turn_id"]),
        }

    def __call__(self, progress=None, step=None):
        facts = {"settings": ("score",), "lands": ("gaps", "touchpoint_id")} | self.facts
        step = step or Step("gap", self.gap, ("turns",), **facts)
        catalogue = Catalogue(CATALOGUE.frame(), self.phrases, STAGES.frame(), {})
        period = Period(name="2026Q3", start="2026-07-01", end="2026-09-30")
        context = Context(
            self.folder, self.settings, period, self.engine, catalogue, self.previous,
            decisions=self.decisions,
        )  # fmt: skip
        self.calls.clear()
        return carry_out((Step("read", self.read, ()), step), context, Steps(self.folder), progress)


@pytest.fixture
def flow(tmp_path):
    return Flow(tmp_path)


def test_tables_of_all_steps_come_out_with_all_rejects(flow):
    done = flow()
    assert set(done.tables) == {"documents", "turns", "gaps", "rejects", "ledger"}
    assert done.tables["rejects"]["row_id"].tolist() == ["file", "t2"]


def test_records_count_rows_in_used_and_rejected(flow):
    read, gap = flow().records
    assert (read.step, read.rows_in, read.used, read.rejected) == ("read", 2, 1, 1)
    assert (gap.step, gap.rows_in, gap.used, gap.rejected) == ("gap", 3, 2, 1)
    assert gap.peak_mb > 1
    assert gap.seconds >= 0


def test_step_with_unchanged_inputs_is_not_redone(flow):
    first = flow()
    second = flow()
    assert flow.calls == ["read"]
    assert second.records[1].reused
    assert not first.records[1].reused
    for name, frame in first.tables.items():
        pd.testing.assert_frame_equal(second.tables[name], frame)


def test_row_order_of_inputs_does_not_redo_a_step(flow):
    flow()
    flow.turns = shuffled(flow.turns)
    flow()
    assert flow.calls == ["read"]


def change_turns(flow):
    flow.turns = turns("one", "two", "three")


def change_its_settings(flow):
    flow.settings = Settings.model_validate({"corpus": {"name": "x"}, "score": {"seed": 7}})


def change_catalogue(flow):
    flow.phrases = CATALOGUE_PHRASES.frame([CataloguePhrase("tp", "alias", "bill")])


def change_its_engine(flow):
    flow.engine = FakeEngine("fake-2")


def change_its_previous(flow):
    flow.previous = {"gaps": GAPS.frame()}


def change_previous_elsewhere(flow):
    flow.previous = {"turns": turns("one")}


def change_decisions(flow):
    row = Decision("d", "", "Ann", "accept", "t", "{}", "{}", "", "2026Q3", "", "")
    flow.decisions = DECISIONS.frame([row])


@pytest.mark.parametrize(
    "change",
    [
        change_turns, change_its_settings, change_catalogue, change_its_engine,
        change_its_previous, change_decisions,
    ],
)  # fmt: skip
def test_whatever_a_step_depends_on_redoes_it(flow, change):
    flow.facts = {"uses_engine": True, "uses_previous": ("gaps",), "uses_decisions": True}
    flow()
    change(flow)
    flow()
    assert flow.calls == ["read", "gap"]


def change_other_settings(flow):
    flow.settings = Settings.model_validate(
        {"corpus": {"name": "x"}, "chunk": {}, "period": "2026"}
    )


@pytest.mark.parametrize(
    "change",
    [change_other_settings, change_its_engine, change_its_previous, change_decisions],
)
def test_what_a_step_does_not_depend_on_does_not_redo_it(flow, change):
    flow()
    change(flow)
    flow()
    assert flow.calls == ["read"]


def test_tables_of_the_period_before_that_a_step_does_not_use_do_not_redo_it(flow):
    flow.facts = {"uses_previous": ("gaps",)}
    flow()
    change_previous_elsewhere(flow)
    flow()
    assert flow.calls == ["read"]


def test_row_left_to_a_later_step_is_neither_lost_nor_rejected(flow):
    def leave(context, tables):
        left = REMAINDER.frame(Reject(f"t{n}", "leave", "later", "") for n in (1, 2))
        return {"gaps": GAPS.frame([Gap("t0", "unplanned", "", 1)]), "remainder": left}

    step = Step("leave", leave, ("turns",), lands=("gaps", "touchpoint_id"), leaves="remainder")
    record = flow(step=step).records[1]
    assert (record.used, record.rejected) == (3, 0)


def test_step_that_loses_a_row_raises(flow):
    def lose(context, tables):
        return {"gaps": GAPS.frame([Gap("t0", "unplanned", "", 1)])}

    step = Step("lose", lose, ("turns",), lands=("gaps", "touchpoint_id"))
    with pytest.raises(ContractError, match="step 'lose' lost 2 of 3 rows, first 't1'"):
        flow(step=step)


def test_step_that_lost_a_row_is_not_kept(flow):
    def lose(context, tables):
        flow.calls.append("lose")
        return {"gaps": GAPS.frame()}

    step = Step("lose", lose, ("turns",), lands=("gaps", "touchpoint_id"))
    for _ in range(2):
        with pytest.raises(ContractError):
            flow(step=step)
        assert flow.calls == ["read", "lose"]


def test_step_that_promises_no_landing_may_summarise(flow):
    def count(context, tables):
        return {"gaps": GAPS.frame([Gap("all", "unplanned", "", len(tables["turns"]))])}

    record = flow(step=Step("count", count, ("turns",))).records[1]
    assert (record.used, record.rejected) == (3, 0)


def test_step_that_writes_an_undeclared_column_raises(flow):
    def wrong(context, tables):
        return {"gaps": GAPS.frame().assign(more="")}

    with pytest.raises(ContractError, match="undeclared"):
        flow(step=Step("wrong", wrong, ("turns",)))


def test_progress_names_the_step(flow):
    seen = []
    flow(lambda *told: seen.append(told))
    assert seen == [("read", 0, 0), ("read", 2, 2), ("gap", 0, 0), ("gap", 1, 2), ("gap", 3, 3)]


def test_step_that_is_not_redone_has_no_bar(flow):
    flow()
    seen = []
    flow(lambda *told: seen.append(told))
    assert {name for name, _, _ in seen} == {"read"}


def test_inputs_of_a_step_stay_untouched(flow):
    before = flow.turns.copy()
    flow()
    pd.testing.assert_frame_equal(flow.turns, before)
