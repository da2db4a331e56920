"""Every kind of decision as a person makes it: where, with which fields, and by what one sees that
it was made."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from playwright.sync_api import Locator, Page

from pipeline.publish.lookup import Lookup
from pipeline.review.pages.touchpoint import showing
from pipeline.review.state.view import View
from tests.browser.reviewing import Reviewer

NEW_NAME = "Wording nobody uses yet"
_STANDS = ".history li:not(.undone)"
"""A decision about the page's own subject that holds."""


class Deed(NamedTuple):
    """One decision to make."""

    do: Callable[[Reviewer], object]
    """Makes it, from opening the page to sending the form."""
    sign: Callable[[Page], Locator]
    """What is there once it is made, and not before; of the page at `place`."""
    place: str
    """Path of a page that shows it."""
    argument: Mapping[str, str] = {}
    """What the log is to hold of its argument, as text."""
    is_gone: bool = False
    """The sign is what goes away instead."""


class Facts:
    """Rows of the run that are good to decide about."""

    def __init__(self, view: View) -> None:
        self.lookup: Lookup = view.lookup
        named = {p.name: key for key, p in self.lookup.touchpoints.items()}
        self.export = named["Payroll export"]
        self.chat = named["Live chat support"]
        self.trial = named["Free trial"]
        self.demo = named["Product demo"]
        self.renewal = named["Renewal conversation"]
        # Most deeds are about the payroll export; two pain points to merge may stand elsewhere.
        by_touchpoint = self.lookup.pains_at
        self.pained = max(by_touchpoint, key=lambda key: (len(by_touchpoint[key]), key))
        self.pains = [p.pain_point_id for p in by_touchpoint[self.pained]]
        self.bets = [h.hypothesis_id for h in self.lookup.hypotheses_at[self.export]]
        self.quotes = [m.mention_id for m in self.lookup.mentions_at[self.chat]]
        self.telling = showing(view, self.trial)[0][0]
        ends = {self.trial, self.demo}
        self.edge = next(
            e for e in self.lookup.edges if not {e.source_id, e.target_id} & ends and e.is_shown
        )
        self.moment = next(
            m.decision for m in self.lookup.moments if m.touchpoint_id == self.renewal
        )


def _at(key: str) -> str:
    return f"/touchpoints/{key}"


def _simple(
    facts: Facts, action: str, fields: Mapping[str, str], css: str, text: str, key: str = ""
) -> Deed:
    """Return a deed about one touchpoint, done and seen on its own page."""
    target = key or facts.export

    def do(reviewer: Reviewer) -> None:
        reviewer.go(_at(target))
        reviewer.send(reviewer.fill(reviewer.about(action, target), **fields))

    argument = {name: value for name, value in fields.items() if name != "reason"}
    return Deed(do, lambda page: page.locator(css, has_text=text), _at(target), argument)


def _of_touchpoint(facts: Facts) -> dict[str, Deed]:
    return {
        "accept": _simple(facts, "accept", {}, ".hero", "accepted by Ana"),
        "rename": _simple(facts, "rename", {"name": NEW_NAME}, "h1", NEW_NAME),
        "redefine": _simple(
            facts, "redefine", {"definition": "Only the file, never the bureau."}, ".hero",
            "Only the file, never the bureau.",
        ),
        "move": _simple(facts, "move", {"stage": "Renewal"}, ".hero", "› Renewal"),
        "own": _simple(
            facts, "own", {"owner": "Payroll crew", "backup": "Night desk"}, ".factlist",
            "Payroll crew",
        ),
        "score": _simple(
            facts, "score", {"dimension": "function", "value": "0.31", "reason": "measured"},
            ".scoretable tr", "31 %",
        ),
        "effort": _simple(
            facts, "effort", {"effort": "4.5", "reason": "frozen"}, _STANDS, "frozen"
        ),
        "unlink": _simple(facts, "unlink", {}, "#before", "said that it is new"),
        "mark": _simple(
            facts, "mark", {"decision": "upgrade", "mention_id": facts.telling}, "#moments .tag",
            "upgrade", key=facts.trial,
        ),
    }  # fmt: skip


def _link(facts: Facts) -> Deed:
    """Return the deed of going on with what another touchpoint went on with until then."""
    path = _at(facts.demo)

    def do(reviewer: Reviewer) -> None:
        reviewer.decide("unlink", facts.trial)
        reviewer.go(path)
        reviewer.send(reviewer.fill(reviewer.about("link", facts.demo), earlier_id=facts.trial))

    return Deed(
        do, lambda page: page.locator("#before", has_text="goes on with Free trial"), path,
        {"earlier_id": facts.trial},
    )  # fmt: skip


def _that_take_away(facts: Facts) -> dict[str, Deed]:
    out = "/touchpoints?state=left_out"

    def merge(reviewer: Reviewer) -> None:
        reviewer.go(_at(facts.demo))
        reviewer.send(reviewer.fill(reviewer.about("merge", facts.demo), into=facts.trial))

    def reject(reviewer: Reviewer) -> None:
        reviewer.go(_at(facts.demo))
        reviewer.send(reviewer.fill(reviewer.about("reject", facts.demo), reason="not ours"))

    def unmark(reviewer: Reviewer) -> None:
        reviewer.go(_at(facts.renewal))
        reviewer.send(reviewer.form("unmark", target_id=facts.renewal, decision=facts.moment))

    return {
        "merge": Deed(
            merge, lambda p: p.locator(f"#t-{facts.demo}", has_text="merged"), out,
            {"into": facts.trial},
        ),
        "reject": Deed(reject, lambda p: p.locator(f"#t-{facts.demo}", has_text="not ours"), out),
        "unmark": Deed(
            unmark,
            lambda p: p.locator("#moments .tag", has_text=re.compile(rf"^{facts.moment}$")),
            _at(facts.renewal), {"decision": facts.moment}, is_gone=True,
        ),
    }  # fmt: skip


