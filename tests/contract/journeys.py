"""A small corpus of our own sentences, and the command run over it with a language model.

Twenty-four documents of a parcel service: surveys, reviews, tickets, and chats in which staff
speak too. Three touchpoints are in the catalogue, others have to be found.
"""

import csv
import functools
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.engines.llm import calls
from pipeline.engines.llm.limits import Pause
from pipeline.manifest import Manifest
from pipeline.schema import Tables
from pipeline.store import read_run
from tests.llm.server import KEY, LlmServer

NAME = "parcels"
PERIOD = "2026Q3"
PROJECT = Path(__file__).parents[2]
PAUSE = (0.01, 0.05)
SETTINGS = """
period = "2026Q3"

[corpus]
name = "Parcels"
business = "A parcel service that brings letters and parcels to the door and runs parcel lockers."

[resolve]
min_customers = 2

[engine]
use = "llm"

[engine.llm]
model = "gpt-4o-mini"
endpoint = "{endpoint}"
concurrency = {concurrency}
timeout_seconds = {timeout}
retries = {retries}
pack_tokens = {pack_tokens}
embeddings = "{embeddings}"

[engine.llm.prices]
"gpt-4o-mini" = {{ prompt = 0.15, completion = 0.6 }}
"text-embedding-3-small" = {{ prompt = 0.02, completion = 0 }}

[[sources]]
kind = "survey"
path = "sources/survey.csv"
columns = {{ customer = "who", date = "day", text = "said", score = "score" }}
score_kind = "nps"
min_score = 0
max_score = 10

[[sources]]
kind = "review"
path = "sources/review.csv"
columns = {{ customer = "who", date = "day", text = "said" }}

[[sources]]
kind = "ticket"
path = "sources/ticket.csv"
columns = {{ customer = "who", date = "day", text = "said" }}

[[sources]]
kind = "chat"
path = "sources/chat.csv"
columns = {{ conversation = "chat", customer = "who", date = "day", speaker = "by", text = "said" }}
agents = ["Desk"]
"""
CATALOGUE = (
    ("name", "definition", "stage"),
    ("Door delivery", "The courier brings the parcel to the door.", "Receive"),
    ("Parcel locker", "A locker where the parcel is picked up with a code.", "Receive"),
    ("Refund", "Money paid back for a lost or damaged parcel.", "Complain"),
)
STAGES = (
    ("stage", "position", "aim_customer", "aim_business"),
    ("Send", "1", "Know the price", "Sell postage"),
    ("Receive", "2", "Hold the parcel", "Hand it over once"),
    ("Complain", "3", "Be made whole", "Keep the customer"),
)
SURVEYS = (
    ("2", "The courier threw the parcel over the fence. The box was broken and a cup was missing."),
    ("3", "The locker code never came. I waited in the rain for nothing."),
    ("9", "The courier was friendly and rang twice. Great delivery to the door."),
    ("1", "My refund was refused without a word. So I will never send with you again."),
    ("8", "I love the parcel locker near the station. The locker is quick and clean."),
    ("4", "The tracking page showed the wrong town. The tracking page was useless for a week."),
    ("7", "The tracking page is good. It told me the hour."),
    ("5", "The customs form was terrible. Nobody told me which code to write on the customs form."),
)
REVIEWS = (
    "The customs form asked for the same thing twice. I wasted an hour on the customs form.",
    "Awful tracking page, it failed again and again. The courier was late as well.",
    "The locker door was broken. The refund took six weeks.",
    "Nice people at the post office counter. The queue at the post office counter was horrible.",
    "The post office counter closed at noon without a word. I lost a morning.",
    "The refund came within two days, wonderful. Thank you for the quick refund!",
)
TICKETS = (
    "My parcel was lost. I expected a refund last week and nobody answered.",
    "The tracking page says delivered but nothing came. The courier left it in the wrong street.",
    "The locker did not open with my code. I had to leave without my parcel.",
    "Customs form missing from my account. The customs form fails when I save it.",
    "The parcel arrived broken. The courier refused to wait.",
)
CHATS = (
    (
        ("c", "Hello, my locker code does not work."),
        ("s", "I am very sorry, may I have the number of the parcel?"),
        ("c", "It ends in 44. The locker screen is broken too."),
        ("s", "We will send a technician tomorrow morning."),
        ("c", "Tomorrow is too late, I cannot wait. So I will cancel the order."),
    ),
    (
        ("s", "Welcome to the chat. How can we help?"),
        ("c", "The refund you promised never arrived."),
        ("s", "The refund was booked on Monday."),
        ("c", "That is wrong, nothing is on my account. I am angry."),
    ),
    (
        ("c", "Your courier was rude at my door."),
        ("s", "That should not happen. We will talk to the driver."),
        ("c", "Thanks, the chat at least was great."),
    ),
    (
        ("c", "The tracking page is broken again."),
        ("s", "We are aware of a fault on the tracking page."),
        ("c", "It failed last month too. The chat was slow as well."),
    ),
    (
        ("c", "Where is my parcel? The post office counter lost it."),
        ("s", "Please fill in the form."),
        ("c", "The form is terrible and the post office counter refused to help."),
    ),
)
"""What the customer (c) and staff (s) wrote, a chat each."""


