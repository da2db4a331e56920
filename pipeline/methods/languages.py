"""Which languages the embedded engine reads, and what to say about the others."""

from typing import Literal

import pandas as pd

from pipeline.methods.measures import originals

ENGLISH = "en"
PARTLY = ("de", "es", "fr", "pt")
"""Languages read by opinion words and nouns of their own, without sentence vectors."""
Level = Literal["full", "partly", "none"]
UNREAD = "language"
"""The reason of a reject whose text is in a language that the engine does not read."""
_LIMITED = "embedded"
_UNREAD_ADVICE = (
    "not read by the embedded engine, and nothing is guessed: those customers count, what they "
    "said is missing; translate it, or use a language model"
)
_PARTLY_ADVICE = (
    "read in part, by lists of words: touchpoints go by their nouns, mood by opinion words; what "
    "led to what is not read"
)

_NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian",
    "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque",
    "fa": "Persian", "fi": "Finnish", "fr": "French", "gu": "Gujarati", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian, Bosnian or Serbian", "hu": "Hungarian", "hy": "Armenian",
    "id": "Indonesian or Malay", "is": "Icelandic", "it": "Italian", "ja": "Japanese",
    "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "ko": "Korean", "lo": "Lao",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi",
    "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "pa": "Punjabi",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "si": "Sinhala",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish",
    "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def support(language: str) -> Level:
    """Return how far the embedded engine reads a language; '' (too short to tell) as English."""
    if language in ("", ENGLISH):
        return "full"
    return "partly" if language in PARTLY else "none"


def language_name(language: str) -> str:
    """Return the English name of an ISO 639-1 code, the code itself when we know none."""
    return _NAMES.get(language, language)


def why_unread(language: str) -> str:
    """Return why a text was left out and what to do; '' for a language the engine reads."""
    if support(language) != "none":
        return ""
    return f"{language_name(language)} ({language}): {_UNREAD_ADVICE}"


def language_notes(documents: pd.DataFrame, engine: str) -> list[str]:
    """Return what readers must know of the languages: how many texts were not, or partly, read.

    `engine` is the engine's name; only the embedded one is limited to some languages.
    """
    if not engine.startswith(_LIMITED):
        return []
    kept = originals(documents)
    levels = kept["language"].map(support)
    notes = []
    for level, advice in (("none", _UNREAD_ADVICE), ("partly", _PARTLY_ADVICE)):
        own = kept[levels == level]
        if len(own):
            notes.append(f"{_of_customers(own)} in {_told(own)}, {advice}")
    return notes


def _of_customers(documents: pd.DataFrame) -> str:
    """Return `12 documents of 9 customers are`."""
    n, of = len(documents), documents["customer_id"].nunique()
    said = "1 document" if n == 1 else f"{n:,} documents"
    return f"{said} of {of:,} customer{'' if of == 1 else 's'} {'is' if n == 1 else 'are'}"


def _told(documents: pd.DataFrame) -> str:
    """Return the languages of documents, most frequent first: `German (40) and French (2)`."""
    counts = documents["language"].value_counts()
    ranked = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
    named = [f"{language_name(str(language))} ({n:,})" for language, n in ranked]
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
