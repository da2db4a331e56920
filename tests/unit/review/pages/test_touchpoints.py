"""The list with its filters, the one that is chosen, and the page of one touchpoint."""

import json
from dataclasses import fields, replace
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import tables as t
from pipeline.publish.lookup import look_up
from pipeline.review.pages.touchpoint import build as build_one
from pipeline.review.pages.touchpoint import continued, crowd, showing
from pipeline.review.pages.touchpoints import build, list_touchpoints
from pipeline.review.parts.dossier import dossier
from pipeline.review.parts.filtering import Filters, address, kept, mood_of, read_filters
from pipeline.review.parts.quoted import PAGE, list_quotes
from pipeline.review.parts.states import left_out, states
from pipeline.review.state.earlier import earlier_touchpoints
from pipeline.review.state.view import MissingError
from pipeline.store import write_manifest, write_tables
from pipeline.text import stable_id
from tests.example_run import HOSTILE_NAME, build_empty, build_example, build_tiny
from tests.unit.review.shown import asked, browser, decision, get, talk, view_of

LETTER = stable_id("touchpoint", "Security questionnaire")
PAYROLL = stable_id("touchpoint", "Payroll export")
DEMO = stable_id("touchpoint", "Product demo")
SILENT = stable_id("touchpoint", "Reference request")
FEW = view_of(*talk())


@pytest.fixture(scope="module")
def example():
    return build_example()


@pytest.fixture(scope="module")
def view(example):
    return view_of(*example)


@pytest.fixture(scope="module")
def client(view):
    return browser(view)


def names(view, **filters: str) -> set[str]:
    listed = list_touchpoints(view, Filters(**filters), "")
    return {row.name for group in listed.groups for row in group.rows}


def without(example, *gone: str):
    """The example's tables without some touchpoints, as a merge or a rejection leaves them."""
    tables, manifest = example
    points = tables["touchpoints"]
    left = points[~points["touchpoint_id"].isin(gone)]
    return tables | {"touchpoints": left, "found_touchpoints": points}, manifest


# --- filters


def test_an_address_is_read_back_as_it_was_written():
    filters = Filters(stage="A & B", words="two words", links="all")
    path, _, query = address("/touchpoints", filters, t="x").partition("?")
    assert path == "/touchpoints"
    pairs = dict(part.split("=") for part in query.split("&"))
    assert pairs == {"stage": "A+%26+B", "words": "two+words", "links": "all", "t": "x"}
    assert address("/touchpoints", filters, stage="", words="", links="") == "/touchpoints"


def test_a_filter_is_cut_before_anything_looks_at_it():
    assert len(read_filters({"words": "x" * 10_000}).words) == 200


def test_every_stage_is_listed_in_journey_order(view):
    listed = list_touchpoints(view, Filters(), "")
    assert [g.stage for g in listed.groups][:2] == ["Land", "Onboarding & Implementation"]
    assert listed.groups[-1].stage == "No stage"
    assert listed.n_shown == listed.n_all == 25
    assert listed.map.network.nodes


def test_stage_and_mood_and_words_narrow_the_list(view):
    assert names(view, stage="Land") >= {"Product demo", "Free trial"}
    assert all("clinic" in n.casefold() for n in names(view, stage="Expansion", words="CLINIC"))
    assert "Product demo" in names(view, mood="positive")
    assert "Payroll export" not in names(view, mood="positive")
    assert "Help centre" in names(view, mood="too_few")
    assert names(view, stage="-") == {
        "A complaint about the very long name of a touchpoint that somebody once pasted into it"
    }
    assert names(view, stage="no such stage") == set()


def test_words_find_a_touchpoint_by_its_other_names_and_its_pain(view):
    assert "Payroll export" in names(view, words="the payroll thing")
    assert names(view, words="payroll thing nowhere") == set()


def test_a_filter_on_quotes_counts_the_customers_behind_them(view):
    listed = list_touchpoints(view, Filters(source="call", segment="small"), "")
    row = next(r for g in listed.groups for r in g.rows if r.touchpoint_id == PAYROLL)
    mentions = view.lookup.mentions_at[PAYROLL]
    own = kept(view.lookup, Filters(source="call", segment="small"), mentions)
    assert 0 < len(own) < len(mentions)
    assert row.customers == f"{len({m.customer_id for m in own})} of 63"


