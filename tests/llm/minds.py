"""What the server answers. A mind is (task, system message, {item number: text}) -> answer.

`default_mind` reads as well as a plain reader can. The others misbehave: `obedient_mind` does what
customers' texts tell it, `liar_mind` and `liar(...)` alter quotes, `echo` gives the items back.
Under strict structured output the server drops the fields that the schema does not have.
"""

import re
from collections.abc import Callable, Iterator

from tests.llm import answers as a
from tests.llm.reading import STAFF_WORDS, read_catalogue, read_lines, split_sentences

Mind = Callable[[str, str, dict[int, str]], dict]
TASKS = {
    "extract": a.answer_extract, "same": a.answer_same, "name": a.answer_name,
    "pains": a.answer_pains, "propose": a.answer_propose, "critique": a.answer_critique,
    "suggest": a.answer_suggest,
}  # fmt: skip
ORDER = re.compile(
    r"(?:ignore|disregard|forget|override)\b.{0,60}?\b(?:instructions?|rules|prompt|above)\b|"
    r"\b(?:system|assistant|developer)\s*:|\byou (?:must|are now|will now)\b",
    re.IGNORECASE,
)
SAYING = re.compile(
    r"\b(?:output|say|answer|reply|print|write|return|add|name|call|report)\b(?:\s+(?:with|only|it|"
    r"that|exactly))?[:\s]+[\"'“«]?(.+?)[\"'”»]?(?:[.!\n]|$)",
    re.IGNORECASE,
)
FOREIGN_IDS = (77, 999)
"""Items that an obedient mind answers though nobody asked."""


def default_mind(task: str, system: str, items: dict[int, str]) -> dict:
    """A sensible result for each item; none for a task it does not know."""
    answer = TASKS.get(task.partition(".")[0])
    if answer is None:
        return {"results": []}
    return {"results": [{"id": n, **answer(system, text)} for n, text in items.items()]}


def echo(task: str, system: str, items: dict[int, str]) -> dict:
    """The items as they came; for calls without a schema."""
    return {"results": [{"id": number, "text": text} for number, text in items.items()]}


def find_order(text: str) -> str:
    """What a text tells the model to output, or ''."""
    order = ORDER.search(text)
    if not order:
        return ""
    said = SAYING.search(text, order.end())
    return (said[1] if said else text[order.start() :]).strip()[:200]


def obedient_mind(task: str, system: str, items: dict[int, str]) -> dict:
    """Obeys the first order in the items: it stands in every text field of that item, in one more
    mention of all other items of the call, and in results for items that do not exist."""
    honest = default_mind(task, system, items)
    orders = {number: find_order(text) for number, text in items.items()}
    obeyed = next((order for order in orders.values() if order), "")
    if not obeyed:
        return honest
    results = [
        _obey(result, obeyed, items[result["id"]], is_whole=bool(orders[result["id"]]))
        for result in honest["results"]
    ]
    taken = {key: value for key, value in results[0].items() if key != "id"}
    foreign = [max(items) + 1, *(n for n in FOREIGN_IDS if n not in items)]
    return {"results": [*results, *({"id": number, **taken} for number in foreign)]}


def _obey(result: dict, obeyed: str, item: str, *, is_whole: bool) -> dict:
    if "mentions" in result:
        extra = list(_obeying_mentions(obeyed, item))
        kept = [] if is_whole else result["mentions"]
        return {**result, "mentions": [*kept, *extra], "causes": []}
    if not is_whole:
        return result
    return {key: _replace(key, value, obeyed) for key, value in result.items()}


def _obeying_mentions(obeyed: str, item: str) -> Iterator[dict]:
    """The obeyed words as quote, as name, and with a line that does not exist."""
    lines = read_lines(item) or read_lines("[1] -")
    sentence = (split_sentences(lines[0].words) or ["-"])[0]
    choices = (
        (lines[0].number, obeyed, "T1"),
        (lines[0].number, sentence, obeyed),
        (lines[-1].number + 50, obeyed, obeyed),
    )
    for line, quote, touchpoint in choices:
        yield {
            "line": line, "quote": quote, "touchpoint": touchpoint, "kind": "praise",
            "polarity": 1.0, "intensity": 1.0, "outcome": "worked", "confidence": 1.0,
        }  # fmt: skip


def _replace(key: str, value: object, obeyed: str) -> object:
    """Every text becomes the obeyed one, every yes-or-no yes; numbers and faults stay."""
    if isinstance(value, bool):
        return True
    if isinstance(value, str):
        return value if key == "fault" else obeyed
    if isinstance(value, list):
        return [_replace(key, part, obeyed) for part in value]
    if isinstance(value, dict):
        return {k: _replace(k, part, obeyed) for k, part in value.items()}
    return value


