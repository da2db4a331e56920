"""The run as an Excel workbook: one sheet per question, the same bytes for the same run."""

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import tables as t
from pipeline.manifest import Manifest
from pipeline.methods.costs import document_costs, prices_of, step_costs
from pipeline.methods.failures import ANY, UNTOLD, WAY_WORDS
from pipeline.publish import sections, words
from pipeline.publish.evidence import pains_apart
from pipeline.publish.lookup import Lookup, look_up, read
from pipeline.schema import Tables

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Value = str | float | int | bool
Sheet = tuple[list[str], list[list[Value]]]
_LONGEST_TEXT = 32_000
_MOST_ROWS = 1_000_000
_WIDTHS = (9, 64)
_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001 - Excel's times have no zone
_TOP = {"valign": "top", "text_wrap": True}
_HEAD = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#14253A"}
_APART = "(in no pain point: too few customers tell the same)"
# Rows go to disk as they come, so that a large run needs no more memory than a small one.
_OPTIONS = {"constant_memory": True}
_COSTS = "Cost"
_SHEETS = (
    "Summary", "Touchpoints", "Pain points", "Links", "Quotes", "Hypotheses", "Changes", "Gaps",
    "Failures", "Rejected rows", _COSTS, "Columns",
)  # fmt: skip
_WAYS = WAY_WORDS | {ANY: "in any way (all of them)", UNTOLD: "did not say how"}


class Begun:
    """A workbook in which the quotes stand, which take longer to write than all else together."""

    def __init__(self, lookup: Lookup, *, has_costs: bool, folder: Path | None = None) -> None:
        """Take what tells of the quotes. `has_costs`: there will be a sheet of what a language
        model cost. `folder`: where the rows lie until the workbook is finished."""
        from xlsxwriter import Workbook

        self.has_costs = has_costs
        self._out = io.BytesIO()
        self._book = Workbook(self._out, _OPTIONS | ({"tmpdir": str(folder)} if folder else {}))
        names = [name for name in _SHEETS if has_costs or name != _COSTS]
        self._sheets = {name: self._book.add_worksheet(name) for name in names}
        self._styles = _Styles(self._book)
        # The columns first: looks are numbered as they are met, and none is missing there.
        self._write({"Columns": _columns(), "Quotes": _quotes(lookup)})

    def finish(self, sheets: Mapping[str, Sheet], title: str) -> bytes:
        """Write the other sheets; return the workbook, which takes no more."""
        with self._book as book:
            book.set_properties({"author": "touchpoints", "title": title, "created": _MOMENT})
            self._write(sheets)
        return self._out.getvalue()

    def _write(self, sheets: Mapping[str, Sheet]) -> None:
        for name, (head, rows) in sheets.items():
            _write(self._sheets[name], self._styles, head, rows)


def to_xlsx(
    tables: Tables,
    manifest: Manifest,
    lookup: Lookup | None = None,
    begun: Begun | None = None,
) -> bytes:
    """Return the workbook; text that looks like a formula stays text.

    `begun` may be one in which the quotes of these tables stand already.
    """
    lookup = lookup or look_up(tables)
    if not begun or begun.has_costs != bool(manifest.bill):
        begun = Begun(lookup, has_costs=bool(manifest.bill))
    sheets = {
        "Summary": _summary(lookup, tables, manifest),
        "Touchpoints": _touchpoints(lookup),
        "Pain points": _pains(lookup),
        "Links": _links(lookup),
        "Hypotheses": _hypotheses(lookup),
        "Changes": _changes(lookup),
        "Gaps": _gaps(lookup),
        "Failures": _failures(lookup),
        "Rejected rows": _rejects(tables),
        **({_COSTS: _costs(tables, manifest)} if manifest.bill else {}),
    }
    return begun.finish(sheets, words.clean(f"Touchpoints: {manifest.corpus}, {manifest.period}"))


class _Styles:
    """The three looks of a cell."""

    def __init__(self, book: "Workbook") -> None:
        self.head: Format = book.add_format(_TOP | _HEAD)
        self.plain: Format = book.add_format(_TOP)
        # Keeps text that looks like a formula text when somebody edits the cell.
        self.quoted: Format = book.add_format({**_TOP, "quote_prefix": True})


