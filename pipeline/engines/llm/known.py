"""What a model is shown of the catalogue, and what its words for a touchpoint may mean."""

from collections.abc import Callable, Sequence

import pandas as pd

from pipeline.engines.embedding import Matrix
from pipeline.engines.llm.merging import Label
from pipeline.engines.llm.words import Vocabulary, common_words
from pipeline.errors import shorten
from pipeline.text import normalise

_DEFINITION_LENGTH, _MOST_ALIASES = 110, 3


def codes(phrases: pd.DataFrame) -> dict[str, str]:
    """Return the touchpoint behind each code shown to the model: T1, T2 ... in order of names."""
    names = _texts(phrases, "name")
    ordered = sorted(names, key=lambda key: (normalise(names[key][0]), key))
    return {f"T{n}": touchpoint_id for n, touchpoint_id in enumerate(ordered, 1)}


def names(phrases: pd.DataFrame) -> dict[str, str]:
    """Return the touchpoint of each name and alias, normalised; names come before aliases."""
    found: dict[str, str] = {}
    for kind in ("name", "alias"):
        for touchpoint_id, texts in _texts(phrases, kind).items():
            for text in texts:
                found.setdefault(normalise(text), touchpoint_id)
    return found


def shown_catalogue(phrases: pd.DataFrame) -> str:
    """Return the catalogue as the model sees it, a line a touchpoint: code, name, definition."""
    called, defined = _texts(phrases, "name"), _texts(phrases, "definition")
    aliases = _texts(phrases, "alias")
    lines = []
    for code, touchpoint_id in codes(phrases).items():
        definition = shorten(defined.get(touchpoint_id, [""])[0], _DEFINITION_LENGTH)
        also = ", ".join(aliases.get(touchpoint_id, [])[:_MOST_ALIASES])
        rest = "; ".join(part for part in (definition, f"also {also}" if also else "") if part)
        lines.append(f"{code} = {called[touchpoint_id][0]}" + (f": {rest}" if rest else ""))
    return "\n".join(lines)


def as_labels(phrases: pd.DataFrame, embed: Callable[[list[str]], Matrix]) -> list[Label]:
    """Return the catalogue's touchpoints beside which labels are judged; `key` is the id."""
    called = _texts(phrases, "name")
    ordered = sorted(called)
    if not ordered:
        return []
    vectors = embed([called[key][0] for key in ordered])
    return [
        Label(key, called[key][0], (), vector) for key, vector in zip(ordered, vectors, strict=True)
    ]


def vocabulary(texts: pd.DataFrame, column: str, given: Sequence[str]) -> Vocabulary:
    """Return the words of several documents (column document_id) and those given."""
    documents = texts.groupby("document_id")[column].agg(" ".join)
    return common_words(documents.tolist(), given)


def _texts(phrases: pd.DataFrame, kind: str) -> dict[str, list[str]]:
    """Return the phrases of one kind by touchpoint."""
    own = phrases[phrases["kind"] == kind]
    found: dict[str, list[str]] = {}
    for touchpoint_id, text in zip(own["touchpoint_id"], own["text"], strict=True):
        found.setdefault(touchpoint_id, []).append(text)
    return found
