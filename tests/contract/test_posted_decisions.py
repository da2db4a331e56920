"""From a form to a later run: every action is posted as a browser posts it, then the quarter is run
again, and the next one too. What was decided shows in their tables, or is told to wait."""

import csv
from typing import NamedTuple

import pytest

from pipeline import tables as t
from pipeline.decisions.actions import ACTIONS
from pipeline.decisions.history import told
from pipeline.decisions.log import Log
from pipeline.review.state.desk import Desk
from pipeline.run import Options, run_corpus
from pipeline.schema import Tables
from pipeline.verify import verify_run
from tests.unit.review.rooms import Browser

QUARTERS = {"2026Q2": 4, "2026Q3": 7, "2026Q4": 10}
SETTINGS = """
[corpus]
name = "Acme"
[resolve]
min_customers = 2
[network]
min_customers = 2
min_lift = 1.0
max_false_discovery = 0.99
min_decisions = 1
min_stated = 1
[compare]
min_customers = 2
[[sources]]
kind = "survey"
path = "survey.csv"
columns = { customer = "who", date = "day", text = "said" }
"""
STAGES = """stage,position,aim_customer,aim_business
Use,1,Get the parcel,Deliver once
Renewal,2,Stay,Keep the customer
"""
CATALOGUE = """name,definition,stage,owner,backup
Parcel delivery,"How a parcel is brought to the door, and how late",Use,Ola,Bo
Invoice,"The bill, what it shows and how it is paid",Use,,
Billing portal,"The web page on which bills are paid",Use,,
Support chat,"The chat in which staff answer questions",Use,,
Gift wrapping,"The paper and ribbon around a gift",Use,,
Mobile app,"The app on the phone in which parcels are followed",Use,,
"""
EARLIER_APP = "Parcel tracker"
"""What the catalogue called the app in the first of the quarters."""
SAID = (
    "The parcel delivery was three days late and nobody told me. So I called the support chat.",
    "My parcel delivery came late again, the driver left it in the rain. I cancelled my contract.",
    "The invoice showed the wrong amount and I had to call twice.",
    "Your invoice was wrong again, because the parcel delivery was late.",
    "The billing portal rejected my card twice.",
    "The billing portal was down and I could not pay.",
    "Nobody in the support chat knew what to do about my question.",
    "The support chat gave me a wrong answer about customs.",
    "The gift wrapping was torn at a corner.",
    "The gift wrapping looked cheap and was torn.",
    "The {app} crashes whenever I open the map.",
    "The {app} froze on the map again.",
)
QUEUED = (
    "The support chat kept me waiting in the queue for an hour.",
    "I waited in the queue of the support chat for forty minutes.",
)
QUEUED_LATER = (
    "The queue of the support chat was an hour long.",
    "In the support chat I had to wait in a queue for ages.",
)
STAMPS = ("The bonus stamps were lost when I moved.", "The bonus stamps never reached my account.")
STAMPS_LATER = (
    "My bonus stamps were lost when I moved house.",
    "The bonus stamps were lost again.",
)
PEOPLE, VISITS = 8, 4


class Quarters(NamedTuple):
    """The tables of a quarter as it was reviewed, run again since, and of the one after it."""

    ids: dict[str, str]
    """Of the touchpoints, by the names they had when they were reviewed."""
    first: Tables
    again: Tables
    later: Tables
    posted: dict[str, t.Decision]
    """The last decision of each action."""

    def argument(self, action: str) -> dict[str, object]:
        return dict(told(self.posted[action].argument))


