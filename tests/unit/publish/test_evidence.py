from dataclasses import replace

from pipeline.publish.evidence import (
    link_evidence,
    measures,
    pains_apart,
    quote,
    telling,
    touchpoint_evidence,
    typical,
)
from pipeline.publish.lookup import look_up
from tests.unit.stages import journeys as j


def found(lookup, name, n_quotes=12):
    everything = touchpoint_evidence(lookup, link_evidence(lookup), n_quotes)
    return next(e for e in everything if e.name == name)


def test_every_quote_names_customer_date_and_source(lookup):
    for q in found(lookup, "Payroll export").quotes:
        assert q.customer.startswith("Clinic")
        assert q.place.startswith("sources/")
        assert q.source
        assert q.day
        assert q.speaker


def test_number_of_quotes_keeps_to_the_setting(lookup):
    evidence = found(lookup, "Payroll export", n_quotes=3)
    assert len(evidence.quotes) == 3
    assert evidence.n_quotes == 63


def test_complaints_in_no_pain_point_are_counted(lookup):
    name = "Payroll export"
    key = next(key for key, row in lookup.touchpoints.items() if row.name == name)
    mentions = lookup.mentions_at[key]
    hurt = [m for m in mentions if m.kind == "pain"]
    loose = [replace(m, pain_point_id="") for m in mentions]
    assert len(pains_apart(loose)) >= len(hurt) > 0
    assert pains_apart(replace(m, pain_point_id="p") for m in mentions) == []
    assert found(lookup, name).n_pains_apart == len(pains_apart(mentions))


def test_too_few_customers_show_a_word_and_no_number(lookup):
    for measure in found(lookup, "Help centre").measures:
        assert measure.amount == ""
        assert measure.interval == ""
        assert measure.label == "too few"


def test_score_that_was_never_computed_counts_as_too_few(lookup):
    assert {m.label for m in measures(lookup, "nobody")} == {"too few"}


def test_links_stand_at_both_their_ends(lookup):
    evidence = found(lookup, "Staff data import")
    assert "Kickoff call" in {link.source for link in evidence.incoming}
    assert "Payroll export" in {link.target for link in evidence.outgoing}


def test_stated_cause_shows_no_lift(lookup):
    stated = [link for link in link_evidence(lookup) if link.kind == "influences"]
    assert stated
    assert all("stated by customers" in link.facts for link in stated)
    assert not any("lift" in fact for link in stated for fact in link.facts)


def test_telling_quotes_let_each_customer_speak_first(example):
    lookup = look_up(example[0])
    mentions = list(lookup.mentions.values())
    best = telling(mentions, 7)
    assert len({m.quote for m in best}) == 7
    assert telling(mentions[::-1], 7) == best


def test_typical_quotes_are_the_surest_one_a_customer_and_no_text_twice():
    said = [
        ("m1", "ann", "The car park was full.", 0.9), ("m2", "ann", "Full car park.", 0.8),
        ("m3", "bob", "the car park was FULL.", 0.7), ("m4", "bob", "No space to park.", 0.6),
        ("m6", "eve", "The car park!", 0.5), ("m5", "dan", "A tight car park.", 0.5),
    ]  # fmt: skip
    mentions = [j.mention(i, who, "tp", quote=text, confidence=p) for i, who, text, p in said]
    assert [m.mention_id for m in typical(mentions, 3)] == ["m1", "m4", "m5"]
    assert typical(mentions[::-1], 3) == typical(mentions, 3)
    assert typical([], 3) == []


def test_a_fragment_is_typical_only_where_nothing_longer_is():
    said = [
        ("m1", "ann", "Them car parks", 0.9),
        ("m2", "bob", "The car park was full again.", 0.4),
    ]
    mentions = [j.mention(i, who, "tp", quote=text, confidence=p) for i, who, text, p in said]
    assert [m.mention_id for m in typical(mentions, 3)] == ["m2", "m1"]


def test_only_a_discovered_touchpoint_shows_typical_quotes(lookup):
    everything = touchpoint_evidence(lookup, link_evidence(lookup), 12)
    shown = {e.origin: [len(x.typical) for x in everything if x.origin == e.origin]
             for e in everything}  # fmt: skip
    assert set(shown["catalogue"]) == {0}
    assert max(shown["discovered"]) == 3


def test_quote_of_an_unknown_mention_is_left_out(lookup):
    assert quote(lookup, "nothing") is None


def test_anonymous_customer_is_not_named(example):
    tables = dict(example[0])
    tables["documents"] = tables["documents"].assign(is_anonymous=True)
    lookup = look_up(tables)
    assert quote(lookup, next(iter(lookup.mentions))).customer == "unnamed customer"


def test_mention_without_a_document_still_shows_its_words(example):
    tables = {k: v for k, v in example[0].items() if k not in ("documents", "turns")}
    lookup = look_up(tables)
    shown = quote(lookup, next(iter(lookup.mentions)))
    assert shown.text
    assert shown.day == "undated"