def test_a_filter_on_quotes_says_what_it_leaves_as_it_is(client):
    told = "scores, ranks and links are those of all customers"
    assert told in get(client, "/touchpoints?source=call").text
    assert told not in get(client, "/touchpoints?mood=negative").text


def test_shares_of_all_customers_are_not_shown_beside_some(view):
    for filters in (Filters(), Filters(source="call")):
        rows = [r for g in list_touchpoints(view, filters, "").groups for r in g.rows]
        assert any(r.share for r in rows) != filters.is_about_quotes


def test_what_is_no_day_is_no_filter():
    read = read_filters({"since": "abc", "until": "2026-07-31"})
    assert (read.since, read.until) == ("", "2026-07-31")
    assert read_filters({"since": "2026-07-3１"}).since == ""


def test_one_that_was_added_says_so_and_leads_to_what_may_belong_to_it(example):
    view = view_of(*example, (decision("add", SILENT),))
    assert states(view)[SILENT].label == "added by Ana"
    page = get(browser(view), f"/touchpoints/{SILENT}")
    led = [h for h in page.all("href") if h.startswith("/search?by=meaning&q=")]
    assert any(h.endswith(f"&into={SILENT}") for h in led)
    assert SILENT not in "".join(get(browser(view), f"/touchpoints/{PAYROLL}").all("href"))


def test_a_period_keeps_only_what_is_dated_within(view):
    mentions = view.lookup.mentions_at[PAYROLL]
    own = kept(view.lookup, Filters(since="2026-08-01", until="2026-08-31"), mentions)
    days = [view.lookup.documents[m.document_id].occurred_at[:10] for m in own]
    assert days
    assert all("2026-08-01" <= day <= "2026-08-31" for day in days)


@pytest.mark.parametrize(
    ("value", "mood"),
    [(-0.6, "negative"), (0.01, "neutral"), (0.3, "positive"), (float("nan"), "too_few")],
)
def test_mood_in_words(value, mood):
    assert mood_of(value) == mood


def test_the_map_dims_what_the_filters_leave_out_and_outlines_the_chosen(view):
    drawn = list_touchpoints(view, Filters(stage="Land"), DEMO).map
    classes = {p.node.box.touchpoint_id: p.classes.split() for p in drawn.places}
    assert "selected" in classes[DEMO]
    assert "unmatched" in classes[PAYROLL]
    assert "unmatched" not in classes[LETTER]


def test_the_box_of_a_touchpoint_keeps_the_filters(view):
    drawn = list_touchpoints(view, Filters(mood="negative"), "").map
    href = next(p.href for p in drawn.places if p.node.box.touchpoint_id == DEMO)
    assert href == f"/touchpoints?mood=negative&t={DEMO}"


@given(
    query=st.dictionaries(
        st.sampled_from([field.name for field in fields(Filters)] + ["t"]), st.text(max_size=20)
    )
)
def test_whatever_an_address_asks_is_shown(query):
    assert build(asked(FEW, query))["listed"]
    assert build_one(asked(FEW, query, touchpoint_id="p1"))["quotes"]


# --- what reviewers made of it


def test_the_last_decision_tells_the_state(example):
    rows = (
        decision("accept", PAYROLL, 1),
        decision("rename", PAYROLL, 2, argument='{"name": "Pay file"}', who="Ben"),
        decision("accept", DEMO, 3),
        decision("rename", LETTER, 4, argument='{"name": "X"}', state="undone"),
    )
    found = states(view_of(*example, rows))
    assert found[PAYROLL].label == "changed by Ben"
    assert found[DEMO].label == "accepted by Ana"
    assert LETTER not in found


def test_both_halves_of_a_split_are_changed(example):
    argument = json.dumps({"touchpoint_id": DEMO, "name": "N", "quotes": ["m"]})
    found = states(view_of(*example, (decision("split", PAYROLL, argument=argument),)))
    assert found[PAYROLL].kind == found[DEMO].kind == "changed"


def test_what_was_merged_or_rejected_is_found_under_its_own_filter_with_its_undo(example):
    tables = without(example, LETTER, DEMO)
    rows = (
        decision("merge", LETTER, 1, argument=json.dumps({"into": PAYROLL})),
        decision("reject", DEMO, 2, reason="not ours"),
    )
    view = view_of(*tables, rows)
    out = left_out(view)
    assert [(o.name, o.state.kind) for o in out] == [
        ("Product demo", "rejected"),
        ("Security questionnaire", "merged"),
    ]
    assert list_touchpoints(view, Filters(), "").n_out == 2
    assert list_touchpoints(view, Filters(), "").out == ()
    page = get(browser(view), "/touchpoints?state=left_out")
    undo = page.form("undo", rows[1].decision_id)
    assert undo["next"] == ["/touchpoints?state=left_out"]
    assert "not ours" in page.text


