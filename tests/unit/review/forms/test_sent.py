"""From what a browser sends to decisions, or to what is wrong with them field by field."""

import json
from dataclasses import fields, replace
from urllib.parse import urlencode

import numpy as np
import pytest

from pipeline import tables as t
from pipeline.decisions.actions import ACTIONS
from pipeline.publish.lookup import look_up
from pipeline.review.forms.examples import typical
from pipeline.review.forms.sent import LABELS, MOST_FIELDS, Form, FormError, parse, seen_of, wanted
from pipeline.review.state.view import View
from tests.unit.review.rooms import view_of

WHO, NOW = "Anna", 1


@pytest.fixture(scope="module")
def view() -> View:
    return view_of()


def form(**fields: str | list[str]) -> Form:
    return parse(urlencode(fields, doseq=True).encode())


def ask(view: View, **fields: str | list[str]):
    return wanted(form(**fields), view, WHO, NOW)


def decided(action: str, target: str, argument: str = "{}") -> t.Decision:
    at = "2026-10-01T10:00:00.000000+00:00"
    return t.Decision("d1", at, WHO, action, target, argument, "{}", "", "2026Q3", "applied", "")


def faults(view: View, **fields: str | list[str]) -> dict[str, str]:
    with pytest.raises(FormError) as error:
        ask(view, **fields)
    return dict(error.value.faults)


@pytest.fixture(scope="module")
def point(view) -> str:
    return next(key for key, p in view.lookup.touchpoints.items() if p.name == "Payroll export")


@pytest.fixture(scope="module")
def left_over(view) -> tuple[View, str, t.Mention]:
    """A view in which a quote belongs to no touchpoint: it is only a candidate."""
    gone = next(m for m in view.lookup.mentions.values() if m.quote)
    mentions = view.tables["mentions"]
    names = [field.name for field in fields(t.Candidate)]
    candidate = t.Candidate(**{n: getattr(gone, n, "") for n in names} | {"touchpoint_id": ""})
    tables = dict(view.tables) | {
        "candidates": t.CANDIDATES.frame([candidate]),
        "mentions": mentions[mentions["mention_id"] != gone.mention_id],
    }
    return replace(view, tables=tables, lookup=look_up(tables)), gone.mention_id, gone


def test_text_arrives_as_it_was_typed():
    typed = "Größe 100 % & more\r\n= « 日本 »"
    assert form(name=typed).one("name") == typed.replace("\r\n", "\n")


def test_bytes_that_are_no_text_are_replaced():
    assert parse(b"name=%ff%fe&x=\xff").one("name") == "��"


def test_too_many_fields_are_refused():
    assert len(parse(b"a=1&" * (MOST_FIELDS - 1) + b"a=1").fields) == MOST_FIELDS
    with pytest.raises(FormError, match="fields"):
        parse(b"a=1&" * MOST_FIELDS + b"a=1")


def test_what_was_seen_is_found_by_target_or_by_place():
    assert seen_of(form(target_id=["a", "b"], seen=["x", ""])) == {"a": "x", "b": ""}
    assert seen_of(form(target_id=["b"], seen=["a:x", "b:y"])) == {"a": "x", "b": "y"}


def test_one_decision_for_each_ticked_target(view):
    first, second = list(view.lookup.touchpoints)[:2]
    asked = ask(view, action="accept", target_id=[first, second, first], next="/touchpoints")
    assert [(d.action, d.target_id, d.who) for d in asked.drafts] == [
        ("accept", first, WHO), ("accept", second, WHO),
    ]  # fmt: skip
    assert asked.next == "/touchpoints"
    assert asked.drafts[0].period == view.manifest.period


def test_before_is_what_the_run_holds_not_what_the_form_says(view, point):
    sent = {"action": "rename", "target_id": point, "name": "Pay file", "before": "nonsense"}
    (draft,) = ask(view, **sent).drafts
    assert dict(draft.before) == {"name": "Payroll export"}


def test_place_of_a_quote_and_ends_of_a_link_come_from_the_run(view, point):
    mention = view.lookup.mentions_at[point][0]
    (draft,) = ask(
        view, action="keep", target_id=mention.mention_id, start="99", turn_id="x"
    ).drafts
    assert draft.argument.model_dump() == {
        "turn_id": mention.turn_id, "start": mention.start, "end": mention.end,
    }  # fmt: skip
    edge = view.lookup.edges[0]
    (draft,) = ask(view, action="hide", target_id=edge.edge_id).drafts
    assert draft.argument.model_dump() == {
        "source_id": edge.source_id, "target_id": edge.target_id, "kind": edge.kind,
    }  # fmt: skip
    assert draft.before["source_name"] == view.lookup.touchpoints[edge.source_id].name


