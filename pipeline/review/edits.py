"""An edit of a hypothesis says only what it changes: its form sends every part, and two reviewers who
reword different parts must not undo each other's words."""

from pipeline.decisions.actions import Wording
from pipeline.decisions.history import ordered, standing, told
from pipeline.decisions.lines import clean
from pipeline.review.forms import Form, seen_of
from pipeline.review.page import View
from pipeline.tables import HYPOTHESES

EDIT = "edit_hypothesis"
_PARTS = tuple(Wording.model_fields)


def only_changed(form: Form, view: View) -> Form:
    """Return a form without the parts that stand as its page showed them.

    What is shown was decided up to what the form has `seen`: that others have reworded since is
    not what this reviewer wants undone.
    """
    if form.one("action") != EDIT:
        return form
    key = form.one("target_id")
    shown = _shown(view, key, seen_of(form).get(key, ""))
    return Form(
        tuple((name, text) for name, text in form.fields if shown.get(name) != _bare(text))
    )


def _shown(view: View, hypothesis_id: str, seen: str) -> dict[str, str]:
    """Return the parts of a hypothesis as they were when a decision was the last one about it."""
    proposed = view.tables["found_hypotheses"]
    rows = HYPOTHESES.rows(proposed[proposed["hypothesis_id"] == hypothesis_id])
    parts = {name: getattr(row, name) for row in rows for name in _PARTS}
    place = {row.decision_id: n for n, row in enumerate(ordered(view.decisions))}
    known = [row for row in view.decisions if place[row.decision_id] <= place.get(seen, -1)]
    for row in standing(known):
        if row.action == EDIT and row.target_id == hypothesis_id and rows:
            said = told(row.argument)
            parts |= {name: str(said[name]) for name in _PARTS if said.get(name)}
    return {name: _bare(text) for name, text in parts.items()}


def _bare(text: str) -> str:
    """Return a text as a browser sends it back, blanks at the ends aside."""
    return clean(text).strip()