def test_one_that_was_rejected_keeps_its_page_with_a_way_back(example):
    rows = (decision("reject", DEMO, reason="not ours"),)
    client = browser(view_of(*without(example, DEMO), rows))
    page = get(client, f"/touchpoints/{DEMO}")
    assert page.form("undo", rows[0].decision_id)
    assert "Bring it back" in page.text
    assert "Bring it back" in get(client, f"/touchpoints?t={DEMO}").text
    get(client, "/touchpoints/nosuchthing", 404)


def test_what_was_found_of_one_that_was_rejected_can_be_read_before_it_is_brought_back(example):
    rows = (decision("reject", DEMO, reason="not ours"),)
    tables, manifest = without(example, DEMO)
    mentions = tables["mentions"]
    gone = mentions["touchpoint_id"] == DEMO
    reviewed = tables | {"mentions": mentions[~gone], "found_mentions": mentions}
    page = get(browser(view_of(reviewed, manifest, rows)), f"/touchpoints/{DEMO}")
    found = dict(zip(mentions["mention_id"], mentions["quote"], strict=True))
    led = [href.removeprefix("/quotes/") for href in page.all("href") if "/quotes/" in href]
    assert set(led) <= set(mentions[gone]["mention_id"])
    assert {escape(found[key]) for key in led} == {escape(q) for q in mentions[gone]["quote"]}
    assert all(escape(found[key]) in page.html for key in led)


def test_undoing_the_rejection_needs_no_second_look(example):
    rows = (decision("reject", DEMO, state="undone"),)
    assert left_out(view_of(*example, rows)) == ()


# --- where a field comes from


def marks(view, key: str) -> dict[str, str]:
    found = dossier(view, key, {})
    return {f.name: f"{f.mark.kind} {f.mark.told}" for f in found.facts if f.mark}


def test_fields_of_the_catalogue_are_asserted_and_of_the_engine_inferred(view):
    assert marks(view, PAYROLL)["definition"] == "asserted in the catalogue"
    assert marks(view, LETTER)["name"] == "inferred by the engine from 24 quotes"
    assert "owner" not in marks(view, LETTER)


def test_what_a_reviewer_says_is_marked_with_who_and_when(example):
    rows = (
        decision("rename", LETTER, 1, argument='{"name": "N"}', who="Ben"),
        decision("own", LETTER, 2, argument='{"owner": "Ops"}', who="Cy"),
        decision("score", PAYROLL, 3, argument='{"dimension": "emotion", "value": 0.2}', who="Di"),
    )
    view = view_of(*example, rows)
    assert marks(view, LETTER)["name"] == "asserted by Ben, 1 Oct 2026"
    lines = {line.measure.dimension: line for line in dossier(view, PAYROLL, {}).scores}
    assert lines["emotion"].mark
    assert lines["emotion"].mark.told == "by Di, 1 Oct 2026"
    assert lines["function"].mark
    assert lines["function"].mark.kind == "evidenced"
    assert dossier(view, SILENT, {}).scores[0].mark is None


def test_a_touchpoint_made_by_a_reviewer_says_by_whom():
    rows = (decision("add", "p3", argument='{"name": "Chat"}', who="Ben"),)
    assert marks(view_of(*talk(), rows), "p3")["name"] == "asserted by Ben, 1 Oct 2026"
    assert marks(view_of(*talk()), "p3")["name"] == "asserted by a reviewer"


def test_an_alias_is_evidenced_by_the_quotes_that_use_it():
    tables, manifest = talk()
    tables["aliases"] = t.ALIASES.frame(
        [t.Alias("p3", "slow"), t.Alias("p3", "window"), t.Alias("p1", "rang")]
    )
    tables["catalogue_phrases"] = t.CATALOGUE_PHRASES.frame(
        [t.CataloguePhrase("p1", "alias", "rang")]
    )
    view = view_of(tables, manifest)
    found = {a.value: a.mark for key in ("p1", "p3") for a in dossier(view, key, {}).aliases}
    assert (found["slow"].kind, found["slow"].told) == ("evidenced", "2 quotes")
    assert found["window"].kind == "inferred"
    assert found["rang"].kind == "asserted"


