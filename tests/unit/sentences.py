"""What customers say in many languages, written for these tests, some of it with its mood."""

import csv
from pathlib import Path
from typing import NamedTuple


class Said(NamedTuple):
    """One answer; its mood is None where nobody has labelled it."""

    language: str
    mood: int | None
    text: str


with Path(__file__).with_name("sentences.tsv").open(encoding="utf-8", newline="") as _file:
    SENTENCES = [
        Said(row["language"], int(row["mood"]) if row["mood"] else None, row["text"])
        for row in csv.DictReader(_file, delimiter="\t", quoting=csv.QUOTE_NONE)
    ]
LANGUAGES = tuple(dict.fromkeys(said.language for said in SENTENCES))


def texts_in(language: str) -> list[str]:
    """Return everything said in one language."""
    return [said.text for said in SENTENCES if said.language == language]
