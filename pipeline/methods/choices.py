"""Which choice a customer made (buy, stay, leave, upgrade, escalate), read from their words.

The words of each choice stand in choices.toml and nowhere else: what counts as a choice and which
one it is are told by one list.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipeline.text import normalise

CHOICES = ("buy", "stay", "leave", "upgrade", "escalate")

_ORDER = ("leave", "stay", "escalate", "upgrade", "buy")
"""Of two that begin at the same word the first counts: buying is how one does the others."""
_WORDS_FILE = Path(__file__).with_name("choices.toml")
_NEGATED = re.compile(
    r"\b(?:not|never|no longer|nobody|against|without|rather than|instead of|stopped|nor"
    r"|no (?:intention|plans?|reason|wish) (?:of|to)|sa(?:y|ys|id|ying) no to|\w+n't|refused? to)"
    r"(?: [\w']+){0,4} $"
)
"""Up to four words before a choice these turn it into its opposite, or into none."""
_UNREAL = re.compile(
    r"\b(?:can't|cannot|can not|couldn't|could not|unable to|nearly|almost|close to|would|would've"
    r"|could|\w+'d have|might|may|should|unless|if|whether|how (?:do|can|could|would)"
    r"|tr(?:y|ied|ying) to|about to|(?:was|were) (?:going|ready|set) to|used to|half a mind to"
    r"|(?:think|thought|thinking|feelings?|doubts?|unsure|worr(?:y|ied)|nervous) (?:of|about)"
    r"|no (?:faith|trust|confidence|hope|appetite)(?: left)? (?:to|in)|consider(?:ed|ing)"
    r"|wonder(?:ed|ing)?|tempted to"
    r"|(?<!n't )(?<!not )want(?:s|ed)? to|need(?:ed)? to|hop(?:e|ed|ing) (?:to|i|we)"
    r"|sorry|regrett?(?:ed|ing)?|wish(?:ed)?|doubt|threat(?:en)?ed to"
    r"|(?:told|asked|advised|urged|begged|made|makes|invited|reminded|lets?|allowed)"
    r" (?:me|us)(?: to)?|(?:was|were|been|got) (?:told|asked|advised|urged|invited|reminded) to"
    r"|(?:will|'ll|going to|gonna) have to|fixin(?:g|')? to"
    r"|(?:do|did) (?:i|we|you)|will you|are you|undecided|toying with|the idea of|in two minds)"
    r"(?: [\w']+){0,4} $"
)
"""Up to four words before a choice these say that it was not made: weighed, tried, advised."""
_IF = re.compile(r"(?<!even )(?<!as )\b(?:if|unless|had they)\b(?!.*\b(?:but|so|because)\b)")
"""A condition reaches to the end of its sentence, but for what follows "but", "so", "because"."""
_BREAK = re.compile(r"[.,;:!?()]| but | and | so | then | because | - ")
"""Where a clause ends: what negates or weighs a choice stands in the same one."""
_SENTENCE_END = re.compile(r"[.;!?]")
_SUBJECT = re.compile(
    r"\b(?:(?P<own>i|we|i'(?:m|ve|d|ll)|we'(?:re|ve|d|ll)|ive|im|weve"
    r"|(?:my|our) (?:wife|husband|partner|whole \w+|company|team|office|board|directors?|boss"
    r"|manager|family|parents|department|school|practice|firm|\w+ (?:director|team|office))"
    r"|the (?:board|department|directors|whole (?:office|family|team)))"
    r"|(?P<other>they|he|she|you|they'(?:re|ve|d|ll)|(?:he|she|you)'(?:d|ll|ve|re|s)"
    r"|who|people|customers?|somebody|someone|everyone|everybody|friends?|neighbou?rs?|council"
    r"|(?:most|half|some) of (?:my|our|the) \w+"
    r"|(?:my|our|his|her|their|your) (?!minds?\b)[\w'-]+))(?!\w)"
)
"""Who chooses: the speaker and their household or firm (`own`), or anybody else (`other`)."""
_PASSIVE = re.compile(r"\b(?:was|were|been|being|be|is|are|gets?|got|it|they) $")
"""A choice right after these was done to something, by someone who is not named."""
_NAMES_SELF = re.compile(
    r"^(?:i|we|i'm|we're|i'll|we'll|my|our)\b|^(?:lost|losing|seen|saw|that|have|keep|is|sits|lies|now)\b.*\b(?:my|our|us|me)\b"
)
"""Choices whose words name the speaker: the subject opens them or, as in "you have lost my
custom", closes them."""
_ELLIPTIC = re.compile(
    r"(?:^|[,:.;!]|\band|\bso|\bbut|\bthen)\s*(?:(?:just|then|so|also|finally|eventually|never|already"
    r"|will|won't|not|have|now|and|am|are|been|still|simply|nope|yes|ok|\w+ly|no) ?)*$"
)
"""Customers drop the "I" at the start of a clause ("Just cancelled"): then it is the speaker."""
_NOT_JUST_BOUGHT = re.compile(
    r"\b(?:instead(?! of)|another|again|same|already|on top|bigger|larger|(?:go|gone|went) back"
    r"|next|more|extra|further|extended|as well|too|premium|pro|gold|level|upper|for good|the other"
    r"|deluxe|family|full|longer|faster|better|dearer|pricier|wider|stronger|this time|elsewhere"
    r"|somewhere else|(?:my|our) own|in the end|ended up|that (?:was|did) it|last straw|enough"
    r"|high street|next door|down the road|around the corner|account with (?!you)\w+|yours"
    r"|(?:two|three|four|five|ten) (?:more|years|months)|rather than"
    r"|from (?!you|your|here|now)\w+|(?:with|at|off) (?:an?|some|somebody|someone|the one)"
    r"|second|third|fourth|fifth|sixth|seventh|tenth)\b"
)
"""Beside a purchase these tell of staying, leaving or having more, in words of no other choice:
which one it is cannot be told then."""
_TAKEN_BACK = re.compile(
    r"\bchang(?:ed|ing) (?:my|our) minds?|(?:thought|think) better of it|had second thoughts"
    r"|(?:took|taken|take) (?:it|that|the \w+) back|let it stand|talked (?:me|us) (?:out of|round)"
)
"""After a choice these undo it."""
_CANCELLATION = re.compile(r"(?:took|tak(?:en|ing)) (?:the|my|our) (?:cancellation|notice)")
"""Taken back, these are no goods."""
_FORMER = re.compile(
    r"(?: [\w']+){0,2}? (?:the (?:others?|last)|(?:my|our|the) (?:old|other|previous|former))\b"
)
"""What was left for the business, right after a choice to leave: that is no leaving it."""
_ON_ME = re.compile(r" on (?:me|us|my|our)\b")
"""Right after a choice to leave: the business left the customer in the lurch."""
_BASE_AFTER_WOULD = re.compile(r"'d (?:[\w']+ )?$")
_PAST = re.compile(
    r"\w+ed\b|left|bought|went|gone|took|taken|gave|given|sent|got|chose|chosen|made|paid"
)
_ON_CONDITION = re.compile(r"(?<!even )(?<!as )\b(?:if|unless)\b")
"""After a choice not told in the past these make it a threat."""
_GERUND_SUBJECT = re.compile(
    r"(?: [\w']+){0,3}? (?:took|takes|is|isn't|was|wasn't|means|meant|should|would|could|can|felt"
    r"|feels|seems|seemed|cost|costs|requires?|required)\b"
)
"""After "cancelling ..." these speak of it and do not tell that it was done."""
_UNASKED = re.compile(
    r"\b(?:without (?:asking|telling|warning|notice|my|a word|any)|last minute|twice|again"
    r"|\w+ times"
    r"|(?:on|the) (?:the )?(?:very )?(?:day|morning|night|evening)(?: before)?\b"
    r"|with (?:[\w']+ ){0,3}notice)"
)
"""After "cancelled my visit" with no subject these tell that the business did it."""
_OPPOSITE = {"leave": "stay", "stay": "leave"}
"""Not to leave is to stay; not to buy, upgrade or escalate is no choice."""
_DENIES = re.compile(r"(?:never|not|won't|will not|shan't)\b")
"""How a choice begins that denies something itself: "never again"."""
_ORDER_GIVEN = re.compile(
    r"(?:add|bank|book|bump|buy|cancel|change|choose|close|delete|ditch|eat|find|fly|get|give|go|hire"
    r"|join|keep|leave|look|move|order|purchase|put|quit|renew|return|send|shop|sign|stay|stick|stop"
    r"|subscribe|switch|take|try|uninstall|unsubscribe|upgrade|use|walk)\b"
)
"""How a choice begins that tells somebody to do it, where no subject stands before it."""
_MINE = re.compile(r"\b(?:me|us|my|our|mine|ours)\b")
"""To tell the business to do so with these is a choice; without them it is advice to others."""