def _write(sheet: "Worksheet", styles: _Styles, head: list[str], rows: list[list[Value]]) -> None:
    sheet.freeze_panes(1, 0)
    for column, width in enumerate(_column_widths(head, rows)):
        sheet.set_column(column, column, width)
    sheet.autofilter(0, 0, min(len(rows), _MOST_ROWS), len(head) - 1)
    for column, name in enumerate(head):
        sheet.write_string(0, column, name, styles.head)
    for number, row in enumerate(rows[:_MOST_ROWS], start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                _write_text(sheet, styles, (number, column), value)
            elif isinstance(value, bool):
                sheet.write_boolean(number, column, value, styles.plain)
            elif words.is_known(value):
                sheet.write_number(number, column, round(value, 4), styles.plain)


def _write_text(sheet: "Worksheet", styles: _Styles, place: tuple[int, int], value: str) -> None:
    """Write text, which is never a formula; a cell without text stays empty."""
    text = words.clean(value)[:_LONGEST_TEXT]
    if text:
        style = styles.quoted if words.is_formula(text) else styles.plain
        sheet.write_string(*place, text, style)


def _column_widths(head: list[str], rows: list[list[Value]]) -> list[float]:
    widths: list[float] = []
    for n, name in enumerate(head):
        lengths = sorted(len(str(row[n])) for row in rows[:500])
        typical = lengths[len(lengths) * 9 // 10] if lengths else 0
        widths.append(min(_WIDTHS[1], max(_WIDTHS[0], len(name) + 4, typical + 2)))
    return widths


def _summary(lookup: Lookup, tables: Tables, manifest: Manifest) -> Sheet:
    rows: list[list[Value]] = [
        ["Corpus", manifest.corpus],
        ["Period", f"{manifest.period} ({words.days(manifest.start, manifest.end)})"],
        ["Compared with", manifest.previous or "no period before"],
        ["Engine", manifest.engine],
        ["Documents", lookup.n_documents],
        ["Customers", lookup.n_customers],
        ["Touchpoints", len(lookup.touchpoints)],
        ["Mentions", len(lookup.mentions)],
        ["Links", len(lookup.edges)],
        ["Rejected rows", len(read(tables, t.REJECTS))],
    ]
    if manifest.bill:
        rows.append(["Language model", manifest.bill.in_words(manifest.currency)])
    for card in sections.cards(lookup):
        rows += [
            [f"Fix {card.place}", card.name],
            ["  why", card.reason],
            ["  reach", card.reach],
            ["  how sure", f"{card.certainty}. {card.ranks}"],
        ]
        if card.quote:
            rows.append(["  a customer", f"“{card.quote.text}” ({card.quote.customer})"])
    return ["What", "Value"], rows


def _touchpoints(lookup: Lookup) -> Sheet:
    head = ["Touchpoint", "Stage", "Owner", "Origin", "Customers", "Mentions"]
    for dimension in words.DIMENSIONS:
        name = dimension.capitalize()
        head += [name, f"{name} in words", f"{name} low", f"{name} high"]
    head += ["Rank", "Best rank", "Worst rank", "In top three", "To fix", "Quick win"]
    head += ["Effort", "Definition", "touchpoint_id"]
    return head, [_touchpoint(lookup, p) for p in lookup.touchpoints.values()]


def _touchpoint(lookup: Lookup, row: t.Touchpoint) -> list[Value]:
    key = row.touchpoint_id
    out: list[Value] = [
        row.name, row.stage, row.owner, row.origin, row.n_customers, row.n_mentions
    ]  # fmt: skip
    for dimension in words.DIMENSIONS:
        s = lookup.scores.get((key, dimension))
        out += [s.value, s.label, s.low, s.high] if s else ["", "", "", ""]
    p = lookup.priorities.get(key)
    if p:
        out += [p.rank, p.rank_low, p.rank_high, p.p_top3, _yes(p.is_chosen), _yes(p.is_quick_win)]
    else:
        out += ["", "", "", "", "", ""]
    return [*out, row.effort, row.definition, key]


def _pains(lookup: Lookup) -> Sheet:
    head = ["Touchpoint", "Pain point", "Customers", "Mentions", "Severity", "Quote", "Customer"]
    rows: list[list[Value]] = []
    for key, place in lookup.touchpoints.items():
        for p in lookup.pains_at.get(key, []):
            m = lookup.mentions.get(p.quote_mention_id)
            rows.append(
                [place.name, p.name, p.n_customers, p.n_mentions, p.severity,
                 m.quote if m else "", m.customer_id if m else "", p.pain_point_id]
            )  # fmt: skip
        apart = pains_apart(lookup.mentions_at.get(key, []))
        if apart:
            n_customers = len({m.customer_id for m in apart})
            rows.append([place.name, _APART, n_customers, len(apart), "", "", "", ""])
    return [*head, "pain_point_id"], rows


def _links(lookup: Lookup) -> Sheet:
    head = ["From", "To", "Kind", "Step", "Customers", "Expected by chance", "Lift", "p", "q"]
    rows: list[list[Value]] = []
    for e in lookup.edges:
        source, target = lookup.touchpoints[e.source_id], lookup.touchpoints[e.target_id]
        quotes = lookup.edge_evidence.get(e.edge_id, [])
        rows.append(
            [source.name, target.name, e.kind, e.step, e.n_customers, e.n_expected, e.lift,
             e.p_value, e.q_value, e.strength, _yes(e.is_shown),
             quotes[0].quote if quotes else "", e.edge_id]
        )  # fmt: skip
    return [*head, "Strength", "Shown by default", "Quote", "edge_id"], rows


def _quotes(lookup: Lookup) -> Sheet:
    head = ["Touchpoint", "Stage", "Kind", "Quote", "Customer", "Date", "Source", "File", "Place"]
    pains = {p.pain_point_id: p.name for rows in lookup.pains_at.values() for p in rows}
    rows: list[list[Value]] = []
    for key, place in lookup.touchpoints.items():
        for m in lookup.mentions_at.get(key, []):
            d, turn = lookup.documents.get(m.document_id), lookup.turns.get(m.turn_id)
            source = [d.occurred_at[:10], d.kind, d.path, d.locator] if d else ["", "", "", ""]
            rows.append(
                [place.name, place.stage, m.kind, m.quote, m.customer_id, *source,
                 (turn.speaker_name or turn.speaker) if turn else "",
                 pains.get(m.pain_point_id, ""), m.polarity, m.intensity, m.outcome,
                 m.confidence, m.mention_id]
            )  # fmt: skip
    head += ["Speaker", "Pain point", "Polarity", "Intensity", "Outcome", "Confidence"]
    return [*head, "mention_id"], rows


def _hypotheses(lookup: Lookup) -> Sheet:
    head = ["Touchpoint", "No", "Kind of change", "Change", "Resources", "Measure", "Baseline"]
    rows: list[list[Value]] = []
    # As the report has them: what to fix first stands on top.
    for key in dict.fromkeys([*lookup.priorities, *lookup.touchpoints]):
        for h in lookup.hypotheses_at.get(key, []):
            place = lookup.touchpoints[key]
            ids = [e.mention_id for e in lookup.hypothesis_evidence.get(h.hypothesis_id, [])]
            quotes = [lookup.mentions[i].quote for i in ids if i in lookup.mentions]
            rows.append(
                [place.name, h.position, h.lever, h.change, h.resources, h.measure, h.baseline,
                 h.target, h.side_effects, h.owner, h.status, "\n".join(quotes), h.hypothesis_id]
            )  # fmt: skip
    head += ["Target", "Side effects", "Owner", "Status", "Quotes", "hypothesis_id"]
    return head, rows


def _changes(lookup: Lookup) -> Sheet:
    head = ["Touchpoint", "Measure", "Before", "Now", "Low", "High", "Verdict"]
    rows: list[list[Value]] = [
        [lookup.touchpoints[c.touchpoint_id].name, c.dimension, c.before, c.after, c.low, c.high,
         c.verdict]
        for c in lookup.changes
    ]  # fmt: skip
    return head, rows


def _gaps(lookup: Lookup) -> Sheet:
    rows: list[list[Value]] = [
        [lookup.touchpoints[g.touchpoint_id].name, words.GAP_WORDS.get(g.kind, (g.kind,))[0],
         g.detail, g.n_customers, g.attainable, g.n_attained, g.n_telling]
        for g in lookup.gaps
    ]  # fmt: skip
    head = ["Touchpoint", "Gap", "Detail", "Customers", "Attainable", "Had it", "Who tell"]
    return head, rows


def _failures(lookup: Lookup) -> Sheet:
    head = ["Touchpoint", "Way", "Customers", "Share of those who mention it", "Quote", "Customer"]
    rows: list[list[Value]] = []
    most = {key: max(f.n_customers for f in rows) for key, rows in lookup.failures_at.items()}
    for key in sorted(most, key=lambda key: (-most[key], key)):
        for f in sorted(lookup.failures_at[key], key=lambda f: (-f.n_customers, f.way)):
            m = lookup.mentions.get(f.quote_mention_id)
            rows.append(
                [lookup.touchpoints[key].name, _WAYS.get(f.way, f.way), f.n_customers,
                 f.n_customers / f.n_told, m.quote if m else "", m.customer_id if m else ""]
            )  # fmt: skip
    return head, rows


def _rejects(tables: Tables) -> Sheet:
    rows: list[list[Value]] = [
        [r.stage, r.reason, r.detail, r.row_id] for r in read(tables, t.REJECTS)
    ]
    return ["Step", "Reason", "Detail", "Row"], rows


def _costs(tables: Tables, manifest: Manifest) -> Sheet:
    """Return what the language model cost, by step and by document, dearest first."""
    prices = prices_of(manifest.settings)
    documents = document_costs(tables, prices)
    rows: list[list[Value]] = [
        ["step", s.step, s.answers, s.kept, s.prompt_tokens, s.completion_tokens, s.cost]
        for s in step_costs(tables, prices)
    ]
    rows += [
        [d.kind, d.place, "", "", round(d.prompt_tokens), round(d.completion_tokens), d.cost]
        for d in sorted(documents, key=lambda d: (-d.cost, -d.completion_tokens, d.place))
    ]
    head = ["What", "Name", "Answers", "Paid earlier", "Tokens sent", "Tokens answered", "Cost"]
    return head, rows


def _columns() -> Sheet:
    rows: list[list[Value]] = [
        [table.name, column, meaning]
        for table in t.ALL.values()
        for column, meaning in table.meanings.items()
    ]
    return ["Table", "Column", "What it holds"], rows


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""