# --- the quotes of one touchpoint


def test_quotes_come_a_page_at_a_time_and_none_twice(view):
    seen: list[str] = []
    for number in ("", "2", "3"):
        page = list_quotes(view, PAYROLL, Filters(page=number), "/x")
        seen += [item.quote.mention_id for item in page.items]
    assert page.n_pages == 3
    assert len(seen) == len(set(seen)) == page.n_all == 63
    assert list_quotes(view, PAYROLL, Filters(page="99"), "/x").number == 3
    assert list_quotes(view, PAYROLL, Filters(page="x"), "/x").number == 1
    assert len(list_quotes(view, PAYROLL, Filters(), "/x").items) == PAGE


def test_quotes_can_be_narrowed_and_put_in_order(view):
    pains = list_quotes(view, PAYROLL, Filters(kind="pain", sort="old"), "/x")
    assert {item.quote.kind for item in pains.items} == {"pain"}
    stamps = [
        view.lookup.documents[view.lookup.mentions[i.quote.mention_id].document_id].occurred_at
        for i in pains.items
    ]
    assert stamps == sorted(stamps)
    assert "kind=pain" in pains.later
    assert list_quotes(view, PAYROLL, Filters(words="forty lines"), "/x").n_fitting < 63


def test_a_flagged_quote_says_why_and_where_it_may_belong():
    tables, manifest = talk()
    tables["flags"] = t.FLAGS.frame([t.Flag("m1", "d", "p3", "like_split")])
    view = view_of(tables, manifest)
    (item,) = list_quotes(view, "p1", Filters(kind="flagged"), "/x").items
    assert item.doubt
    assert (item.doubt.touchpoint, item.doubt.why) == ("Chat", "more like what was split off")
    page = get(browser(view), "/touchpoints")
    assert "1 quote to look at" in page.text


def test_ticked_quotes_are_sent_with_what_was_seen_of_each(example):
    quote = view_of(*example).lookup.mentions_at[PAYROLL][0].mention_id
    rows = (decision("keep", quote),)
    page = get(browser(view_of(*example, rows)), f"/touchpoints/{PAYROLL}?sort=doubt&page=1")
    form = page.form("split")
    assert form["target_id"] == [PAYROLL]
    assert len(form["quotes"]) == 30
    assert set(form["action"]) == {"keep", "reassign", "split", "discard"}
    assert all(value.count(":") == 1 for value in form["seen"])
    pages = [
        get(browser(view_of(*example, rows)), f"/touchpoints/{PAYROLL}?page={n}") for n in (1, 2, 3)
    ]
    assert any(f"{quote}:{rows[0].decision_id}" in p.form("split")["seen"] for p in pages)


def test_enter_in_a_field_of_many_buttons_presses_none(client):
    for path, name in ((f"/touchpoints/{PAYROLL}", "quoted"), ("/touchpoints", "ticked")):
        form = get(client, path).html.split(f'id="{name}"')[1].split("</form>")[0]
        assert form.count('name="action"') > 1
        first = form[form.index("<button") :].split(">")[0]
        assert "disabled" in first


# --- the page of one touchpoint


def test_who_speaks_of_it_is_counted_in_customers():
    found = crowd(view_of(*talk()), "p3")
    assert found.customers == (("C1", 1),)
    assert found.n_anonymous == 1
    assert {kind: n for kind, _, n, _ in found.sources} == {"survey": 1, "review": 1}


def test_a_form_for_every_kind_of_decision_about_a_touchpoint(client):
    page = get(client, f"/touchpoints/{PAYROLL}")
    for action in [
        "accept",
        "rename",
        "redefine",
        "move",
        "own",
        "merge",
        "reject",
        "score",
        "effort",
        "mark",
        "split",
        "reassign",
        "keep",
        "discard",
        "rename_pain",
        "merge_pain",
        "accept_hypothesis",
        "edit_hypothesis",
        "drop_hypothesis",
        "confirm",
        "hide",
    ]:
        assert page.form(action)["csrf"], action
    assert [f for f in page.forms if f["at"].get("action") == f"/hypotheses/{PAYROLL}"]


