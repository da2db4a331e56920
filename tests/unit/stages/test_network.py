import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson_binom

from pipeline import tables as t
from pipeline.config import Network
from pipeline.methods.choices import choice_of
from pipeline.methods.timelines import build_events, chances_by_customer
from pipeline.stages.network import Networked, network
from tests.unit.stages import journeys as j

NAMES = [f"t{n:02}" for n in range(25)]
FEW = Network(min_customers=2, shuffles=100)


def run(told: dict[str, j.Journey], rules: Network = FEW, names=NAMES, **others) -> Networked:
    tables = j.write(told) | others
    return network(
        tables["documents"], tables["turns"], tables["mentions"],
        tables.get("causes", t.CAUSES.frame()), j.touchpoints(names), rules,
    )  # fmt: skip


def pairs(found: Networked, step: str = "next") -> set[tuple[str, str]]:
    edges = found.edges[found.edges["step"] == step]
    return set(zip(edges["source_id"], edges["target_id"], strict=True))


def a_to_b(n: int = 30) -> dict[str, j.Journey]:
    """Everyone goes a, b in this order, with something of their own before and after."""
    own = [f"x{k % 10}" for k in range(n)]
    return {
        f"c{k:02}": [(j.day(0), [own[k]]), (j.day(1), ["a"]), (j.day(2), ["b"]), (j.day(3), ["z"])]
        for k in range(n)
    }


LETTERS = ["a", "b", "z", *(f"x{k}" for k in range(10))]


def test_known_order_gives_known_figures():
    found = run(a_to_b(), Network(shuffles=2000), LETTERS)
    edge = found.edges[(found.edges["source_id"] == "a") & (found.edges["target_id"] == "b")]
    (row,) = t.EDGES.rows(edge)
    # Two given events out of four stand next to each other in this order in 6 of 24 orders.
    assert (row.kind, row.step, row.n_customers) == ("follows", "next", 30)
    assert row.n_expected == pytest.approx(7.5, rel=0.05)
    assert row.lift == pytest.approx(4, rel=0.05)
    assert row.p_value == pytest.approx(poisson_binom.sf(29, [0.25] * 30), abs=1e-12)
    assert row.strength == pytest.approx(0.75, abs=0.02)
    assert row.q_value >= row.p_value
    assert ("b", "a") not in pairs(found) | pairs(found, "eventual")


def test_planted_edges_are_found_and_frequent_ones_are_not():
    planted = {"t00": "t01", "t02": "t03", "t04": "t05", "t06": "t07", "t08": "t09"}
    found = [pairs(run(j.plant(200, planted, NAMES, seed), Network())) for seed in range(2)]
    assert all(set(planted.items()) <= one for one in found)
    assert sum(len(one) for one in found) <= 2 * 5 + 1


def test_random_journeys_have_next_to_no_edges():
    found = [run(j.plant(100, {}, NAMES, seed), Network()).edges for seed in range(3)]
    assert sum(len(edges) for edges in found) <= 1


def test_touchpoints_told_together_in_any_order_do_not_follow_each_other():
    told = {}
    for k in range(60):
        pair = ["a", "b"] if k % 2 else ["b", "a"]
        told[f"c{k:02}"] = [(j.day(0), [f"x{k % 10}"]), (j.day(1), pair), (j.day(2), ["z"])]
    assert pairs(run(told, Network(), LETTERS)).isdisjoint({("a", "b"), ("b", "a")})


def test_eventual_order_is_told_when_it_is_never_direct():
    own = [[f"x{k}"] for k in range(10)]
    told = {
        f"c{k:02}": [(j.day(0), ["a"])]
        + [(j.day(1 + n), own[(k * 3 + n) % 10]) for n in range(3)]
        + [(j.day(9), ["b"])]
        for k in range(40)
    }
    found = run(told, Network(), LETTERS)
    assert ("a", "b") in pairs(found, "eventual")
    assert pairs(found).isdisjoint(pairs(found, "eventual"))


def test_undated_documents_are_ordered_only_within_themselves():
    apart = {f"c{k:02}": [("", ["a"]), ("", ["b"])] for k in range(20)}
    assert run(apart, names=LETTERS).edges.empty
    within = {f"c{k:02}": [("", ["a", "b"]), ("", [f"x{k % 9}"])] for k in range(20)}
    assert pairs(run(within, names=LETTERS)) == {("a", "b")}


def test_repeated_mentions_are_one_event_and_loops_are_kept():
    tables = j.write(
        {"c1": [(j.day(0), ["a", "a", "b", "a"]), (j.day(1), ["c"]), (j.day(2), ["c"])]}
    )
    events = build_events(tables["documents"], tables["turns"], tables["mentions"])
    assert events.drop_duplicates("event")["touchpoint_id"].tolist() == ["a", "b", "a", "c", "c"]
    (person,) = chances_by_customer(events, {"a": 0, "b": 1, "c": 2}, 300, 1)
    # In one document told as a, b, a no other order has no repeat, so neither step is a surprise.
    assert person.chance[0, 0, 1] == 1
    assert person.chance[0, 1, 0] == 1
    assert not person.shown[0, 2, 0]


