"""An edit of a hypothesis says only what it changes: its form sends every part, and two reviewers
who reword different parts must not undo each other's words."""

from pipeline.decisions.actions import Wording
from pipeline.decisions.history import ordered, standing, told
from pipeline.decisions.lines import clean
from pipeline.review.forms.sent import Form, seen_of
from pipeline.review.state.view import View
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
    return Form(tuple((name, text) for name, text in form.fields if shown.get(name) != _bare(text)))


def _shown(view: View, hypothesis_id: str, seen: str) -> dict[str, str]:
    """Return the parts of a hypothesis as they were when a decision was the last one about it."""
    name = "hypotheses" if seen == view.seen(hypothesis_id) else "found_hypotheses"
    frame = view.tables[name]
    rows = HYPOTHESES.rows(frame[frame["hypothesis_id"] == hypothesis_id])
    parts = {part: str(getattr(row, part)) for row in rows for part in _PARTS}
    if name == "found_hypotheses":
        parts |= _reworded(view, hypothesis_id, seen)
    return {part: _bare(text) for part, text in parts.items()}


def _reworded(view: View, hypothesis_id: str, seen: str) -> dict[str, str]:
    """Return the parts that had been edited by then."""
    rows = ordered(view.decisions)
    until = next((n for n, row in enumerate(rows, 1) if row.decision_id == seen), 0)
    edits = [
        told(row.argument)
        for row in standing(rows[:until])
        if row.action == EDIT and row.target_id == hypothesis_id
    ]
    return {part: str(said[part]) for said in edits for part in _PARTS if said.get(part)}


def _bare(text: str) -> str:
    """Return a text as a browser sends it back, blanks at the ends aside."""
    return clean(text).strip()
