"""The page about two runs over the same documents."""

from collections.abc import Iterator
from math import isnan
from typing import Any

from pipeline.comparison.page import (
    Grid,
    Page,
    Section,
    chosen_section,
    more_than,
    part_of,
    records,
    run_line,
    scores_section,
)
from pipeline.comparison.readings import Readings
from pipeline.publish.words import day, is_known, plural, signed

_QUOTES = 5
_STRENGTHS = (
    (0.8, "near perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (0.0, "slight"),
)  # fmt: skip
"""Words for agreement beyond chance, after Landis and Koch 1977, table 2."""


def readings_page(compared: Readings) -> Page:
    """Return the page about two runs over the same documents."""
    one, other = compared.first, compared.second
    return Page(
        f"{one.manifest.corpus}, {one.manifest.period}: two runs of the same documents",
        [run_line(one), run_line(other)],
        compared.notes,
        [
            Section("In short", list(_in_short(compared))),
            *_touchpoint_sections(compared),
            *_quote_sections(compared),
            *_agreement_sections(compared),
            _network_section(compared),
            chosen_section(compared.chosen, one, other),
            scores_section(compared.scores, one, other),
        ],
        compared.quotes,
    )


def _in_short(compared: Readings) -> Iterator[str]:
    """Yield what to know when nothing else is read."""
    one, other = compared.first.label, compared.second.label
    alone = compared.alone["found_by"].tolist()
    yield (
        f"Both found {plural(len(compared.both), 'touchpoint')}; only {one} "
        f"{_or_none(alone.count(one))}, only {other} {_or_none(alone.count(other))}."
    )
    total = compared.sources.iloc[0]
    found = (
        _found_too(one, other, total["n_first"], total["n_first_shared"]),
        _found_too(other, one, total["n_second"], total["n_second_shared"]),
    )
    yield f"{'; '.join(found)}."
    place = compared.agreements[0]
    if not place.n:
        yield "No quote was found by both, so there is nothing on which they could agree."
        return
    n_opposed = compared.polarity.n_opposed
    opposed = part_of(n_opposed, place.n) if n_opposed else "none of them"
    yield (
        f"Of the {plural(place.n, 'quote')} that both found they put "
        f"{part_of(place.n_same, place.n)} at the same touchpoint; in {opposed} one hears clearly "
        "good where the other hears clearly bad."
    )
    chosen = compared.chosen
    both = chosen.loc[chosen["is_chosen_first"] & chosen["is_chosen_second"], "name"].tolist()
    if len(chosen):
        yield f"To fix first, both say: {', '.join(both) or 'nothing in common'}."


def _found_too(one: str, other: str, n: int, n_shared: int) -> str:
    """Return how many of one run's quotes the other found."""
    if not n:
        return f"{one} found no quote"
    return f"{other} found {part_of(n_shared, n)} of {one}'s {plural(n, 'quote')}"


def _or_none(n: int) -> str:
    return str(n) if n else "none"


def _touchpoint_sections(compared: Readings) -> Iterator[Section]:
    """Yield the touchpoints of both, then those of one."""
    one, other = compared.first.label, compared.second.label
    both, alone = compared.both, compared.alone
    if len(both):
        yield Section(
            "Touchpoints both found, by their quotes",
            grid=Grid(
                ("touchpoint", one, other, "the same"),
                [
                    (_pair_name(row), *(str(row[n]) for n in ("n_first", "n_second", "n_shared")))
                    for row in records(both)
                ],
            ),
            caption=more_than(both)
            + (
                "* not in both catalogues: matched by the quotes they share, or by name"
                if (both["basis"] != "catalogue").any()
                else ""
            ),
        )  # fmt: skip
    if len(alone):
        yield Section(
            "Touchpoints only one found",
            grid=Grid(
                ("found by", "touchpoint", "customers", "quotes", "its quotes in the other run"),
                [
                    (
                        row["found_by"], row["name"], str(row["n_customers"]),
                        str(row["n_mentions"]), _elsewhere(row),
                    )
                    for row in records(alone)
                ],
                2, 3,
            ),
            caption=more_than(alone),
        )  # fmt: skip


def _pair_name(row: dict[str, Any]) -> str:
    """Return the name of a touchpoint that both found; both names where they differ."""
    name, other = row["name"], row["second_name"]
    star = "" if row["basis"] == "catalogue" else " *"
    return f"{name}{star}" if name == other else f"{name} = {other}{star}"


def _elsewhere(row: dict[str, Any]) -> str:
    """Return what became of a touchpoint's quotes in the run that does not have it."""
    if row["n_unfound"] == row["n_mentions"]:
        return "none found"
    missed = f"{row['n_unfound']} not found" if row["n_unfound"] else ""
    there = f"{row['n_there']} at {row['elsewhere']}" if row["n_there"] else ""
    rest = row["n_mentions"] - row["n_unfound"] - row["n_there"]
    others = f"{rest} elsewhere" if rest else ""
    return ", ".join(part for part in (missed, there, others) if part)


def _quote_sections(compared: Readings) -> Iterator[Section]:
    """Yield how much each found of the other's quotes, then what only one found."""
    one, other = compared.first.label, compared.second.label
    yield Section(
        "Quotes, by kind of source",
        grid=Grid(
            ("source", one, f"found by {other} too", other, f"found by {one} too"),
            [
                (
                    row["source"], str(row["n_first"]),
                    part_of(row["n_first_shared"], row["n_first"]), str(row["n_second"]),
                    part_of(row["n_second_shared"], row["n_second"]),
                )
                for row in records(compared.sources)
            ],
        ),
        caption="found too: its words overlap with a quote of the other run",
    )  # fmt: skip
    for label in dict.fromkeys((one, other)):
        own = compared.quotes[compared.quotes["found_by"] == label]
        if len(own):
            yield Section(
                f"Only {label} found ({len(own):,}), the strongest first",
                quotes=[
                    (
                        row["quote"],
                        f"{row['touchpoint']}; {row['customer_id']}, {row['source']}, "
                        f"{day(row['occurred_at'])}",
                    )
                    for row in records(own.drop_duplicates("quote").head(_QUOTES))
                ],
            )


def _agreement_sections(compared: Readings) -> Iterator[Section]:
    """Yield how far the runs agree on the quotes that both found."""
    if not compared.agreements[0].n:
        return
    mood = compared.polarity
    correlated = (
        f"; moods correlate at {_beyond(mood.correlation)[0]}" if is_known(mood.correlation) else ""
    )
    labels = {
        "touchpoint": "at the same touchpoint",
        "kind": "same kind",
        "outcome": "same outcome",
        "known outcome": "same outcome, where both know one",
    }
    rows = [
        (labels[a.what], part_of(a.n_same, a.n), *_beyond(a.kappa)) for a in compared.agreements
    ]
    rows.insert(1, ("grouped alike, whatever the name", "", *_beyond(compared.rand)))
    rows.append(("same mood, bad to good", "", *_beyond(mood.alpha)))
    yield Section(
        f"Agreement on the {plural(mood.n, 'quote')} both found",
        grid=Grid(("of these quotes", "same", "beyond chance", "in words"), rows, 1, 2),
        caption=(
            "beyond chance: 1 always the same, 0 as by chance (Cohen's kappa; grouping: adjusted "
            "Rand index; mood: Krippendorff's alpha)"
            f"{correlated}"
        ),
    )  # fmt: skip
    if len(compared.swaps):
        one, other = compared.first.label, compared.second.label
        moved = [
            (row["first_name"], row["second_name"], str(row["n"]))
            for row in records(compared.swaps)
        ]
        yield Section(
            "Where they put the same quotes at other touchpoints",
            grid=Grid((one, other, "quotes"), moved, 2),
        )


def _beyond(value: float) -> tuple[str, str]:
    """Return agreement beyond chance as a number and in words."""
    return signed(value).lstrip("+") or "-", _strength(value)


def _strength(value: float) -> str:
    """Return agreement beyond chance in words."""
    if isnan(value):
        return "cannot be told"
    return next((word for least, word in _STRENGTHS if value >= least), "worse than chance")


def _network_section(compared: Readings) -> Section:
    """Return the links and moments, those of both first."""
    one, other = compared.first.label, compared.second.label
    rows = [
        (
            row["kind"], row["what"],
            "both" if row["in_first"] and row["in_second"] else one if row["in_first"] else other,
        )
        for row in records(
            compared.network.sort_values(
                ["in_second", "in_first"], ascending=False, kind="stable",
                key=lambda column: column & compared.network["in_first"],
            )
        )
    ]  # fmt: skip
    grid = Grid(("kind", "what", "found by"), rows, 9) if rows else None
    lines = [] if rows else ["Neither found a link or a moment where customers decide."]
    return Section(
        "Links, and moments where customers decide", lines, grid, more_than(compared.network)
    )
