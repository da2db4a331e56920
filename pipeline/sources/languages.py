"""The customer's words → the language they are in."""

from collections.abc import Callable
from functools import cache

_FEWEST_LETTERS = 20
_MOST_CHARACTERS = 300
_SURE = 0.6
"""Below this share of probability the corpus' own language is the better guess."""


def find_language(text: str, usual: str) -> str:
    """Return the ISO 639-1 code of a text's language, '' when it is too short to tell.

    When the model is unsure, `usual` is returned.
    """
    sample = text[:_MOST_CHARACTERS]
    if sum(c.isalpha() for c in sample) < _FEWEST_LETTERS:
        return ""
    language, probability = _classifier()(sample)
    return language if probability >= _SURE and len(language) == 2 else usual


@cache
def _classifier() -> Callable[[str], tuple[str, float]]:
    """Load the model once, and only when there is text to classify."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def classify(text: str) -> tuple[str, float]:
        language, probability = identifier.classify(text)
        return str(language), float(probability)

    return classify