def test_stale_hypotheses_say_so(example):
    page = get(browser(view_of(*example, stale=frozenset({PAYROLL}))), f"/touchpoints/{PAYROLL}")
    assert "written before the last decisions" in page.text
    listed = get(browser(view_of(*example, stale=frozenset({PAYROLL}))), "/touchpoints")
    assert "stale proposals" in listed.text


def test_the_history_of_a_touchpoint_can_be_undone_from_its_page(example):
    rows = (
        decision("rename", PAYROLL, 1, argument='{"name": "Pay"}', before='{"name": "Payroll"}'),
        decision("accept", DEMO, 2),
    )
    page = get(browser(view_of(*example, rows)), f"/touchpoints/{PAYROLL}")
    assert page.form("undo", rows[0].decision_id)["seen"]
    assert f'value="{rows[1].decision_id}"' not in page.html.split('id="history"')[1]


def test_one_nobody_speaks_of_has_a_page_too(client):
    text = get(client, f"/touchpoints/{SILENT}").text
    assert "No customer spoke of it in this period." in text
    assert "No link of this run begins or ends here." in text


def test_one_that_is_not_there_is_missing(view):
    with pytest.raises(MissingError):
        build_one(asked(view, touchpoint_id="nothing"))


def test_touchpoints_of_the_period_before_can_be_gone_on_with(example, tmp_path):
    tables, manifest = example
    for period, start, end in (
        ("2026Q2", "2026-04-01", "2026-06-30"), ("2026Q3", "2026-07-01", "2026-09-30")
    ):  # fmt: skip
        folder = tmp_path / period
        folder.mkdir()
        write_tables(folder / "tables", tables)
        write_manifest(
            folder, manifest.model_copy(update={"period": period, "start": start, "end": end})
        )
    now = manifest.model_copy(update={"start": "2026-07-01", "previous": "2026Q2"})
    found = earlier_touchpoints(tmp_path / "2026Q3", now)
    assert (DEMO, "Product demo") in found
    assert SILENT not in dict(found)
    alone = now.model_copy(update={"previous": ""})
    assert earlier_touchpoints(tmp_path / "2026Q3", alone) == ()


def test_what_another_goes_on_with_says_so_and_nothing_is_chosen_beforehand(example):
    tables, manifest = example
    before = (("gone", "Old letter"), (DEMO, "Product demo"), (PAYROLL, "Pay file"))
    view = view_of(tables, manifest.model_copy(update={"previous": "2026Q2"}))
    view = replace(view, earlier=before)
    choices = continued(view, PAYROLL).choices
    assert choices == (
        ("", "choose a touchpoint"), ("gone", "Old letter"), (PAYROLL, "Pay file"),
        (DEMO, "Product demo (goes on as Product demo)"),
    )  # fmt: skip
    page = get(browser(view), f"/touchpoints/{PAYROLL}")
    [field] = [at for tag, at in page.tags if at.get("name") == "earlier_id"]
    assert "required" in field
    at = page.html.index('name="earlier_id"')
    assert "selected" in page.html[at:].split("</option>")[0]
    assert "selected" not in page.html[at:].split("</option>", 1)[1].split("</select>")[0]


def test_a_score_that_a_reviewer_set_is_told_beside_the_change_it_is_not_in(example):
    tables, manifest = example
    changed = next(c for c in t.CHANGES.rows(tables["changes"]) if c.dimension == "emotion")
    key = changed.touchpoint_id
    argument = '{"dimension": "emotion", "value": 0.9}'
    rows = (decision("score", key, argument=argument, who="Di"),)
    scores = tables["scores"]
    own = (scores["touchpoint_id"] == key) & (scores["dimension"] == "emotion")
    known = tables | {"scores": scores.assign(value=scores["value"].mask(own, 0.9))}
    manifest = manifest.model_copy(update={"previous": "2026Q2"})
    told = "Di set +0.90; compared are customers’ own figures"
    assert told in get(browser(view_of(known, manifest, rows)), f"/touchpoints/{key}").text
    assert "customers’ own figures" not in get(
        browser(view_of(tables, manifest)), f"/touchpoints/{key}"
    ).text  # fmt: skip


def test_the_map_is_below_the_list_where_something_was_asked_for(client):
    def places(path: str) -> set[str]:
        found = next(c for c in get(client, path).all("class") if c.startswith("workbench"))
        return set(found.split())

    assert places("/touchpoints") == {"workbench"}
    assert places("/touchpoints?mood=negative") == {"workbench", "narrowed"}
    assert places(f"/touchpoints?mood=negative&t={PAYROLL}") == {"workbench", "with-chosen"}