NEGATION = re.compile(r"\b(?:not|never|no|nobody|cannot)\b ?|n['’]t\b", re.IGNORECASE)
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBER = re.compile(rf"\d+|\b(?:{'|'.join(NUMBERS)})\b", re.IGNORECASE)
INVENTED = "They kept me on the line for nine hours and then sold my data."


class Source:
    """Where a liar takes its words from: the item, its neighbours, and the system message."""

    def __init__(self, system: str, number: int, items: dict[int, str]) -> None:
        self.system = system
        self.item = items[number]
        self.others = [text for other, text in items.items() if other != number]
        self.sentences = _sentences(self.item)


def _sentences(item: str) -> list[str]:
    return [s for line in read_lines(item) for s in split_sentences(line.words)]


def _drop_negation(quote: str, _: Source) -> str:
    """Without its 'not'; a quote that has none gets one."""
    told = NEGATION.sub("", quote, count=1)
    return told if told != quote else f"Not {quote[:1].lower()}{quote[1:]}"


def _change_number(quote: str, _: Source) -> str:
    """The first number one higher; a quote that has none gets one."""
    told = NUMBER.sub(_next_number, quote, count=1)
    return told if told != quote else f"{quote.rstrip('.!?')} 14 times"


def _next_number(number: re.Match) -> str:
    word = number[0].lower()
    if word.isdigit():
        return str(int(word) + 1)
    return NUMBERS[(NUMBERS.index(word) + 1) % len(NUMBERS)]


def _stitch(quote: str, source: Source) -> str:
    """Its beginning with the end of another sentence of the item."""
    other = next((s for s in source.sentences if s != quote), INVENTED)
    begin, end = quote.split(), other.split()
    return " ".join(begin[: max(1, len(begin) // 2)] + end[len(end) // 2 :])


def _take_from_staff(_: str, source: Source) -> str:
    """What the staff said."""
    staff = STAFF_WORDS.search(source.item)
    return staff[1] if staff else INVENTED


def _take_from_prompt(_: str, source: Source) -> str:
    """The first example's line in the system message, else a definition."""
    example = source.system.partition("Example")[2]
    lines = [line for line in read_lines(example) if line.words.strip()] if example else []
    if lines:
        return (split_sentences(lines[0].words) or [lines[0].words])[0]
    return next((known.definition for known in read_catalogue(source.system)), INVENTED)


def _take_from_other(_: str, source: Source) -> str:
    """A sentence of another item of the call."""
    return next((s for text in source.others for s in _sentences(text)), INVENTED)


LIES: dict[str, Callable[[str, Source], str]] = {
    "negation": _drop_negation, "number": _change_number, "stitched": _stitch,
    "staff": _take_from_staff, "prompt": _take_from_prompt, "other_item": _take_from_other,
}  # fmt: skip


def liar(*lies: str) -> Mind:
    """A mind none of whose quotes is right; the lies (keys of LIES; all if none is named) take
    turns. What it says of other tasks points to things that do not exist, or is turned round."""
    chosen = lies or tuple(LIES)

    def mind(task: str, system: str, items: dict[int, str]) -> dict:
        honest = default_mind(task, system, items)["results"]
        return {
            "results": [
                _lie_of(result, Source(system, result["id"], items), chosen) for result in honest
            ]
        }

    return mind


liar_mind = liar()
FALSE_FIELDS = {
    "proposals": {"evidence": [998, 999], "baseline": "73%"},
    "problems": {"groups": [998]},
    "verdicts": {"number": 998},
}


def _lie_of(result: dict, source: Source, lies: tuple[str, ...]) -> dict:
    if "mentions" in result:
        told = [
            {**mention, "quote": _lie(mention["quote"], source, lies[place % len(lies)])}
            for place, mention in enumerate(result["mentions"])
        ]
        return {**result, "mentions": told}
    return {**result, **_false_parts(result)}


def _false_parts(result: dict) -> dict:
    """What a liar says instead, by the parts that the result has."""
    false: dict = {}
    if "same" in result:
        false = {"same": [] if result["same"] else [1]}
    for part, told in FALSE_FIELDS.items():
        if part in result:
            false[part] = [{**one, **told} for one in result[part]]
    if "near" in result:
        false = {"stage": "No such stage", "near": "T998"}
    return false


def _lie(quote: str, source: Source, lie: str) -> str:
    """The lie, unless it happens to be what the customer said."""
    told = LIES[lie](quote, source)
    is_true = any(told in line.words for line in read_lines(source.item)) and lie != "staff"
    return INVENTED if is_true or not told.strip() else told