def test_customers_with_one_touchpoint_are_skipped():
    tables = j.write({"c1": [(j.day(0), ["a"]), (j.day(1), ["a"])]})
    events = build_events(tables["documents"], tables["turns"], tables["mentions"])
    assert chances_by_customer(events, {"a": 0}, 50, 1) == []


def test_chances_are_the_same_when_asked_for_again():
    told = {
        "c1": [(j.day(0), ["a"]), (j.day(1), ["b", "c", "b"]), ("", ["a", "c"])],
        "c2": [(j.day(0), ["a", "b"]), (j.day(1), ["a"]), (j.day(2), ["b"])],
        "c3": [(j.day(0), ["a", "b"]), (j.day(1), ["a"]), (j.day(2), ["b"])],
    }
    tables = j.write(told)
    events = build_events(tables["documents"], tables["turns"], tables["mentions"])
    numbers = {"a": 0, "b": 1, "c": 2}
    first, again, other = (chances_by_customer(events, numbers, 90, seed) for seed in (1, 1, 2))
    for one, same in zip(first, again, strict=True):
        assert np.array_equal(one.touchpoints, same.touchpoints)
        assert np.array_equal(one.shown, same.shown)
        assert np.array_equal(one.chance, same.chance)
    assert not np.array_equal(first[0].chance, other[0].chance)
    # Customers with the same journey have random orders of their own.
    assert not np.array_equal(first[1].chance, first[2].chance)
    with pytest.raises(ValueError, match="read-only"):
        first[0].chance[0, 0, 1] = 0


def test_what_is_shown_in_any_timeline_counts():
    told = {"c1": [("", ["a", "b"]), ("", ["b", "c", "a"]), ("", ["c"])]}
    tables = j.write(told)
    events = build_events(tables["documents"], tables["turns"], tables["mentions"])
    (person,) = chances_by_customer(events, {"a": 0, "b": 1, "c": 2}, 200, 1)
    after = {(a, b) for a, b in zip(*np.nonzero(person.shown[0]), strict=True)}
    assert after == {(0, 1), (1, 2), (2, 0)}
    later = {(a, b) for a, b in zip(*np.nonzero(person.shown[1]), strict=True)}
    assert later == {(0, 1), (1, 2), (1, 0), (2, 0)}
    # a, b in half the orders of the first line, or in two of six of the second.
    assert person.chance[0, 0, 1] == pytest.approx(1 - 1 / 2 * 2 / 3, abs=0.1)
    assert person.chance[1, 0, 1] == pytest.approx(1 - 1 / 2 * 1 / 2, abs=0.1)


def test_duplicates_and_unknown_touchpoints_count_for_nothing():
    tables = j.write(a_to_b())
    documents = tables["documents"].assign(duplicate_of="other")
    assert run(a_to_b(), names=LETTERS, documents=documents).edges.empty
    assert run(a_to_b(), names=["z"]).edges.empty


def test_order_quotes_come_from_other_customers_and_best_first():
    tables = j.write(a_to_b())
    sure = tables["mentions"]["mention_id"] == "c07-2-00"
    mentions = tables["mentions"].assign(
        confidence=tables["mentions"]["confidence"].where(~sure, 1.0), quote="it broke"
    )
    found = run(a_to_b(), Network(), LETTERS, mentions=mentions)
    edge_id = found.edges.set_index(["source_id", "target_id"])["edge_id"]["a", "b"]
    quotes = found.edge_evidence[found.edge_evidence["edge_id"] == edge_id]
    assert len(quotes) == 5
    assert "c07-2-00" in set(quotes["mention_id"])
    assert quotes["mention_id"].str.endswith("-2-00").all()


def stated(n: int) -> tuple[pd.DataFrame, dict[str, j.Journey]]:
    told = {f"c{k}": [(j.day(0), ["a", "b"])] for k in range(n)}
    causes = [
        t.Cause(f"c{k}-0-00", f"c{k}-0-01", f"c{k}-0-01", f"{k}: b broke because of a", 0, 9)
        for k in range(n)
    ]
    return t.CAUSES.frame(causes), told


def test_stated_causes_count_customers_and_keep_the_statement():
    causes, told = stated(3)
    found = run(told, Network(), LETTERS, causes=causes)
    (edge,) = t.EDGES.rows(found.edges)
    assert (edge.source_id, edge.target_id, edge.kind) == ("a", "b", "influences")
    assert (edge.step, edge.n_customers, edge.strength) == ("stated", 3, 0.5)
    assert edge.lift != edge.lift
    assert edge.is_shown
    assert found.edge_evidence["quote"].tolist() == [f"{k}: b broke because of a" for k in range(3)]
    assert found.edge_evidence["mention_id"].tolist() == [f"c{k}-0-01" for k in range(3)]


def test_one_customer_or_one_touchpoint_states_no_edge():
    causes, told = stated(1)
    assert run(told, Network(), LETTERS, causes=causes).edges.empty
    causes, told = stated(3)
    same = {key: [(j.day(0), ["a", "a"])] for key in told}
    assert run(same, Network(), LETTERS, causes=causes).edges.empty


