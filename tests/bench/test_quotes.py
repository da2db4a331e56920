"""Quotes as an analyst reads them: whole answers against a described catalogue, as `run` reads
them. Written for this; rules in quotes/README.md."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from pipeline.config import Segment
from pipeline.sources.catalogue import read_catalogue_file
from pipeline.stages.segment import segment
from tests.bench.figures import Figure
from tests.bench.sets import Part

pytestmark = pytest.mark.bench

HERE = Path(__file__).parent / "quotes"
CORPORA = {"broadband": "development", "hotel": "development", "furniture": "yes"}


class Line(NamedTuple):
    """A sentence of an answer and the touchpoints it is about, by name."""

    document_id: str
    text: str
    wanted: frozenset[str]
    goes_on: bool
    """only what was said before tells what it is about"""


def lines_of(text: str) -> list[Line]:
    """Read the labelled sentences of a corpus; a blank line ends an answer."""
    return [
        _line(f"d{number:04d}", line)
        for number, answer in enumerate(text.strip().split("\n\n"))
        for line in answer.split("\n")
    ]


def _line(document_id: str, line: str) -> Line:
    label, text = line.split(" | ", 1)
    names = frozenset(label.removesuffix("~").split("; ")) - {"-"}
    return Line(document_id, text, names, label.endswith("~"))


def read(lines: list[Line], phrases: pd.DataFrame, names: dict[str, str], engine) -> list[set[str]]:
    """Return the touchpoints that the engine finds in each sentence, by name."""
    rows = pd.DataFrame(lines).groupby("document_id")["text"].agg(" ".join).reset_index()
    documents = rows[["document_id"]].assign(language="en", duplicate_of="")
    turns = rows.assign(turn_id=rows["document_id"], speaker="customer", position=0)
    sentences = segment(documents, turns, Segment()).sentences.assign(language="en")
    answers = engine.read(sentences, phrases).answers
    found = [set() for _ in lines]
    ends: dict[str, int] = {}
    for number, line in enumerate(lines):
        start = ends.get(line.document_id, -1) + 1
        ends[line.document_id] = end = start + len(line.text)
        own = answers[(answers["turn_id"] == line.document_id) & (answers["touchpoint_id"] != "")]
        inside = own[(own["start"] < end) & (own["end"] > start)]
        found[number] = {names[key] for key in inside["touchpoint_id"]}
    return found


@pytest.mark.parametrize("name", CORPORA)
def test_quotes_stand_where_a_reader_would_put_them(name, assign, figures):
    known = read_catalogue_file(HERE / name / "touchpoints.csv")
    names = dict(zip(known.catalogue["touchpoint_id"], known.catalogue["name"], strict=True))
    lines = lines_of((HERE / name / "said.txt").read_text("utf-8"))
    assert {one for line in lines for one in line.wanted} <= set(names.values())
    found = read(lines, known.catalogue_phrases, names, assign)
    pairs = list(zip(found, lines, strict=True))
    right = sum(len(one & line.wanted) for one, line in pairs)
    nothing = [one for one, line in pairs if not line.wanted]
    going_on = [bool(one & line.wanted) for one, line in pairs if line.goes_on]
    part = Part(f"quotes {name}", "all", CORPORA[name], "written for it, labelled beforehand")
    figures += [
        Figure(part, "right, of what is assigned", right / sum(map(len, found))),
        Figure(part, "found, of what there is", right / sum(len(line.wanted) for line in lines)),
        Figure(part, "left alone, of what belongs nowhere",
               sum(not one for one in nothing) / len(nothing)),
        Figure(part, "found where only what was said before tells", sum(going_on) / len(going_on)),
    ]  # fmt: skip
    # Nobody would use an engine that is wrong half of the time.
    assert right / sum(map(len, found)) > 0.5
