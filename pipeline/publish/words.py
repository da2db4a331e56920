"""How numbers, names and kinds are written for readers."""

import math
import re
from datetime import date, datetime

MINUS = "−"
ELLIPSIS = "…"
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
_ODD = re.compile(rf"\A{_FORMULA.pattern}|{_UNSAFE.pattern}")

_SMALL = 0.001

SOURCE_WORDS = {
    "call": "call",
    "chat": "chat",
    "survey": "survey answer",
    "ticket": "support ticket",
    "note": "account note",
    "sales": "sales note",
    "review": "review",
    "social": "social post",
    "analytics": "analytics",
    "event": "event log",
}
GAP_WORDS = {
    "never_mentioned": (
        "Planned, never mentioned",
        "In your catalogue, but no customer spoke of it in this period.",
    ),
    "unplanned": (
        "Experienced, not planned",
        "Customers keep meeting it, but your catalogue does not have it.",
    ),
    "other_order": (
        "Met in another order",
        "Customers come to it at another point of the journey than you planned.",
    ),
    "expectation": (
        "Expected more than they got",
        "Customers said what they had expected, and that it was not delivered.",
    ),
    "mixed_messages": (
        "Told one thing, met another",
        "What customers were told at one touchpoint did not hold at another.",
    ),
    "as_planned": ("As planned", "Planned, and met where you planned it."),
}
DIMENSIONS = ("emotion", "function", "frequency", "impact")
DIMENSION_WORDS = {
    "emotion": "How it feels",
    "function": "Does it do its job",
    "frequency": "How many customers meet it",
    "impact": "What it means for the outcome",
}
GLOSSARY = (
    ("touchpoint", "Any interaction between a customer and the business."),
    ("mention", "One piece of evidence: a verbatim quote about one touchpoint."),
    ("pain point", "A named problem at a touchpoint, with the quotes behind it."),
    ("stage", "A phase of the customer's journey."),
    ("follows", "Customers meet B after A more often than chance would bring about."),
    ("influences", "Customers said, in their own words, that A led to B."),
    ("moment", "A touchpoint where customers decide to buy, stay, leave, upgrade or escalate."),
    ("emotion", f"How it feels to customers, from {MINUS}1 (highly negative) to +1."),
    ("function", "How well it does its job, from 0 % (fails) to 100 % (perfectly)."),
    ("frequency", "The share of all customers who meet it. People are counted, not mentions."),
    ("impact", "How strongly it goes with the outcome: minimal to mission-critical."),
    ("reach", "The share of all customers with a pain there."),
    ("lift", "How many times more customers show a link than chance would bring about."),
    ("too few", "Too few customers spoke of it for a number that could be trusted."),
    ("interval", "The range in which the true value lies with 95 % confidence."),
)


def clean(text: str) -> str:
    """Return `text` without characters that no XML or HTML file may hold."""
    return _UNSAFE.sub("", text)


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would run a cell with this text."""
    return _FORMULA.match(text) is not None


def guard(text: str) -> str:
    """Return text that a spreadsheet shows and never runs."""
    return f"'{text}" if is_formula(text) else text


def safe_cell(text: str) -> str:
    """Return clean text that a spreadsheet never runs: `guard(clean(text))`, in one look."""
    return guard(clean(text)) if _ODD.search(text) else text


def tidy(value: float) -> float:
    """Return a number as it is written for others: six digits behind the point, of less than a
    thousandth four that count. What goes beyond is noise of arithmetic (-0.2460000067949295)."""
    return round(value, 6) if abs(value) >= _SMALL or not value else float(f"{value:.4g}")


def is_known(value: float) -> bool:
    """Tell whether a number is there at all."""
    return not math.isnan(value)


def count(n: float) -> str:
    """Return a whole number with thousands set apart."""
    return f"{round(n):,}"


def plural(n: int, noun: str) -> str:
    """Return '1 customer' or '1,204 customers'."""
    return f"{count(n)} {noun}" if n == 1 else f"{count(n)} {noun}s"


def signed(value: float, digits: int = 2) -> str:
    """Return +0.42 or −0.42; '' when the number is missing."""
    if not is_known(value):
        return ""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


def share(value: float) -> str:
    """Return 0.873 as '87 %'; '' when the number is missing."""
    if not is_known(value):
        return ""
    return "<1 %" if 0 < value < 0.005 else f"{value * 100:.0f} %"


def amount(dimension: str, value: float) -> str:
    """Return a score the way its dimension is read: emotion with its sign, the rest as a share."""
    return signed(value) if dimension == "emotion" else share(value)


def difference(dimension: str, value: float) -> str:
    """Return a change of a score, always with its sign; shares in percentage points."""
    if not is_known(value):
        return ""
    return signed(value) if dimension == "emotion" else f"{signed(value * 100, 0)} pts"


def span(low: str, high: str) -> str:
    """Return 'low to high'; '' when an end is missing."""
    return f"{low} to {high}" if low and high else ""


def day(at: str) -> str:
    """Return an ISO time as '4 Aug 2026', or 'undated'."""
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return "undated"
    return f"{found.day} {found:%b %Y}"


def days(start: str, end: str) -> str:
    """Return '1 Jul 2026 to 30 Sep 2026'."""
    try:
        first, last = date.fromisoformat(start[:10]), date.fromisoformat(end[:10])
    except ValueError:
        return ""
    return f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}"


def period_noun(period: str) -> str:
    """Return what people call a period of this form: quarter, half-year, month, year."""
    forms = (
        (r"\d{4}Q\d", "quarter"),
        (r"\d{4}H\d", "half-year"),
        (r"\d{4}-\d\d", "month"),
        (r"\d{4}", "year"),
    )
    return next((noun for form, noun in forms if re.fullmatch(form, period)), "period")


def degree(value: float, words: tuple[str, ...] = ("mild", "moderate", "serious", "severe")) -> str:
    """Return the word for a number from 0 to 1; '' when the number is missing."""
    return words[min(len(words) - 1, int(value * len(words)))] if is_known(value) else ""


def tone(value: float) -> str:
    """Return the colour class of an emotion: n4 (worst) to n1, z, p1 to p4, or 'none'."""
    if not is_known(value):
        return "none"
    size = abs(value)
    if size < 0.05:
        return "z"
    return f"{'p' if value > 0 else 'n'}{1 + sum(size >= step for step in (0.25, 0.5, 0.7))}"


def cut(text: str, width: int) -> str:
    """Return `text` on one line, at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + ELLIPSIS


def wrap(text: str, width: int = 16, lines: int = 2) -> tuple[str, ...]:
    """Break `text` into at most `lines` lines of `width` characters; the last may end in '…'."""
    rows: list[str] = []
    for word in text.split():
        rest = word
        if rows and len(rows[-1]) + 1 + len(rest) <= width:
            rows[-1] += f" {rest}"
            continue
        while len(rest) > width:
            at = rest.rfind("-", 0, width) + 1 or width
            rows.append(rest[:at])
            rest = rest[at:]
        rows.append(rest)
    if len(rows) > lines:
        rows = [*rows[: lines - 1], cut(" ".join(rows[lines - 1 :]), width)]
    return tuple(rows)


def anchor(prefix: str, key: str) -> str:
    """Return an HTML id made from a table's id."""
    return f"{prefix}-{re.sub(r'[^A-Za-z0-9_-]', '-', key)}"
