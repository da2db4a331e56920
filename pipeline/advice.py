"""What is odd in a corpus as it was read: what follows from it, and what to do."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd

from pipeline.config import Settings, Source
from pipeline.engines.embedded.lexicon import DETERMINERS, stem
from pipeline.errors import shorten
from pipeline.methods.languages import language_notes
from pipeline.methods.measures import NOBODYS
from pipeline.periods import Period
from pipeline.sources.catalogue import Catalogue
from pipeline.sources.read import Read
from pipeline.sources.speakers import CUSTOMER, UNKNOWN
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase
from pipeline.text import normalise

_FEW_CUSTOMERS = 30
_MOST = 0.5
_EXAMPLES = 5
_KINDS = ("name", "alias", "example")
"""Phrases that must be one touchpoint's own; a definition may speak of its neighbours."""
_WORD = re.compile(r"\w+")


class CorpusRead(NamedTuple):
    """Everything read."""

    settings: Settings
    catalogue: Catalogue
    found: Read
    """Its documents have two further columns: `source` (number of the entry), `is_in_period`."""
    period: Period | None
    customers: frozenset[str]
    """The ids in the table of customers."""


def heard(corpus: CorpusRead) -> set[str]:
    """Return the customers whose own words lie in the period."""
    turns, documents = corpus.found.turns, corpus.found.documents
    spoken = set(turns.loc[turns["speaker"] == CUSTOMER, "document_id"])
    is_used = documents["is_in_period"] & (documents["duplicate_of"] == "")
    return set(documents.loc[is_used & documents["document_id"].isin(spoken), "customer_id"])


