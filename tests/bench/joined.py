"""Three hundred long documents made of free reviews, as a corpus for the language model engine.

The other tools were measured on 300 documents of 503,265 characters. Even the 300 longest reviews
dated before 2013 have but half of that, so neighbouring reviews of one file are joined, lounges
first, until a document has its share.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

N_DOCUMENTS, N_CHARACTERS = 300, 503_265
FILES = ("skytrax/lounge.csv", "skytrax/seat.csv")
BEFORE = "2013"
SETTINGS = """
[corpus]
name = "Joined reviews"
business = "Airlines: their lounges, seats and flights, reviewed by passengers."

[periods]
all = {{ start = "2026-01-01", end = "2026-12-31" }}

[engine]
use = "llm"

[engine.llm]
model = "gpt-4o-mini"
endpoint = "{endpoint}"
concurrency = {concurrency}
prices = {{ "gpt-4o-mini" = {{ prompt = 0.15, completion = 0.6 }} }}

[[sources]]
kind = "review"
path = "reviews.csv"
columns = {{ customer = "customer", date = "date", text = "text" }}
"""


def reviews(data: Path) -> Iterator[str]:
    """Yield the free reviews in the order of the files, line breaks made spaces."""
    for name in FILES:
        with (data / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if row["date"] < BEFORE:
                    yield " ".join(row["content"].split())


def joined(data: Path) -> list[str]:
    """Return the documents: each ends with the review that fills its share of all characters."""
    documents: list[str] = []
    parts: list[str] = []
    n_before = 0
    for text in reviews(data):
        parts.append(text)
        n_so_far = n_before + len(" ".join(parts))
        if n_so_far >= N_CHARACTERS * (len(documents) + 1) / N_DOCUMENTS:
            documents.append(" ".join(parts))
            n_before, parts = n_so_far, []
        if len(documents) == N_DOCUMENTS:
            break
    return documents


def write_joined(folder: Path, documents: list[str], endpoint: str, concurrency: int = 8) -> Path:
    """Write a corpus of documents, a customer each, and return its folder."""
    folder.mkdir(parents=True)
    told = SETTINGS.format(endpoint=endpoint, concurrency=concurrency)
    (folder / "corpus.toml").write_text(told, encoding="utf-8")
    with (folder / "reviews.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("customer", "date", "text"))
        writer.writerows((f"P{n}", "2026-07-01", text) for n, text in enumerate(documents))
    return folder
