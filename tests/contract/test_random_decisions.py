"""Whatever reviewers decide, in whatever order it stands in the log: page and run say the same
every time, no quote is lost, and undoing all of it gives back every byte."""

import csv
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from pipeline import tables as t
from pipeline.decisions.actions import ACTIONS
from pipeline.decisions.history import states
from pipeline.decisions.log import FILE, Draft, Log
from pipeline.errors import InputError
from pipeline.proofs import PROOFS
from pipeline.publish.lookup import look_up
from pipeline.replay import context_of, replay
from pipeline.review.forms.filled_in import before, is_there
from pipeline.review.state.view import View
from pipeline.run import Options, run_corpus
from pipeline.runner import Context
from pipeline.schema import Tables
from pipeline.store import read_run
from tests.contract.test_decisions import CATALOGUE, SETTINGS

PERIODS = ("2026Q2", "2026Q3")
SAID = (
    "The parcel delivery was three days late and nobody told me. So I called the support chat.",
    "The support chat kept me waiting for an hour. I want to leave you.",
    "The invoice showed the wrong amount and I had to call twice. I cancelled my contract.",
    "Your invoice was wrong again, because the parcel delivery was late.",
    "My parcel delivery came late again, the driver left it in the rain.",
    "The gift wrapping was torn. Parcel delivery was quick and the driver was friendly.",
    "The gift wrapping looked cheap and was torn at a corner.",
    "I like the gift wrapping. Nobody in the support chat knew what to do.",
    "The support chat answered at once and solved it. Good morning to you all.",
)
PEOPLE, VISITS = 6, 3
PROPOSED = ("found_hypotheses", "hypotheses", "hypothesis_evidence", "rejects", "decisions")
"""Tables that differ between page and run where hypotheses are proposed anew."""
NAMES = ("Bill", "Invoice", "Gift wrapping", "Parcels")
CHOICES = ("buy", "stay", "leave", "upgrade", "escalate")
DIMENSIONS = ("emotion", "function", "frequency", "impact")
WORDS = ("how a bill is paid", "a parcel that comes late", "the chat that answers")


