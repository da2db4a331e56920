"""The default answers: one function for each task, from (system message, item) to its result."""

import re
from collections import Counter
from itertools import pairwise

from tests.llm.reading import (
    Known,
    find_known,
    likeness,
    mood,
    read_catalogue,
    read_lines,
    read_quotes,
    read_stages,
    roots,
    short_name,
    split_sentences,
)  # fmt: skip

CUES = {
    "suggestion": re.compile(r"\b(should|would be better|please add|i wish|could you|why not)\b"),
    "decision": re.compile(
        r"\b(cancel(?:l?ed|ling)?|switch(?:ed|ing)?|leav(?:e|ing)|renew(?:ed)?|moved to|upgrad\w+|"
        r"never again|signed up|bought|come back|recommend)\b"
    ),
    "expectation": re.compile(r"\b(expect\w*|promised|supposed to|was told|were told|assumed)\b"),
}
PAIN = re.compile(
    r"\b(waited|waiting|nobody|no one|never|nothing|late|again and again|twice|wrong|broken|broke|"
    r"failed|fails|missing|lost|refused|delayed?|cannot|can't|couldn't|didn't|doesn't|won't|slow)\b"
)
SO = re.compile(
    r"^(so|therefore|that is why|that's why|which meant|as a result|because of that)\b", re.I
)
BAD = -0.2
GOOD = 0.35
MILD_PAIN = -0.4
"""Polarity of a pain that is told without a word of mood."""
ALIKE = 0.5
GENERIC = re.compile(
    r"(improve (the )?(communication|service|experience)|train (the )?staff|staff training|"
    r"make it (faster|better)|better service)",
    re.I,
)
LEVERS = (
    ("Tell before it goes wrong", "sends each customer a message with the new date one day before"),
    ("Check at the source", "checks ten cases each Monday with a list and stops the faulty ones"),
    (
        "One owner per case",
        "names one person for each open case and shows the name to the customer",
    ),
    ("Let customers do it", "puts a form on the page so that customers correct it themselves"),
    ("Mend without asking", "pays back at once when the promised date has passed by two days"),
    ("Take out a step", "drops the second confirmation and fills in what is known already"),
    ("Count it weekly", "counts the cases every Friday and reads the three worst aloud"),
)


def answer_extract(system: str, item: str) -> dict:
    """A mention for each sentence that names a known touchpoint or shows a mood or a cue."""
    catalogue = read_catalogue(system)
    mentions: list[dict] = []
    causes: list[dict] = []
    for line in read_lines(item):
        first = len(mentions)
        for sentence in split_sentences(line.words):
            mentions += _read_sentence(line.number, sentence, catalogue)
        causes += _read_causes(line.words, mentions, first)
    return {"mentions": mentions, "causes": causes}


def _read_sentence(number: int, sentence: str, catalogue: tuple[Known, ...]) -> list[dict]:
    known = find_known(sentence, catalogue)
    kind, polarity = read_kind(sentence)
    if known is None and kind == "experience" and abs(polarity) < GOOD:
        return []
    touchpoint = known.code if known else short_name(sentence)
    if not touchpoint:
        return []
    outcome = {"pain": "failed", "praise": "worked"}.get(kind, "unknown")
    return [{
        "line": number, "quote": sentence, "touchpoint": touchpoint, "kind": kind,
        "polarity": round(polarity, 2), "intensity": round(min(1.0, abs(polarity) + 0.1), 2),
        "outcome": outcome, "confidence": 0.85 if known else 0.65,
    }]  # fmt: skip


def read_kind(sentence: str) -> tuple[str, float]:
    """The kind and the polarity of a sentence, by VADER and a few cues."""
    text, polarity = sentence.lower().replace("’", "'"), mood(sentence)
    for kind, cue in CUES.items():
        if cue.search(text):
            return kind, polarity
    if polarity <= BAD:
        return "pain", polarity
    if PAIN.search(text) and polarity < GOOD:
        return "pain", min(polarity, MILD_PAIN)
    return ("praise" if polarity >= GOOD else "experience"), polarity


def _read_causes(words: str, mentions: list[dict], first: int) -> list[dict]:
    """A sentence that begins with 'So' is the effect of the mention right before it."""
    found = []
    for cause, effect in pairwise(range(first, len(mentions))):
        if SO.match(mentions[effect]["quote"]):
            start = words.find(mentions[cause]["quote"])
            end = words.find(mentions[effect]["quote"], start) + len(mentions[effect]["quote"])
            quote = words[start:end]
            found.append({"line": mentions[effect]["line"], "cause": cause, "effect": effect,
                          "quote": quote})  # fmt: skip
    return found


def answer_same(_: str, item: str) -> dict:
    """The other names that share half of their words with the first, or nearly with its quote."""
    first, *rest = item.split("\n")
    said = " ".join(line for line in rest if line.startswith("- "))
    others = {
        int(m[1]): m[2].split(" - ") for line in rest if (m := re.match(r"(\d+): (.*)", line))
    }
    same = []
    for number, (name, *quote) in others.items():
        by_name, by_quote = likeness(first, name), likeness(said, " ".join(quote))
        if by_name > ALIKE or by_name + by_quote > 2 * ALIKE:
            same.append(number)
    return {"same": same}