def _that_make(facts: Facts) -> dict[str, Deed]:
    def split(reviewer: Reviewer) -> None:
        page = reviewer.go(_at(facts.chat))
        form = page.locator("#quoted")
        for box in form.locator('[name="quotes"]').all()[:2]:
            box.check()
        reviewer.send(reviewer.fill(form, name=NEW_NAME), "split")

    def add(reviewer: Reviewer) -> None:
        reviewer.go("/touchpoints")
        form = reviewer.form("add")
        reviewer.fill(form, name=NEW_NAME, definition="Made by hand.", stage="Land")
        reviewer.send(reviewer.fill(form, like="The counter form was lost"))

    def entry(page: Page) -> Locator:
        return page.locator("table.glossary tr", has_text=NEW_NAME)

    return {
        "split": Deed(split, entry, "/glossary", {"name": NEW_NAME}),
        "add": Deed(
            add, entry, "/glossary",
            {"name": NEW_NAME, "stage": "Land", "like": "['The counter form was lost']"},
        ),
    }  # fmt: skip


def _of_link(facts: Facts, action: str, state: str) -> Deed:
    edge, path = facts.edge, f"/links/{facts.edge.edge_id}"

    def do(reviewer: Reviewer) -> None:
        reviewer.go(path)
        reviewer.send(reviewer.about(action, edge.edge_id))

    ends = {"source_id": edge.source_id, "target_id": edge.target_id, "kind": edge.kind}
    return Deed(do, lambda page: page.locator(".hero .tag", has_text=state), path, ends)


def _of_quote(facts: Facts, action: str, text: str, **fields: str) -> Deed:
    mention = facts.lookup.mentions[facts.quotes[0]]
    path = f"/quotes/{mention.mention_id}"

    def do(reviewer: Reviewer) -> None:
        reviewer.go(path)
        form = reviewer.about(action, mention.mention_id)
        reviewer.send(reviewer.fill(form, **fields))

    place = {"turn_id": mention.turn_id, "start": str(mention.start), "end": str(mention.end)}
    argument = place | {k: v for k, v in fields.items() if k != "reason"}
    return Deed(do, lambda page: page.locator(_STANDS, has_text=f"Ana {text}"), path, argument)


def _of_pain(facts: Facts) -> dict[str, Deed]:
    first, second = facts.pains[0], facts.pains[1]
    path = _at(facts.pained)

    def rename(reviewer: Reviewer) -> None:
        reviewer.go(path)
        reviewer.send(reviewer.fill(reviewer.about("rename_pain", first), name=NEW_NAME))

    def merge(reviewer: Reviewer) -> None:
        reviewer.go(path)
        reviewer.send(reviewer.fill(reviewer.about("merge_pain", second), into=first))

    return {
        "rename_pain": Deed(
            rename, lambda p: p.locator(f"#p-{first}", has_text=NEW_NAME), path, {"name": NEW_NAME}
        ),
        "merge_pain": Deed(
            merge, lambda p: p.locator(f"#p-{second}"), path, {"into": first}, is_gone=True
        ),
    }


def _of_bet(facts: Facts, action: str, text: str, **fields: str) -> Deed:
    bet, path = facts.bets[0], _at(facts.export)
    css = "> p" if fields.get("change") else "h3 .tag"

    def do(reviewer: Reviewer) -> None:
        reviewer.go(path)
        reviewer.send(reviewer.fill(reviewer.about(action, bet), **fields))

    argument = {k: v for k, v in fields.items() if k != "reason"}
    return Deed(do, lambda page: page.locator(f"#h-{bet} {css}", has_text=text), path, argument)


def _all(facts: Facts) -> dict[str, Deed]:
    return {
        **_of_touchpoint(facts),
        "link": _link(facts),
        **_that_take_away(facts),
        **_that_make(facts),
        "confirm": _of_link(facts, "confirm", "confirmed"),
        "hide": _of_link(facts, "hide", "hidden"),
        "keep": _of_quote(facts, "keep", "kept"),
        "reassign": _of_quote(facts, "reassign", "moved", touchpoint_id=facts.trial),
        "discard": _of_quote(facts, "discard", "discarded", reason="a joke"),
        **_of_pain(facts),
        "accept_hypothesis": _of_bet(facts, "accept_hypothesis", "accepted"),
        "edit_hypothesis": _of_bet(
            facts, "edit_hypothesis", "Check totals", change="Check totals before export."
        ),
        "drop_hypothesis": _of_bet(facts, "drop_hypothesis", "dropped", reason="tried"),
    }


_ACTIONS = (
    "accept", "rename", "redefine", "move", "own", "score", "effort", "link", "unlink", "mark",
    "merge", "reject", "unmark", "split", "add", "confirm", "hide", "keep", "reassign", "discard",
    "rename_pain", "merge_pain", "accept_hypothesis", "edit_hypothesis", "drop_hypothesis",
)  # fmt: skip
DEEDS: Mapping[str, Callable[[Facts], Deed]] = {
    action: lambda facts, action=action: _all(facts)[action] for action in _ACTIONS
}
"""A deed for each action; dismiss, settle and undo need more before them than a run."""