def test_what_others_go_into_is_not_one_of_them(view):
    first, second = list(view.lookup.touchpoints)[:2]
    asked = ask(view, action="merge", target_id=[first, second], into=second)
    assert [d.target_id for d in asked.drafts] == [first]
    assert faults(view, action="merge", target_id=second, into=second).keys() == {"into"}


def test_what_is_so_already_is_no_decision(view, point):
    own = view.lookup.touchpoints[point]
    same = {
        "rename": {"name": own.name}, "redefine": {"definition": own.definition},
        "move": {"stage": own.stage}, "own": {"owner": own.owner, "backup": own.backup},
    }  # fmt: skip
    for action, values in same.items():
        (told,) = faults(view, action=action, target_id=point, **values).values()
        assert "nothing would change" in told
    (draft,) = ask(view, action="own", target_id=point, owner=own.owner, backup="Ops").drafts
    assert draft.argument.backup == "Ops"


def test_quotes_split_off_again_after_they_were_moved_back_get_another_home(view, point):
    quotes = [m.mention_id for m in view.lookup.mentions_at[point][:3]]
    sent = {"action": "split", "target_id": point, "quotes": quotes}
    first = ask(view, **sent, name="Totals").drafts[0].argument.touchpoint_id
    other = next(iter(view.lookup.touchpoints.values()))
    back = replace(other, touchpoint_id=first, name="Empty by now")
    there = t.TOUCHPOINTS.frame([*view.lookup.touchpoints.values(), back])
    again = replace(view, lookup=look_up(view.tables | {"touchpoints": there}))
    second = ask(again, **sent, name="Sums").drafts[0].argument.touchpoint_id
    assert second not in (first, point)


def test_split_takes_quotes_of_its_own_touchpoint_and_gets_an_id(view, point):
    quotes = [m.mention_id for m in view.lookup.mentions_at[point][:3]]
    sent = {"action": "split", "target_id": point, "name": "Totals", "like": ["a", "b"]}
    (draft,) = ask(view, **sent, quotes=[*quotes, quotes[0]]).drafts
    assert draft.argument.quotes == tuple(quotes)
    assert draft.argument.like == ("a", "b")
    assert draft.argument.touchpoint_id not in view.lookup.touchpoints
    other = next(m for m in view.lookup.mentions.values() if m.touchpoint_id != point)
    assert faults(view, **sent, quotes=[quotes[0], other.mention_id]).keys() == {"quotes"}
    assert faults(view, **sent).keys() == {"quotes"}


@pytest.mark.parametrize(
    ("action", "more"),
    [("keep", {}), ("discard", {"reason": "a joke"}), ("reassign", {"touchpoint_id": "other"})],
)
def test_ticked_quotes_of_a_touchpoint_are_what_is_decided_about(view, point, action, more):
    first, second = [m.mention_id for m in view.lookup.mentions_at[point][:2]]
    if action == "reassign":
        more = {"touchpoint_id": next(key for key in view.lookup.touchpoints if key != point)}
    sent = {"action": action, "target_id": point, "seen": [f"{point}:old", f"{first}:"], **more}
    asked = ask(view, **sent, quotes=[first, second, first])
    assert [(d.action, d.target_id) for d in asked.drafts] == [(action, first), (action, second)]
    found = faults(view, **sent)
    assert found.keys() == {"target_id"}
    assert "at least one" in found["target_id"]


def test_a_quote_of_no_touchpoint_can_be_given_to_one(left_over, point):
    key, candidate = left_over[1], left_over[2]
    (draft,) = ask(left_over[0], action="reassign", target_id=key, touchpoint_id=point).drafts
    assert (draft.argument.turn_id, draft.argument.start) == (candidate.turn_id, candidate.start)
    assert draft.before["quote"] == candidate.quote


def test_ticked_quotes_show_what_a_new_touchpoint_is(left_over, point):
    view, key, candidate = left_over
    mention = view.lookup.mentions_at[point][0]
    sent = {"action": "add", "name": "Lobby", "target_id": ["new", key], "next": "/search"}
    asked = ask(view, **sent, quotes=mention.mention_id, like=["", "  typed ", " "])
    (draft,) = asked.drafts
    assert draft.argument.like == ("typed", mention.quote, candidate.quote)
    assert draft.target_id not in (key, "new")
    assert ask(view, **sent | {"target_id": "new"}, like="").drafts[0].argument.like == ()
    many = [m.mention_id for m in list(view.lookup.mentions.values())[:40]]
    assert faults(view, **sent, quotes=many) == {"like": "at most 12 at once"}