def test_a_moment_is_marked_by_a_quote_that_shows_it(client, view):
    page = get(client, f"/touchpoints/{PAYROLL}")
    [field] = [at for tag, at in page.tags if tag == "select" and at.get("name") == "mention_id"]
    assert "required" in field
    own = {m.mention_id for m in view.lookup.mentions_at[PAYROLL]}
    offered = dict(showing(view, PAYROLL))
    assert offered.keys() <= own
    kinds = [view.lookup.mentions[key].kind == "decision" for key in offered]
    assert kinds == sorted(kinds, reverse=True)
    assert showing(view, SILENT) == ()
    assert "Mark a moment" not in get(client, f"/touchpoints/{SILENT}").text


def test_one_that_decisions_brought_among_those_to_fix_says_so(example):
    tables, manifest = example
    bets = tables["hypotheses"]
    bare = tables | {"hypotheses": bets[bets["touchpoint_id"] != PAYROLL]}
    chosen = look_up(bare).priorities[PAYROLL].is_chosen
    assert chosen
    page = get(browser(view_of(bare, manifest)), f"/touchpoints/{PAYROLL}")
    assert "brought it among those to fix first" in page.text
    assert "it is not among those to fix first" not in page.text


def test_a_damaged_period_before_offers_nothing(example, tmp_path):
    tables = tmp_path / "2026Q2" / "tables"
    tables.mkdir(parents=True)
    (tables / "touchpoints.parquet").write_bytes(b"not a table")
    before = {"period": "2026Q2", "start": "2026-04-01", "end": "2026-06-30"}
    write_manifest(tables.parent, example[1].model_copy(update=before))
    now = example[1].model_copy(update={"start": "2026-07-01", "previous": "2026Q2"})
    assert earlier_touchpoints(tmp_path / "2026Q3", now) == ()


# --- every page as such


@pytest.mark.parametrize(
    "path",
    [
        "/touchpoints", f"/touchpoints?t={PAYROLL}", "/touchpoints?state=left_out", "/search",
        f"/touchpoints/{PAYROLL}", f"/touchpoints/{LETTER}", "/search?q=wrong", "quote", "link",
    ],
)  # fmt: skip
def test_pages_are_sound(client, view, path):
    path = {
        "quote": f"/quotes/{view.lookup.mentions_at[PAYROLL][3].mention_id}",
        "link": f"/links/{view.lookup.edges[0].edge_id}",
    }.get(path, path)
    page = get(client, path)
    ids = page.all("id")
    assert len(ids) == len(set(ids)), [i for i in ids if ids.count(i) > 1]
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert page.unnamed == []
    assert not any(name == "style" or name.startswith("on") for _, at in page.tags for name in at)
    assert "<style" not in page.html
    for form in page.forms:
        if form["at"].get("method") == "post":
            assert "csrf" in dict(form["fields"])
    targets = {h[1:] for h in page.all("href") if h.startswith("#")}
    assert targets <= set(ids)


def test_every_link_of_the_list_leads_somewhere(client):
    page = get(client, f"/touchpoints?t={PAYROLL}")
    paths = {
        h.split("#")[0] for h in page.all("href") if h.startswith(("/touch", "/quo", "/links"))
    }
    assert len(paths) > 40
    for path in sorted(paths)[::6]:
        get(client, path.replace("&amp;", "&"))


def test_what_customers_and_files_say_is_never_markup(client, view):
    for path in ("/touchpoints", f"/touchpoints/{stable_id('touchpoint', HOSTILE_NAME)}"):
        html = get(client, path).html
        assert HOSTILE_NAME not in html
        assert escape(HOSTILE_NAME) in html


@pytest.mark.parametrize("build", [build_tiny, build_empty])
def test_a_run_of_little_or_nothing_has_its_pages(build):
    view = view_of(*build())
    client = browser(view)
    listed = get(client, "/touchpoints").all("href")
    empty = get(client, "/touchpoints?mood=negative&segment=x&since=2026-01-01")
    assert "No touchpoint meets these filters." in empty.text
    for key, point in view.lookup.touchpoints.items():
        assert f"/touchpoints?t={key}" in listed
        assert escape(point.name) in get(client, f"/touchpoints/{key}").html