def test_statements_between_quotes_of_no_touchpoint_are_no_edge():
    causes, told = stated(3)
    elsewhere = causes.assign(cause_mention_id="gone", effect_mention_id=list("xyz"))
    assert run(told, Network(), LETTERS, causes=elsewhere).edges.empty


def test_few_edges_are_drawn_by_default():
    planted = {name: NAMES[(n + 7) % 25] for n, name in enumerate(NAMES)}
    edges = run(j.plant(250, planted, NAMES, 1), Network()).edges
    assert len(edges) > 20
    assert edges["is_shown"].sum() <= 30
    assert edges["strength"].between(0, 1).all()


def decided(*quotes: str) -> list[t.Mention]:
    return [
        j.mention(f"m{n}", f"c{n}", "a", kind="decision", quote=quote)
        for n, quote in enumerate(quotes)
    ]


def moments(mentions: list[t.Mention]) -> list[t.Moment]:
    documents = t.DOCUMENTS.frame(
        j.document(f"d-{c}", c) for c in sorted({m.customer_id for m in mentions})
    )
    found = network(
        documents, t.TURNS.frame(), t.MENTIONS.frame(mentions), t.CAUSES.frame(),
        j.touchpoints(["a"]), Network(),
    )  # fmt: skip
    return t.MOMENTS.rows(found.moments)


def test_moments_count_customers_by_decision():
    (moment,) = moments(decided("We cancelled.", "So we left.", "We renewed.", "Hm."))
    assert moment == t.Moment("a", "leave", "2 customers said here that they would leave", 2, "m0")


def test_moments_ignore_other_kinds_and_single_customers():
    said = decided("We cancelled.", "We cancelled again.")
    assert moments([m for m in said if m.mention_id == "m0"]) == []
    assert moments([j.mention(m.mention_id, m.customer_id, "a", quote=m.quote) for m in said]) == []


@pytest.mark.parametrize(
    ("quote", "choice"),
    [
        ("We decided not to leave.", "stay"),
        ("We will not renew.", "leave"),
        ("I don\u2019t want to renew with you", "leave"),
        ("We renewed for two years", "stay"),
        ("No plans to leave", "stay"),
        ("I left a message and we waited", ""),
        ("we left the company", "leave"),
        ("I was not happy so I cancelled", "leave"),
        ("I couldn't cancel my subscription", ""),
        ("I nearly cancelled that afternoon.", ""),
        ("We would have left", ""),
        ("If we leave, who gets the data?", ""),
        ("We are moving to a competitor", "leave"),
        ("We upgraded to the premium plan", "upgrade"),
        ("We chose not to upgrade", ""),
        ("I asked to speak to a manager", "escalate"),
        ("We did not escalate, we renewed", "stay"),
        ("We were going to leave but stayed", "stay"),
        ("We stayed on hold for an hour", ""),
        ("After the demo we bought ten licences", "buy"),
        ("", ""),
    ],
)
def test_choice_is_read_from_the_words(quote: str, choice: str):
    assert choice_of(quote) == choice


def test_nothing_in_nothing_out():
    found = network(
        t.DOCUMENTS.frame(), t.TURNS.frame(), t.MENTIONS.frame(), t.CAUSES.frame(),
        t.TOUCHPOINTS.frame(), Network(),
    )  # fmt: skip
    assert all(frame.empty for frame in found)


def test_row_order_and_repetition_change_nothing_and_inputs_stay():
    tables = j.write(j.plant(60, {"t00": "t01", "t02": "t03"}, NAMES[:8], 5))
    causes = t.CAUSES.frame([t.Cause("c0000-0-00", "c0000-1-00", "c0000-1-00", "why", 0, 3)])
    inputs = [*tables.values(), causes, j.touchpoints(NAMES[:8])]
    copies = [frame.copy() for frame in inputs]
    first, again = network(*inputs, FEW), network(*map(j.shuffled, inputs), FEW)
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    for frame, copy in zip(inputs, copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


@settings(max_examples=8, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["c1", "c2", "c3", "c4"]),
        st.lists(
            st.tuples(
                st.sampled_from(["", j.day(1), j.day(2), j.day(3)]),
                st.lists(st.sampled_from("abc"), max_size=5),
            ),
            max_size=4,
        ),
    )
)
def test_edges_never_exceed_the_customers_who_can_show_them(told: dict[str, j.Journey]):
    edges = run(told, Network(min_customers=1, min_lift=1, max_false_discovery=0.9), "abc").edges
    met = {
        name: sum(any(name in names for _, names in docs) for docs in told.values())
        for name in "abc"
    }
    for edge in t.EDGES.rows(edges):
        assert edge.source_id != edge.target_id
        assert edge.n_customers <= min(met[edge.source_id], met[edge.target_id])
        assert 0 < edge.n_expected <= len(told)
        assert 0 <= edge.strength <= 1
        assert 0 <= edge.p_value <= edge.q_value <= 1