def test_a_new_touchpoint_gets_an_id_of_its_own_each_time(view):
    sent = {"action": "add", "target_id": "new", "name": "Lobby", "next": "/touchpoints/new"}
    (first,) = wanted(form(**sent), view, WHO, 1).drafts
    second = wanted(form(**sent), view, WHO, 2)
    assert first.target_id != second.drafts[0].target_id
    assert second.next == f"/touchpoints/{second.drafts[0].target_id}"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"action": "rename", "name": ""}, "name"),
        ({"action": "rename", "name": "   "}, "name"),
        ({"action": "rename"}, "name"),
        ({"action": "rename", "name": "x" * 81}, "name"),
        ({"action": "rename", "name": "two\nlines"}, "name"),
        ({"action": "redefine", "definition": "x" * 2001}, "definition"),
        ({"action": "score", "dimension": "emotion", "value": "much", "reason": "r"}, "value"),
        ({"action": "score", "dimension": "emotion", "value": "nan", "reason": "r"}, "value"),
        ({"action": "score", "dimension": "emotion", "value": "1.1", "reason": "r"}, "value"),
        ({"action": "score", "dimension": "speed", "value": "1", "reason": "r"}, "dimension"),
        ({"action": "score", "dimension": "impact", "value": "1"}, "reason"),
        ({"action": "effort", "effort": "0", "reason": "r"}, "effort"),
        ({"action": "reject"}, "reason"),
        ({"action": "reject", "reason": " \n "}, "reason"),
        ({"action": "reject", "reason": "x" * 301}, "reason"),
        ({"action": "merge", "into": "nowhere"}, "into"),
        ({"action": "mark", "decision": "leave", "mention_id": "nowhere"}, "mention_id"),
        ({"action": "mark", "decision": "leave"}, "mention_id"),
        ({"action": "dance"}, "action"),
        ({"action": ""}, "action"),
    ],
)
def test_the_field_at_fault_is_named(view, point, sent, field):
    found = faults(view, target_id=point, **sent)
    assert list(found) == [field]
    assert field in LABELS
    assert found[field]


@pytest.mark.parametrize(
    "action", [a for a, kind in ACTIONS.items() if kind.target != "advice" and a != "add"]
)
def test_no_action_is_taken_on_what_is_not_there(view, action):
    fields = {"name": "n", "reason": "r", "into": "x", "definition": "d"}
    assert "target_id" in faults(view, action=action, target_id="nothing", **fields)


def test_a_touchpoint_goes_on_with_one_that_no_other_goes_on_with(view, point):
    other = next(key for key in view.lookup.touchpoints if key != point)
    before = replace(view, earlier=(("old", "Old file"), (other, "Other"), (point, "Own")))
    (draft,) = ask(before, action="link", target_id=point, earlier_id="old").drafts
    assert draft.before["earlier_name"] == "Old file"
    assert ask(before, action="link", target_id=point, earlier_id=point).drafts
    for earlier in (other, "nowhere", ""):
        found = faults(before, action="link", target_id=point, earlier_id=earlier)
        assert found.keys() == {"earlier_id"}
    name = view.lookup.touchpoints[other].name
    assert name in faults(before, action="link", target_id=point, earlier_id=other)["earlier_id"]
    apart = replace(before, decisions=(decided("unlink", other),))
    assert ask(apart, action="link", target_id=point, earlier_id=other).drafts


def test_typical_quotes_are_those_in_the_middle():
    quotes = [f"{n:02d}" for n in range(30)]

    def embed(texts: list[str]) -> np.ndarray:
        angles = np.array([int(text) / 20 for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    assert set(typical(quotes, embed)) == {f"{n:02d}" for n in range(9, 21)}
    assert typical(["a", "b", "a", " "], embed) == ("a", "b")
    assert typical(["a" * n for n in range(1, 20)], None)[0] == "a" * 19
    assert typical(["x" * 2_001, "y"], None) == ("y",)


def test_no_two_touchpoints_get_one_name(view, point):
    other = next(p.name for key, p in view.lookup.touchpoints.items() if key != point)
    quote = view.lookup.mentions_at[point][0].mention_id
    for sent in (
        {"action": "rename", "target_id": point, "name": f" {other.upper()}"},
        {"action": "add", "target_id": "new", "name": other},
        {"action": "split", "target_id": point, "name": "payroll export", "quotes": quote},
    ):
        assert faults(view, **sent).keys() == {"name"}
    assert ask(view, action="rename", target_id=point, name="PAYROLL export").drafts


def test_nothing_ticked_is_told(view):
    assert faults(view, action="accept").keys() == {"target_id"}


def test_what_is_seen_of_a_decision_can_be_written_as_json(view, point):
    hypothesis = next(iter(view.lookup.hypotheses_at.values()))[0]
    for sent in (
        {
            "action": "score",
            "target_id": point,
            "dimension": "emotion",
            "value": "0",
            "reason": "r",
        },
        {"action": "effort", "target_id": point, "effort": "2", "reason": "r"},
        {"action": "edit_hypothesis", "target_id": hypothesis.hypothesis_id, "change": "c"},
        {"action": "own", "target_id": point, "owner": "A"},
    ):
        (draft,) = ask(view, **sent).drafts
        assert json.loads(json.dumps(draft.before, allow_nan=False))
