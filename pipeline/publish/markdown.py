"""The run in Markdown, short enough to paste into a message or a wiki page."""

import re

from pipeline.manifest import Manifest
from pipeline.methods.languages import language_notes
from pipeline.methods.remainder import remainder_note
from pipeline.publish import charts, evidence, sections, words
from pipeline.publish.lookup import Lookup, look_up
from pipeline.publish.network_svg import edge_sentence
from pipeline.schema import Tables

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$&])")
_LINE_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")
_LINKS = 10


def to_markdown(tables: Tables, manifest: Manifest, lookup: Lookup | None = None) -> str:
    """Return the summary: what to fix, hypotheses, links, emotions, moments, changes."""
    lookup = lookup or look_up(tables)
    counts = ", ".join(
        words.plural(n, noun)
        for n, noun in (
            (lookup.n_documents, "document"),
            (lookup.n_customers, "customer"),
            (len(lookup.touchpoints), "touchpoint"),
            (len(lookup.mentions), "mention"),
            (len(lookup.edges), "link"),
        )
    )
    notes = [*language_notes(tables["documents"], manifest.engine), remainder_note(tables)]
    parts = [
        f"# {plain(manifest.corpus)}, {plain(manifest.period)}",
        f"{words.days(manifest.start, manifest.end)}. {counts}. Engine: {plain(manifest.engine)}.",
        *(f"{plain(note)}." for note in notes if note),
        *([f"{plain(manifest.bill.in_words(manifest.currency))}."] if manifest.bill else []),
        *_fixes(lookup, manifest),
        *_ends(lookup),
        *_links(lookup),
        *_moments(lookup),
        *(_changes(lookup, manifest.previous) if manifest.previous else []),
        "Quotes are verbatim and were found by code in their sources. "
        "Numbers count distinct customers.",
    ]
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """Return text on one line that Markdown shows as it is."""
    line = " ".join(words.clean(text).split())
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", line))


def _quote(quote: evidence.Quote) -> str:
    who = f"{plain(quote.customer)}, {quote.day}, {quote.source}"
    place = f" ({plain(quote.place)})" if quote.place else ""
    return f"> “{plain(quote.text)}”  \n> {who}{place}"


def _fixes(lookup: Lookup, manifest: Manifest) -> list[str]:
    cards = sections.cards(lookup)
    parts = [f"## {sections.headline(len(cards), manifest.period)}"]
    for card in cards:
        about = f"{plain(card.stage) or 'No stage'}. {plain(card.owner) or 'Nobody owns it'}."
        parts += [
            f"### {card.place}. {plain(card.name)}",
            f"{about} {_sentence(plain(card.reason))} {card.reach}. "
            f"{card.certainty}. {card.ranks}.",
        ]
        if card.quote:
            parts.append(_quote(card.quote))
        if card.proposals:
            parts.append("\n".join(_proposal(p) for p in card.proposals))
    return parts


def _proposal(proposal: evidence.Proposal) -> str:
    row = proposal.row
    return (
        f"{row.position}. **{plain(row.change)}**  \n"
        f"   Resources: {plain(row.resources)}  \n"
        f"   Measure: {plain(row.measure.rstrip('.'))}: {plain(row.baseline.rstrip('.'))} → "
        f"{plain(row.target)}  \n"
        f"   Side effects: {plain(row.side_effects)}"
    )


def _ends(lookup: Lookup) -> list[str]:
    parts = []
    for title, ends in zip(
        ("Strongest negative emotions", "Strongest positive emotions"),
        charts.emotion_ends(lookup),
        strict=True,
    ):
        rows = [
            f"| {plain(e.name)} | {e.amount} {plain(e.label)} | {e.interval} | {e.n_customers} |"
            for e in ends
        ]
        head = ["| touchpoint | emotion | 95 % interval | customers |", "|---|---|---|---:|"]
        parts += [f"## {title}", "\n".join(head + rows) if rows else "None with enough customers."]
    return parts


def _links(lookup: Lookup) -> list[str]:
    edges = sorted(lookup.edges, key=lambda e: (-e.strength, e.edge_id))[:_LINKS]
    lines = [f"- {e.kind}: {plain(edge_sentence(lookup, e))}" for e in edges]
    return ["## Strongest links", "\n".join(lines) if lines else "None."]


def _moments(lookup: Lookup) -> list[str]:
    moments = sections.moments(lookup)
    if not moments:
        return []
    parts = ["## Where customers decide"]
    for moment in moments:
        people = words.plural(moment.n_customers, "customer")
        parts.append(f"**{plain(moment.name)}** ({moment.decision}, {people})")
        if moment.quote:
            parts.append(_quote(moment.quote))
    return parts


def _changes(lookup: Lookup, previous: str) -> list[str]:
    rows = [
        f"| {plain(c.name)} | {c.dimension} | {c.before} | {c.after} | {c.interval} | {c.verdict} |"
        for c in sections.changes(lookup)
        if c.verdict != "steady"
    ]
    head = ["| touchpoint | measure | before | now | interval of the change | verdict |"]
    table = "\n".join([*head, "|---|---|---:|---:|---|---|", *rows])
    return [f"## What changed since {plain(previous)}", table if rows else "Nothing of note."]


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