def answer_name(system: str, item: str) -> dict:
    """The most frequent label, made tidy."""
    labels_line = re.search(r"^Labels: (.*)$", item, re.MULTILINE)
    labels = [label.strip() for label in (labels_line[1] if labels_line else "").split(";")]
    counts = Counter(label.lower() for label in labels if label)
    quotes = " ".join(read_quotes(item))
    name = (counts.most_common(1)[0][0] if counts else short_name(quotes) or "Other").capitalize()
    known = find_known(name, read_catalogue(system))
    return {
        "name": name,
        "definition": f"What customers meet at: {name.lower()}. Not: what comes before or after.",
        "stage": _find_stage(system, f"{item} {known.definition if known else ''}"),
        "near": known.code if known else "",
    }


def _find_stage(system: str, text: str) -> str:
    """The listed stage with most of its words in the text; without any, the second, where most
    contacts are."""
    stages = read_stages(system)
    words = roots(text)
    scored = [(len(roots(stage) & words), stage) for stage in stages]
    best = max(scored, default=(0, ""), key=lambda pair: pair[0])
    return best[1] if best[0] else (stages[min(1, len(stages) - 1)] if stages else "")


def read_groups(item: str) -> dict[int, list[str]]:
    """Quotes of 'Group N:' by number."""
    parts = re.split(r"^Group (\d+):", item, flags=re.MULTILINE)[1:]
    return {int(n): read_quotes(text) for n, text in zip(parts[::2], parts[1::2], strict=True)}


def answer_pains(_: str, item: str) -> dict:
    """Groups that share half of their words tell one problem."""
    problems: list[tuple[list[int], str]] = []
    for number, quotes in read_groups(item).items():
        text = " ".join(quotes)
        near = [p for p in problems if likeness(p[1], text) > ALIKE]
        if near:
            near[0][0].append(number)
        else:
            problems.append(([number], text))
    return {"problems": [{"groups": groups, "name": _name_problem(t)} for groups, t in problems]}


def _name_problem(text: str) -> str:
    """The first five words of the first painful sentence."""
    sentences = split_sentences(text) or [text]
    words = min(sentences, key=mood).lower().strip(".!?").split()
    return " ".join(words[:5]) or "something goes wrong"


def answer_propose(_: str, item: str) -> dict:
    """Seven proposals, each on another quote."""
    quotes = {int(m[1]): m[2] for m in re.finditer(r"^\[(\d+)\] (.*)$", item, re.MULTILINE)}
    named = re.search(r"^Touchpoint: (.*)$", item, re.MULTILINE)
    name = named[1].strip() if named else short_name(item) or "this step"
    facts = re.sub(r"^\[\d+\].*$", "", item, flags=re.MULTILINE)
    figure = re.search(r"\d+(?:\.\d+)? ?%|\b\d+ (?:of|out of) \d+", facts)
    numbers = list(quotes) or [1]
    return {
        "proposals": [
            _write_proposal(place, name, numbers[place % len(numbers)], quotes, figure)
            for place in range(len(LEVERS))
        ]
    }


def _write_proposal(
    place: int, name: str, number: int, quotes: dict[int, str], figure: re.Match | None
) -> dict:
    lever, action = LEVERS[place]
    subject = short_name(quotes.get(number, ""), 3).lower() or name.lower()
    return {
        "lever": lever,
        "change": f"From Monday the owner of {name} {action}, beginning with: {subject}.",
        "resources": f"One service lead, {2 + place} days, the tool in use today.",
        "measure": f"Share of customers at {name} who report trouble with {subject}.",
        "baseline": figure[0] if figure else "not measured yet",
        "target": f"{20 - 2 * place}% of customers",
        "side_effects": "More work at the neighbouring touchpoint in the first two weeks.",
        "evidence": [number],
    }


def answer_critique(_: str, item: str) -> dict:
    """Nothing to say but of proposals in general words and of levers that came before."""
    verdicts, levers = [], set()
    for m in re.finditer(r"^Proposal (\d+): ([^:\n]*):? ?(.*)$", item, re.MULTILINE):
        fault, reason = "none", "It says who does what."
        if GENERIC.search(m[0]):
            fault, reason = "generic", "It would fit any business."
        elif m[2].lower() in levers:
            fault, reason = "duplicate", "An earlier proposal says the same."
        levers.add(m[2].lower())
        verdicts.append({"number": int(m[1]), "fault": fault, "reason": reason})
    return {"verdicts": verdicts}


STAGES = ("Discover", "Choose", "Begin", "Use", "Get help", "Stay or leave")
CONTACTS = (
    ("Website", 0, "web"), ("Price and quote", 1, "e-mail"), ("Order", 1, "web"),
    ("First visit", 2, "in person"), ("Delivery", 3, "in person"), ("Invoice", 3, "e-mail"),
    ("Support call", 4, "phone"), ("Cancellation", 5, "phone"),
)  # fmt: skip


def answer_suggest(_: str, item: str) -> dict:
    """Six stages and eight contacts, named after the business."""
    business = short_name(item) or "business"
    stages = [
        {
            "stage": stage, "aim_customer": f"Gets through '{stage}' without effort.",
            "aim_business": f"Wins customers of {business.lower()}.",
            "done_when": "The customer moves on.", "timeframe_days": 7 * (place + 1),
        }
        for place, stage in enumerate(STAGES)
    ]  # fmt: skip
    touchpoints = [
        {
            "name": name, "definition": f"What customers of {business.lower()} meet at: {name}.",
            "stage": STAGES[stage], "channel": channel, "owner": "Service lead",
            "aliases": [f"the {name.lower()}"],
            "examples": [f"The {name.lower()} was quick.", f"The {name.lower()} was a mess."],
        }
        for name, stage, channel in CONTACTS
    ]  # fmt: skip
    return {"stages": stages, "touchpoints": touchpoints}