class _Choice(NamedTuple):
    """A choice found in a text; the words of it and around it tell whose it is."""

    name: str
    before: str
    words: str
    after: str
    """to the end of the sentence"""


def choice_of(quote: str) -> str:
    """Return the one of CHOICES that the speaker of `quote` made; '' for none, or more than one.

    What others chose ("They closed my account.") is none.
    """
    names = {choice.name for choice in _find(normalise(quote)) if _is_own(choice)}
    if len(names) > 1:
        names.discard("buy")
    if names == {"buy"} and _NOT_JUST_BOUGHT.search(normalise(quote)):
        return ""
    return names.pop() if len(names) == 1 else ""


def is_own(quote: str) -> bool:
    """Tell whether `quote` tells of a choice, or of several, that the speaker made."""
    return any(_is_own(choice) for choice in _find(normalise(quote)))


def _find(text: str) -> Iterator[_Choice]:
    """Yield the choices in a folded text, but not those asked about or only thought of."""
    if text.endswith("?"):
        return
    for match in _words().finditer(text):
        before = text[: match.start()]
        clause = _BREAK.split(before)[-1]
        if _UNREAL.search(clause) or _IF.search(_SENTENCE_END.split(before)[-1]):
            continue
        name = str(match.lastgroup)
        if _is_undone(name, before, match.group(), _SENTENCE_END.split(text[match.end() :])[0]):
            continue
        if _NEGATED.search(_since_subject(clause)):
            name = _denied(name, before, match.group(), text[match.end() :])
        if name:
            yield _Choice(name, before, match.group(), _SENTENCE_END.split(text[match.end() :])[0])