def of_source(found: Read, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the documents and turns of one source entry."""
    documents = found.documents[found.documents["source"] == number]
    return documents, found.turns[found.turns["document_id"].isin(documents["document_id"])]


def warnings_of(corpus: CorpusRead) -> Iterator[str]:
    """Yield what is odd, gravest first."""
    yield from _warn_of_period(corpus)
    yield from _warn_of_faults(corpus)
    for number, source in enumerate(corpus.settings.sources):
        yield from _warn_of_speakers(source, *of_source(corpus.found, number))
    yield from _warn_of_customers(corpus)
    yield from _warn_of_outcomes(corpus)
    yield from _warn_of_texts(corpus.found.documents, corpus.settings)
    yield from _warn_of_catalogue(corpus.catalogue)


def _warn_of_period(corpus: CorpusRead) -> Iterator[str]:
    documents = corpus.found.documents
    if corpus.period is None:
        yield (
            "no period is set, and a run needs one: give --period 2026Q3, or write "
            'period = "2026Q3" in corpus.toml'
        )
    elif len(documents) and not documents["is_in_period"].any():
        yield (
            f"no document lies in {corpus.period.name}, so a run is refused: give "
            "--period one of the quarters above, or check the date columns and day_first"
        )
    if len(documents) and (documents["occurred_at"] == "").all():
        yield (
            "no document has a date: all count in every period, no order is known across "
            "documents, and so no touchpoint can follow another from one document to the next; "
            "set columns.date of the sources that have one"
        )


def _warn_of_faults(corpus: CorpusRead) -> Iterator[str]:
    """Warn when a run would end with exit code 1; an empty text is no fault."""
    faults = int((corpus.found.rejects["reason"] != "no_text").sum())
    share = faults / max(len(corpus.found.documents) + len(corpus.found.rejects), 1)
    if share > corpus.settings.max_rejected:
        yield (
            f"{share:.0%} of the rows cannot be read, more than max_rejected allows "
            f"({corpus.settings.max_rejected:.0%}): mend the columns of their source; the "
            "reasons are above"
        )


def _warn_of_speakers(
    source: Source, documents: pd.DataFrame, turns: pd.DataFrame
) -> Iterator[str]:
    """Warn when it is not known who speaks: only the customer's words count."""
    where = f"{source.kind} {source.path!r}"
    counts = turns["speaker"].value_counts()
    n_customer, n_unknown = int(counts.get(CUSTOMER, 0)), int(counts.get(UNKNOWN, 0))
    if source.kind in NOBODYS:
        if n_customer and source.kind == "event" and "speaker" not in source.model_fields_set:
            yield (
                f"{where}: its texts are taken as the customer's own words; if a program wrote "
                'them, set speaker = "agent"'
            )
    elif len(turns) and not n_customer and source.speaker == "agent" and not n_unknown:
        yield (
            f"{where}: staff wrote it and nothing stands in double quotes, so none of it can "
            'become evidence; put the customer\'s own words in "…", or remove speaker = "agent" '
            "if customers wrote it"
        )
    elif len(turns) and (not n_customer or n_unknown > _MOST * len(turns)):
        amount = "no turn is" if not n_customer else f"only {n_customer:,} of {len(turns):,} are"
        yield (
            f"{where}: {amount} known to be the customer's, and only those can become evidence; "
            f"{_labels(turns)}"
        )
    elif len(documents) and not len(turns):
        yield f"{where}: it holds scores but no text; set columns.text to the column of the words"


def _labels(turns: pd.DataFrame) -> str:
    """Say which labels to put in the settings."""
    others = turns.loc[turns["speaker"] != CUSTOMER, "speaker_name"].sort_values()
    names = [str(name) for name in others.value_counts(sort=True).index if name]
    if not names:
        return 'set speaker = "customer" if customers wrote it, or columns.speaker'
    return (
        "write the labels of staff in agents = [...] or of customers in customers = [...]; "
        f"found: {_some(names)}"
    )


def _warn_of_customers(corpus: CorpusRead) -> Iterator[str]:
    documents = corpus.found.documents
    kinds = [source.kind for source in corpus.settings.sources]
    voiced = documents[~documents["kind"].isin(NOBODYS)]
    nameless = voiced[voiced["is_anonymous"]]
    if len(nameless) > _MOST * len(voiced):
        worst = [
            f"{kinds[number]} {corpus.settings.sources[number].path!r}"
            for number in nameless["source"].value_counts().index.tolist()
        ]
        yield (
            f"{len(nameless):,} of {len(voiced):,} documents name no customer: each counts as a "
            "customer of its own, so customers are counted too high and nobody's journey can be "
            f"followed; set columns.customer of {_some(worst)}"
        )
    named = set(voiced.loc[~voiced["is_anonymous"], "customer_id"])
    if corpus.customers and named and not named & corpus.customers:
        yield (
            "no customer of the sources is in the table of [customers], so segment, value and "
            f"outcome stay empty: the sources write {_some(sorted(named), 2)}, the table "
            f"{_some(sorted(corpus.customers), 2)}; make the ids the same"
        )
    n_heard = len(heard(corpus))
    if n_heard < _FEW_CUSTOMERS:
        yield (
            f"only {n_heard} {'customer speaks' if n_heard == 1 else 'customers speak'}: "
            f"below {_FEW_CUSTOMERS} intervals are wide and few links can be proven; add "
            "documents, or take a longer period"
        )


def _warn_of_outcomes(corpus: CorpusRead) -> Iterator[str]:
    """Warn when outcomes are there and the settings understand none of them."""
    told = sorted(set(corpus.found.documents["outcome"]) - {""})
    words = {
        w.strip().casefold() for w in (*corpus.settings.outcome.good, *corpus.settings.outcome.bad)
    }
    if told and not any(value.strip().casefold() in words for value in told):
        yield (
            f"none of the outcomes is good or bad in [outcome], so impact is only estimated: "
            f"the values are {_some(told)}; write them in good = [...] and bad = [...]"
        )
    mapped = [s.columns.outcome for s in corpus.settings.sources]
    mapped.append(corpus.settings.customers.columns.outcome if corpus.settings.customers else "")
    if any(mapped) and not told:
        yield (
            "an outcome column is set and no document has an outcome, so impact is only "
            "estimated: check that column and the customer ids"
        )


def _warn_of_texts(documents: pd.DataFrame, settings: Settings) -> Iterator[str]:
    copies = documents[documents["duplicate_of"] != ""]
    if len(copies):
        path, where = copies["path"].iloc[0], copies["locator"].iloc[0]
        yield (
            f"{len(copies):,} {'document repeats' if len(copies) == 1 else 'documents repeat'} "
            f"another and will be left out, first {shorten(f'{path} {where}'.strip())}: nothing "
            "to do, unless they were meant to differ"
        )
    yield from language_notes(documents, settings.engine.use)


def _warn_of_catalogue(catalogue: Catalogue) -> Iterator[str]:
    entries, phrases = catalogue.catalogue, catalogue.catalogue_phrases
    if entries.empty:
        yield (
            "touchpoints.csv is missing or empty: all touchpoints will be discovered, and "
            "nothing can be compared with what you intended; list the ones you know"
        )
    given = phrases.groupby("kind")["touchpoint_id"].agg(set).to_dict()
    for kind, plural in (("definition", "a definition"), ("example", "examples")):
        bare = entries[~entries["touchpoint_id"].isin(given.get(kind, set()))]
        if len(bare):
            yield (
                f"{len(bare)} of {len(entries)} touchpoints have no {plural.removeprefix('a ')} "
                f"and will be recognised less often: {_some(bare['name'].tolist())}; add "
                f"{plural} in touchpoints.csv, in customers' words"
            )
    yield from _warn_of_shared_words(catalogue)
    stages = catalogue.stages
    alone = stages.loc[stages["owner"] == "", "stage"].tolist()
    if alone:
        yield (
            f"{'this stage has' if len(alone) == 1 else 'these stages have'} no owner, so nobody "
            f"is named to act on it: {_some(alone)}; fill in owner in stages.csv"
        )


def _warn_of_shared_words(catalogue: Catalogue) -> Iterator[str]:
    """Warn of names, aliases and examples that stand under more than one touchpoint."""
    shared = _shared(catalogue)
    names = [own for own in shared if all(phrase.kind == "name" for phrase in own)]
    words = [own for own in shared if own not in names]
    if names:
        yield (
            "names in touchpoints.csv differ only in plural, article or punctuation, so customers' "
            f"words cannot tell them apart: {_listed(names, catalogue)}; make them one, or rename "
            "one"
        )
    if words:
        yield (
            "words in touchpoints.csv stand under more than one touchpoint, so they do not tell "
            f"which is meant: {_listed(words, catalogue)}; leave each where it belongs"
        )


def _shared(catalogue: Catalogue) -> list[list[CataloguePhrase]]:
    """Return the phrases of the same words under different touchpoints, in file order."""
    place = {touchpoint_id: n for n, touchpoint_id in enumerate(catalogue.rows)}
    phrases = sorted(
        (p for p in CATALOGUE_PHRASES.rows(catalogue.catalogue_phrases) if p.kind in _KINDS),
        key=lambda phrase: (place[phrase.touchpoint_id], _KINDS.index(phrase.kind)),
    )
    uses: dict[tuple[str, ...], dict[str, CataloguePhrase]] = {}
    for phrase in phrases:
        uses.setdefault(_folded(phrase.text), {}).setdefault(phrase.touchpoint_id, phrase)
    return [list(own.values()) for own in uses.values() if len(own) > 1]


def _listed(shared: list[list[CataloguePhrase]], catalogue: Catalogue) -> str:
    """Return the first of the phrases, each with its touchpoint and row, and how many more."""
    entries = catalogue.catalogue
    names = dict(zip(entries["touchpoint_id"], entries["name"], strict=True))
    told = []
    for own in shared[:_EXAMPLES]:
        places = [
            f"{phrase.kind} of {shorten(names[phrase.touchpoint_id], 60)!r} in "
            f"{catalogue.rows[phrase.touchpoint_id]}"
            for phrase in own
        ]
        told.append(f"{_some([own[0].text])} ({', '.join(places)})")
    more = f" and {len(shared) - _EXAMPLES} more" if len(shared) > _EXAMPLES else ""
    return "; ".join(told) + more


def _folded(text: str) -> tuple[str, ...]:
    """Return the words of a text without case, punctuation, plural and articles."""
    folded = normalise(text)
    said = (word for word in _WORD.findall(folded) if word not in DETERMINERS)
    return tuple(stem(word) for word in said) or (folded,)


def _some(words: Iterable[str], most: int = _EXAMPLES) -> str:
    """Return the first words in quotes, and how many more there are."""
    listed = list(words)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(repr(shorten(word, 60)) for word in listed[:most]) + more