class Told(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


def documents(extra: Sequence[str] = ()) -> Iterable[tuple[str, list[tuple[str, ...]]]]:
    """Yield the name and the rows of each source; `extra` are more reviews."""
    day = [f"2026-07-{n:02d}" for n in range(1, 29)]
    yield "survey", [("who", "day", "score", "said"), *(
        (f"S{n}", day[n], score, said) for n, (score, said) in enumerate(SURVEYS)
    )]  # fmt: skip
    reviews = [*REVIEWS, *extra]
    yield "review", [("who", "day", "said"), *(
        (f"R{n}", day[n % 28], said) for n, said in enumerate(reviews)
    )]  # fmt: skip
    yield "ticket", [("who", "day", "said"), *(
        (f"T{n}", day[n], said) for n, said in enumerate(TICKETS)
    )]  # fmt: skip
    yield "chat", [("chat", "who", "day", "by", "said"), *(
        (f"chat-{n}", f"C{n}", day[n], "Desk" if by == "s" else f"C{n}", said)
        for n, turns in enumerate(CHATS) for by, said in turns
    )]  # fmt: skip


def write_corpus(home: Path, server: LlmServer, extra: Sequence[str] = (), **settings) -> Path:
    """Write the corpus into `home` and return its folder."""
    folder = home / NAME
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    told = {
        "concurrency": 4, "timeout": 0.6, "retries": 3, "pack_tokens": 200, "embeddings": "",
    } | settings  # fmt: skip
    text = SETTINGS.format(endpoint=server.base_url, **told)
    (folder / "corpus.toml").write_text(text, encoding="utf-8")
    for name, rows in (("touchpoints", CATALOGUE), ("stages", STAGES)):
        _write(folder / f"{name}.csv", rows)
    for name, rows in documents(extra):
        _write(folder / "sources" / f"{name}.csv", rows)
    return folder


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a key in the environment and short pauses between attempts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    quick = functools.partial(calls.Caller, pause=Pause(*PAUSE))
    monkeypatch.setattr(calls, "Caller", quick)
    return tmp_path


def run(folder: Path, *options: str) -> Told:
    """Run the command over a corpus, in this process."""
    done = CliRunner().invoke(app, ["run", str(folder), "--quiet", *options])
    return Told(done.exit_code, done.stdout, done.stderr)


def start(folder: Path, *options: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start the command over a corpus in a process of its own, in the folder that holds it."""
    code = (
        "from functools import partial\n"
        "from pipeline.engines.llm import calls\n"
        "from pipeline.engines.llm.limits import Pause\n"
        f"calls.Caller = partial(calls.Caller, pause=Pause{PAUSE})\n"
        "from pipeline.cli import main\nmain()\n"
    )
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", code, *before, "run", str(folder), *options],
        cwd=folder.parent, env=os.environ | {"OPENAI_API_KEY": KEY},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str], seconds: float = 60) -> Told:
    """Wait for a command to end; one that takes too long is ended, and a fault."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Told(process.returncode, out, err)


def results(folder: Path) -> tuple[Tables, Manifest]:
    """Return the tables and the manifest of the finished run of a corpus."""
    return read_run(folder.parent / "outputs" / NAME / PERIOD)


def unaccounted(tables: Tables) -> pd.DataFrame:
    """Return the sentences of customers that neither a mention nor a reject tells of.

    A quote that was offered and not accepted, or that belongs to no touchpoint, is a reject under
    its own id: it accounts for no sentence.
    """
    turns = tables["turns"]
    said = turns.loc[turns["speaker"] == "customer", "turn_id"]
    sentences = tables["sentences"]
    sentences = sentences[sentences["turn_id"].isin(said)]
    rejects = set(tables["rejects"]["row_id"])
    spans: dict[str, list[tuple[int, int]]] = {}
    for table in ("mentions", "candidates"):
        for turn_id, begin, end in zip(
            *(tables[table][c] for c in ("turn_id", "start", "end")), strict=True
        ):
            spans.setdefault(turn_id, []).append((begin, end))
    is_lost = [
        sentence_id not in rejects
        and not any(begin < last and first < end for first, last in spans.get(turn_id, ()))
        for sentence_id, turn_id, begin, end in zip(
            *(sentences[c] for c in ("sentence_id", "turn_id", "start", "end")), strict=True
        )
    ]
    return sentences[is_lost]