def _is_undone(name: str, before: str, words: str, after: str) -> bool:
    """Tell whether what stands beside the words of a choice makes them another one's, a threat, a
    thing spoken of, or something taken back."""
    if _BASE_AFTER_WOULD.search(before) and _ORDER_GIVEN.match(words):
        return True
    if _TAKEN_BACK.search(after) or _CANCELLATION.match(words):
        return True
    if name == "leave" and (_FORMER.match(after) or _ON_ME.match(after)):
        return True
    is_subject = words.split(maxsplit=1)[0].endswith("ing") and _ELLIPTIC.search(before)
    if is_subject and _GERUND_SUBJECT.match(after):
        return True
    return bool(not _PAST.match(words) and _ON_CONDITION.search(after))


def _denied(name: str, before: str, words: str, after: str) -> str:
    """Return what a choice is when words before it deny it: "never never again" denies it no more
    than once, and what denies twice ("I won't say never again") is none."""
    if _DENIES.match(words):
        return name if before.endswith("never ") else ""
    return "" if " yet" in after else _OPPOSITE.get(name, "")


def _since_subject(clause: str) -> str:
    """Return a clause from its last subject on: what stands before it is not about the verb."""
    starts = [match.start() for match in _SUBJECT.finditer(clause)]
    return clause[starts[-1] :] if starts else clause


def _is_own(choice: _Choice) -> bool:
    """Tell whether the last subject named before a choice is the speaker."""
    if _NAMES_SELF.search(choice.words):
        return True
    if _PASSIVE.search(choice.before) and not choice.words.split()[0].endswith("ing"):
        return False
    subjects = list(_SUBJECT.finditer(_SENTENCE_END.split(choice.before)[-1]))
    if not subjects:
        is_advice = _ORDER_GIVEN.match(choice.words) and not _MINE.search(
            choice.words + choice.after
        )
        is_theirs = choice.name == "leave" and _UNASKED.search(choice.after)
        return not (is_advice or is_theirs) and bool(_ELLIPTIC.search(choice.before))
    return subjects[-1].lastgroup == "own"


@cache
def _words() -> re.Pattern[str]:
    """Return one pattern with a named group for each choice."""
    lists = tomllib.loads(_WORDS_FILE.read_text(encoding="utf-8"))
    groups = [f"(?P<{name}>{'|'.join(lists['choices'][name])})" for name in _ORDER]
    joined = "|".join(groups)
    while "{" in joined and any(f"{{{part}}}" in joined for part in lists["parts"]):
        for part, words in lists["parts"].items():
            joined = joined.replace(f"{{{part}}}", words)
    return re.compile(rf"(?<![\w'])(?:{joined})(?!\w)")