def write_answers(corpus, app):
    """Write the catalogue, and what customers said in the three quarters."""
    (corpus / "touchpoints.csv").write_text(CATALOGUE.replace("Mobile app", app), "utf-8")
    with (corpus / "survey.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["who", "day", "said"])
        for quarter, month in QUARTERS.items():
            is_later = quarter == "2026Q4"
            called = EARLIER_APP if quarter == "2026Q2" else "Mobile app"
            own = QUEUED_LATER + STAMPS_LATER if is_later else QUEUED + STAMPS
            said = [text.format(app=called.lower()) for text in SAID + own]
            for n in range(PEOPLE * VISITS):
                day = f"2026-{month + n // 16:02}-{10 + n % 16}"
                text = said[(n * 3 + n // PEOPLE + month) % len(said)]
                rows.writerow([f"C{n % PEOPLE}", day, text])


def review(browser, other, tables):
    """Post every action once, as the forms of the pages do; return the touchpoints by name."""
    ids = dict(tables["touchpoints"][["name", "touchpoint_id"]].to_numpy().tolist())
    parcel, invoice, chat = ids["Parcel delivery"], ids["Invoice"], ids["Support chat"]

    def post(action, target, /, by=browser, **fields):
        answer = by.decide(action, target, **fields)
        assert answer.status_code == 303, (action, answer.text)

    def quotes(*words, at=None):
        rows = (
            tables["mentions"] if at is None else tables["mentions"].query("touchpoint_id == @at")
        )
        has = [all(word in quote for word in words) for quote in rows["quote"]]
        return rows.loc[has, "mention_id"].tolist()

    def edge(source, target):
        own = tables["edges"].query("source_id == @source and target_id == @target")
        return own["edge_id"].iloc[0]

    def pain(words):
        own = [words in name for name in tables["pain_points"]["name"]]
        return tables["pain_points"].loc[own, "pain_point_id"].iloc[0]

    proposed = tables["hypotheses"].query("touchpoint_id == @parcel")["hypothesis_id"].tolist()
    post("rename", parcel, name="Doorstep delivery")
    post("redefine", parcel, definition="Bringing the parcel to the door of the customer, in time")
    post("move", invoice, stage="Renewal")
    post("own", invoice, owner="Ina", backup="Jo")
    post("merge", ids["Billing portal"], into=invoice)
    post("split", chat, name="Evening shift", quotes=quotes("queue"))
    post("reject", ids["Gift wrapping"], reason="not ours")
    post("score", parcel, dimension="impact", value="0.9", reason="counted by finance")
    post("effort", parcel, effort="2", reason="a new carrier")
    post("add", "new", name="Bonus stamps", like=STAMPS[0])
    earlier = {name: key for key, name in browser.desk.view().earlier}
    post("link", ids["Mobile app"], earlier_id=earlier[EARLIER_APP])
    post("unlink", chat)
    post("mark", parcel, decision="escalate", mention_id=quotes("nobody told me")[0])
    post("unmark", parcel, decision="leave")
    post("confirm", edge(parcel, chat))
    post("hide", edge(parcel, invoice))
    post("keep", quotes("rejected my card")[0])
    post("reassign", quotes("wrong answer")[0], touchpoint_id=ids["Mobile app"])
    post("discard", quotes("call twice")[0], reason="about a bank")
    post("rename_pain", pain("delivery was late"), name="Late parcel")
    post("merge_pain", pain("not pay"), into=pain("wrong amount"))
    post("accept_hypothesis", proposed[0])
    post("edit_hypothesis", proposed[1], change="Ring the bell twice")
    post("drop_hypothesis", proposed[2], reason="tried in 2024")
    post("dismiss", "advice", told="Two names for one thing")
    post("rename", ids["Mobile app"], name="Phone thing")
    post("undo", browser.desk.log.read()[-1].decision_id)
    post("accept", invoice)
    post("reject", invoice, by=other, reason="a bill is no touchpoint")
    mine = next(d for d in browser.desk.log.read() if d.action == "accept")
    post("settle", invoice, decision_id=mine.decision_id)
    return ids


@pytest.fixture(scope="module")
def quarters(tmp_path_factory):
    home = tmp_path_factory.mktemp("posted")
    corpus = home / "acme"
    corpus.mkdir()
    (corpus / "corpus.toml").write_text(SETTINGS, "utf-8")
    (corpus / "stages.csv").write_text(STAGES, "utf-8")

    def run(period):
        return run_corpus(corpus, Options(period, outputs=home / "outputs"))

    write_answers(corpus, EARLIER_APP)
    run("2026Q2")
    write_answers(corpus, "Mobile app")
    first = run("2026Q3")
    desk = Desk(first.folder, corpus)
    ids = review(Browser(desk, "Ann"), Browser(desk, "Ben"), first.tables)
    posted = {row.action: row for row in Log(corpus).read()}
    again, later = run("2026Q3"), run("2026Q4")
    for done in (again, later):
        assert verify_run(done.folder).faults == []
    return Quarters(ids, first.tables, again.tables, later.tables, posted)


@pytest.fixture(params=["again", "later"])
def run(request, quarters):
    """The quarter run again, and the one after it: what was decided holds in both."""
    return getattr(quarters, request.param)


def point(run, key):
    """The row of a touchpoint."""
    rows = {row.touchpoint_id: row for row in t.TOUCHPOINTS.rows(run["touchpoints"])}
    return rows[key]


def said_at(run, key):
    """The quotes of a touchpoint."""
    return set(run["mentions"].loc[run["mentions"]["touchpoint_id"] == key, "quote"])


def rows_of(run, table, key):
    """The rows of a touchpoint in a table."""
    return run[table][run[table]["touchpoint_id"] == key]


def test_every_action_was_posted(quarters):
    assert set(quarters.posted) == set(ACTIONS)


def test_what_no_longer_applies_waits_and_says_why(quarters):
    def waiting(tables):
        rows = t.DECISIONS.rows(tables["decisions"])
        return {row.action: row.note for row in rows if row.state == "waiting"}

    assert waiting(quarters.again) == {}
    of_the_quarter_before = "the quote is not in this period"
    assert waiting(quarters.later) == {
        "keep": of_the_quarter_before,
        "reassign": of_the_quarter_before,
        "discard": of_the_quarter_before,
        "mark": "no quote of this period shows it",
    }


def test_name_definition_stage_owner_and_effort_hold(quarters, run):
    parcel = point(run, quarters.ids["Parcel delivery"])
    assert (parcel.name, parcel.effort) == ("Doorstep delivery", 2.0)
    assert parcel.definition == quarters.argument("redefine")["definition"]
    aliases = rows_of(run, "aliases", parcel.touchpoint_id)
    assert aliases["alias"].tolist() == ["Parcel delivery"]
    [priority] = rows_of(run, "priorities", parcel.touchpoint_id)["effort_basis"]
    assert priority == "reviewer"
    invoice = point(run, quarters.ids["Invoice"])
    assert (invoice.stage, invoice.owner, invoice.backup) == ("Renewal", "Ina", "Jo")


def test_score_that_a_reviewer_set_holds(quarters, run):
    own = rows_of(run, "scores", quarters.ids["Parcel delivery"]).set_index("dimension")
    assert own.loc["impact", "value"] == 0.9
    assert own.loc["impact", "basis"].startswith("set by Ann in 2026Q3: counted by finance")


def test_merge_holds(quarters, run):
    assert quarters.ids["Billing portal"] not in set(run["touchpoints"]["touchpoint_id"])
    own = said_at(run, quarters.ids["Invoice"])
    assert {"and I could not pay.", "The invoice showed the wrong amount"} <= own


def test_split_takes_the_quotes_chosen_and_in_the_next_quarter_those_like_them(quarters):
    child = quarters.argument("split")["touchpoint_id"]
    assert said_at(quarters.again, child) == set(QUEUED)
    assert said_at(quarters.later, child) == set(QUEUED_LATER)
    for run in (quarters.again, quarters.later):
        assert point(run, child).name == "Evening shift"
        rest = said_at(run, quarters.ids["Support chat"])
        assert len(rest) > 1
        assert not any("queue" in quote for quote in rest)


def test_rejected_touchpoint_stays_out(quarters, run):
    assert quarters.ids["Gift wrapping"] not in set(run["touchpoints"]["touchpoint_id"])
    assert not any("wrapping" in quote for quote in run["mentions"]["quote"])
    assert "touchpoint_rejected" in set(run["rejects"]["reason"])


def test_touchpoint_made_by_hand_takes_what_is_like_it(quarters):
    key = quarters.posted["add"].target_id
    assert STAMPS[0] in said_at(quarters.again, key)
    assert STAMPS_LATER[0] in said_at(quarters.later, key)
    assert point(quarters.later, key).name == "Bonus stamps"


def test_links_to_the_quarter_before_hold(quarters):
    app, chat = quarters.ids["Mobile app"], quarters.ids["Support chat"]
    assert set(rows_of(quarters.first, "changes", app)["verdict"]) == {"new"}
    assert "new" not in set(rows_of(quarters.again, "changes", app)["verdict"])
    assert "new" not in set(rows_of(quarters.first, "changes", chat)["verdict"])
    assert set(rows_of(quarters.again, "changes", chat)["verdict"]) == {"new"}
    assert "new" not in set(rows_of(quarters.later, "changes", chat)["verdict"])


def test_moments_are_marked_and_unmarked(quarters, run):
    parcel = quarters.ids["Parcel delivery"]
    assert set(rows_of(quarters.first, "moments", parcel)["decision"]) == {"leave"}
    marked = {"escalate"} if run is quarters.again else set()
    assert set(rows_of(run, "moments", parcel)["decision"]) == marked


def test_links_are_confirmed_and_hidden(quarters, run):
    edges = run["edges"].set_index("edge_id")
    confirmed, hidden = (quarters.posted[name].target_id for name in ("confirm", "hide"))
    assert edges.loc[[confirmed, hidden], "review"].tolist() == ["confirmed", "hidden"]
    assert edges.loc[[confirmed, hidden], "is_shown"].tolist() == [True, False]


def test_quotes_stay_where_they_were_put_when_the_quarter_is_run_again(quarters):
    mentions = quarters.again["mentions"].set_index("mention_id")
    kept, moved, gone = (quarters.posted[k].target_id for k in ("keep", "reassign", "discard"))
    assert mentions.loc[kept, "confidence"] == mentions.loc[moved, "confidence"] == 1.0
    assert mentions.loc[moved, "touchpoint_id"] == quarters.ids["Mobile app"]
    assert gone not in mentions.index
    rejects = quarters.again["rejects"].set_index("row_id")
    assert rejects.loc[gone, "reason"] == "discarded"


def test_pain_points_keep_name_and_merge(quarters, run):
    names = set(run["pain_points"]["name"])
    assert "Late parcel" in names
    assert "Could not pay" not in names
    assert "Could not pay" in set(quarters.first["pain_points"]["name"])
    key = quarters.posted["merge_pain"].argument
    paid = run["mentions"][run["mentions"]["quote"] == "and I could not pay."]
    assert set(paid["pain_point_id"]) == {told(key)["into"]}


def test_hypotheses_are_accepted_edited_and_dropped(quarters, run):
    own = rows_of(run, "hypotheses", quarters.ids["Parcel delivery"])
    assert set(own["status"]) == {"accepted", "edited", "dropped", "proposed"}
    assert own.loc[own["status"] == "edited", "change"].tolist() == ["Ring the bell twice"]
    levers = {row.lever: row.status for row in t.HYPOTHESES.rows(own)}
    for action, status in (("accept_hypothesis", "accepted"), ("drop_hypothesis", "dropped")):
        assert levers[told(quarters.posted[action].before)["lever"]] == status


def test_undone_and_overruled_decisions_do_nothing(quarters, run):
    assert point(run, quarters.ids["Mobile app"]).name == "Mobile app"
    assert quarters.ids["Invoice"] in set(run["touchpoints"]["touchpoint_id"])
    states = {(row.action, row.who): row.state for row in t.DECISIONS.rows(run["decisions"])}
    assert (states["reject", "Ben"], states["settle", "Ann"]) == ("superseded", "applied")