class Home(NamedTuple):
    """A corpus that was run for two quarters with no decision."""

    corpus: Path
    outputs: Path
    tables: Tables
    context: Context
    files: dict[str, bytes]
    """The tables as they are written, by file."""

    def __repr__(self) -> str:
        return "Home()"  # hypothesis tells the arguments of what fails


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decided")
    corpus, outputs = folder / "acme", folder / "outputs"
    corpus.mkdir()
    (corpus / "corpus.toml").write_text(SETTINGS, "utf-8")
    (corpus / "touchpoints.csv").write_text(CATALOGUE, "utf-8")
    with (corpus / "survey.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["who", "day", "said"])
        for quarter in (4, 7):
            for n in range(PEOPLE * VISITS):
                who, day = f"C{n % PEOPLE}", f"2026-{quarter + n // PEOPLE:02}-{10 + n % PEOPLE}"
                rows.writerow([who, day, SAID[(n * (quarter - 2) + n // 9) % len(SAID)]])
    done = [run_corpus(corpus, Options(period, outputs=outputs)) for period in PERIODS][-1]
    tables, manifest = read_run(done.folder)
    context = context_of(done.folder, manifest, tables, t.DECISIONS.frame())
    return Home(corpus, outputs, tables, context, contents(done.folder))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "tables").glob("*.parquet")}


def shown(home: Home, decisions: tuple[t.Decision, ...] | list[t.Decision]) -> Tables:
    """What the page shows."""
    with threadpool_limits(limits=1, user_api="blas"):
        return replay(home.tables, replace(home.context, decisions=t.DECISIONS.frame(decisions)))


def look(home: Home, tables: Tables) -> View:
    _, manifest = read_run(home.outputs / "acme" / PERIODS[-1])
    rows = tuple(t.DECISIONS.rows(tables["decisions"]))
    return View(tables, look_up(tables), rows, home.tables, frozenset(), manifest, "")


class Reviewer:
    """Decides at random about what a view of the run shows, and about what it does not."""

    def __init__(self, view: View, log: Log):
        self.view, self.log, self.made = view, log, ["gone"]

    def decide(self, action: str, one: int, other: int, who: str, period: str) -> None:
        """Decide once, unless the log says that this cannot be decided."""
        target, told = getattr(self, f"_{ACTIONS[action].target}")(action, one, other)
        if target:
            argument = ACTIONS[action].argument(**told)
            is_known = is_there(self.view, action, target)
            was = before(self.view, action, target, argument) if is_known else {}
            try:
                self.log.append([Draft(who, action, target, argument, was, "so", period)], None)
            except InputError:
                return

    def _some(self, table: str, column: str, n: int) -> str:
        """One value of a column; '' where the table is empty."""
        values = sorted(set(self.view.tables[table][column]))
        return values[n % len(values)] if values else ""

    def _place(self, n: int) -> str:
        """A touchpoint: of this run, of the period before, made by a reviewer, or none."""
        known = [*self.view.tables["touchpoints"]["touchpoint_id"], *self.made]
        return known[n % len(known)]

    def _touchpoint(self, action: str, one: int, other: int) -> tuple[str, dict[str, object]]:
        name, made = NAMES[other % len(NAMES)], f"made{one}-{other}"
        own = [m.mention_id for m in self.view.lookup.mentions_at.get(self._place(one), ())]
        quotes = [self._some("candidates", "quote", one + n) for n in range(3)]
        told: dict[str, dict[str, object]] = {
            "rename": {"name": name},
            "redefine": {"definition": WORDS[other % len(WORDS)]},
            "move": {"stage": "Renewal"},
            "own": {"owner": "Ola", "backup": "Bo"},
            "merge": {"into": self._place(other)},
            "split": {
                "name": name, "touchpoint_id": made, "quotes": own[: 1 + other % 3] or ["q"],
                "like": quotes,
            },
            "score": {"dimension": DIMENSIONS[other % 4], "value": 0.9},
            "effort": {"effort": 1 + other % 5},
            "add": {"name": name, "like": quotes},
            "link": {"earlier_id": self._place(other)},
            "mark": {"decision": CHOICES[other % 5], "mention_id": (own or [""])[0]},
            "unmark": {"decision": CHOICES[other % 5]},
        }  # fmt: skip
        if action in ("add", "split"):
            self.made.append(made)
        if action == "unmark" and len(self.view.tables["moments"]):
            row = t.MOMENTS.rows(self.view.tables["moments"])[
                other % len(self.view.tables["moments"])
            ]
            return row.touchpoint_id, {"decision": row.decision}
        return made if action == "add" else self._place(one), told.get(action, {})

    def _mention(self, action: str, one: int, other: int) -> tuple[str, dict[str, object]]:
        row = t.CANDIDATES.rows(self.view.tables["candidates"])[
            one % len(self.view.tables["candidates"])
        ]
        place = {"turn_id": row.turn_id, "start": row.start, "end": row.end}
        into = {"touchpoint_id": self._place(other)} if action == "reassign" else {}
        return row.mention_id, place | into

    def _edge(self, _: str, one: int, other: int) -> tuple[str, dict[str, object]]:
        edges = t.EDGES.rows(self.view.tables["edges"])
        if edges and one % 4:
            row = edges[one % len(edges)]
            ends = {"source_id": row.source_id, "target_id": row.target_id, "kind": row.kind}
            return row.edge_id, ends
        ends = {"source_id": self._place(one), "target_id": self._place(other), "kind": "follows"}
        return f"edge{one}", ends

    def _pain_point(self, action: str, one: int, other: int) -> tuple[str, dict[str, object]]:
        into = {"into": self._some("pain_points", "pain_point_id", other)}
        told = {"name": "Late"} if action == "rename_pain" else into
        return self._some("pain_points", "pain_point_id", one), told

    def _hypothesis(self, action: str, one: int, _: int) -> tuple[str, dict[str, object]]:
        told = {"change": "Do it"} if action == "edit_hypothesis" else {}
        return self._some("found_hypotheses", "hypothesis_id", one), told

    def _decision(self, _: str, one: int, __: int) -> tuple[str, dict[str, object]]:
        rows = self.log.read()
        return (rows[one % len(rows)].decision_id if rows else ""), {}

    def _advice(self, action: str, one: int, _: int) -> tuple[str, dict[str, object]]:
        rows = self.log.read()
        if action == "settle" and rows:
            row = rows[one % len(rows)]
            return row.target_id, {"decision_id": row.decision_id}
        return ("" if action == "settle" else f"advice{one}"), {}


numbers = st.integers(0, 199)
sequences = st.lists(
    st.tuples(
        st.sampled_from(sorted(ACTIONS)), numbers, numbers, st.sampled_from(["Ann", "Ben"]),
        st.sampled_from(PERIODS),
    ),
    max_size=14,
)  # fmt: skip


def decided(home: Home, folder: Path, drawn: list[tuple[str, int, int, str, str]]) -> Log:
    """A log of what was drawn; half-way the page is loaded anew."""
    log = Log(folder)
    reviewer = Reviewer(look(home, home.tables), log)
    for number, each in enumerate(drawn):
        if number == len(drawn) // 2 and log.read():
            reviewer.view = look(home, shown(home, log.read()))
        reviewer.decide(*each)
    return log


def undo_all(log: Log) -> None:
    """Undo until nothing but undos stands."""
    while True:
        gone = states(log.read())
        left = [r for r in log.read() if r.action != "undo" and gone[r.decision_id] != "undone"]
        if not left:
            return
        undo = ACTIONS["undo"].argument()
        log.append(
            [Draft("Ann", "undo", r.decision_id, undo, {}, "", PERIODS[1]) for r in left], None
        )


def assert_same(one: Tables, other: Tables, but: tuple[str, ...] = ()) -> None:
    for name in sorted(one.keys() - {*but, "ledger"}):
        pd.testing.assert_frame_equal(one[name], other[name], obj=name)


def assert_holds(tables: Tables, *, is_run: bool) -> None:
    """All that `touchpoints verify` proves; a page proposes no hypotheses for what is new."""
    for prove in PROOFS:
        proof = prove(tables)
        if is_run or "hypotheses" not in proof.what:
            assert proof.failures == []


@given(sequences, st.integers(0, 99))
@settings(max_examples=8, phases=[Phase.generate])
def test_page_says_the_same_whatever_the_order_of_the_log(home, drawn, seed):
    with TemporaryDirectory() as name, TemporaryDirectory() as mixed:
        log = decided(home, Path(name), drawn)
        first = shown(home, log.read())
        lines = log.path.read_bytes().splitlines() * 2 if log.read() else []
        Random(seed).shuffle(lines)  # noqa: S311 - an order, no secret
        (Path(mixed) / FILE).write_bytes(b"\n".join(lines))
        assert_same(first, shown(home, Log(Path(mixed)).read()))
        assert_holds(first, is_run=False)
        undo_all(log)
        assert_same(home.tables, shown(home, log.read()), but=("decisions",))


@given(sequences)
@settings(max_examples=2, phases=[Phase.generate])
def test_run_says_what_the_page_says_and_undo_gives_back_every_byte(home, drawn):
    log = Log(home.corpus)
    log.path.unlink(missing_ok=True)
    decided(home, home.corpus, drawn)
    page = shown(home, log.read())
    done = run_corpus(home.corpus, Options(PERIODS[1], outputs=home.outputs))
    assert_same(page, done.tables, but=PROPOSED)
    assert_holds(done.tables, is_run=True)
    again = replace(home.context, decisions=t.DECISIONS.frame(log.read()))
    assert_same(done.tables, replay(done.tables, again))
    undo_all(log)
    done = run_corpus(home.corpus, Options(PERIODS[1], outputs=home.outputs))
    for file, data in contents(done.folder).items():
        assert data == home.files[file] or file == "decisions.parquet", file
