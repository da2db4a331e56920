"""What a customer decided, read from the words of one quote; '' when the words do not tell."""

import re

from pipeline.text import normalise

CHOICES = ("buy", "stay", "leave", "upgrade", "escalate")

_PLACE = r"(?:company|provider|vendor|supplier|bank|platform|service|brand|firm|product)"
_THING = r"(?:an?|the|it|this|that|them|him|her|my|our|your|some|feedback|out|behind|without)"
_WORDS = {
    "leave": (
        rf"leav(?:e|es|ing)\b(?!\s+{_THING}\b(?!\s+{_PLACE}))"
        rf"|(?:i|we|they|have|had|has|ve|just|finally|therefore|simply|then) left\b"
        rf"(?!\s+{_THING}\b(?!\s+{_PLACE}))"
        r"|cancel(?:s|l?ed|l?ing)?\b|churn(?:ed|ing)?\b|terminat(?:e|ed|ing)\b"
        r"|unsubscrib(?:e|ed|ing)\b|quit(?:ting)?\b|clos(?:e|ed|ing) (?:my|our|the) account\b"
        r"|(?:walk|walked|walking) away\b|(?:go|going|went|move|moved|moving) elsewhere\b"
        r"|(?:switch(?:ed|ing)?|mov(?:e|ed|ing)) (?:away|(?:over )?to (?:a |another |your )?"
        r"(?:competitors?|rivals?|provider|vendor|supplier|bank))\b"
        r"|(?:switch(?:ed|ing)?|chang(?:e|ed|ing)) (?:providers?|vendors?|suppliers?|banks?)\b"
    ),
    "stay": (
        r"stay(?:s|ed|ing)?\b(?!\s+(?:on|in|at|over|up|there|here for|logged|away)\b)"
        r"|renew(?:s|ed|ing)?\b|(?:stick|sticking|stuck) with (?:you|it|them|the)\b"
        r"|(?:keep|kept|keeping) (?:using|the account|our account|my account|the subscription"
        r"|our subscription|my subscription)\b|remain(?:ed|ing)? (?:a customer|with)\b"
        r"|extend(?:ed|ing)? (?:the|our|my) (?:contract|subscription|licen[cs]e)\b"
    ),
    "buy": (
        r"buy(?:ing)?\b|bought\b|purchas(?:e|ed|ing)\b|subscrib(?:e|ed|ing)\b"
        r"|sign(?:ed|ing)? (?:up|with|the contract|a contract)\b|(?:go|went|going) with you\b"
        r"|(?:go|went|going) ahead with (?:the|your|it)\b|(?:chose|choose|picked) (?:you|your)\b"
        r"|order(?:ed|ing)\b"
    ),
    "upgrade": (
        r"upgrad(?:e|ed|ing)\b|(?:add|added|adding) (?:\w+ )?(?:seats|licen[cs]es|users)\b"
        r"|expand(?:ed|ing)? (?:our|the|to)\b"
        r"|(?:mov(?:e|ed|ing)|switch(?:ed|ing)?) (?:up )?to (?:the|a|your) (?:\w+ )?"
        r"(?:bigger|higher|larger|premium|pro|enterprise|business)\b"
    ),
    "escalate": (
        r"escalat(?:e|ed|ing)\b|ombudsman\b|regulator\b|lawyers?\b|solicitors?\b|chargeback\b"
        r"|legal action\b|(?:formal|official) complaint\b|(?:take|took) (?:this|it) further\b"
        r"|(?:ask|asked|asking|demand|demanded) (?:for|to (?:speak|talk) (?:to|with)) "
        r"(?:an?|the|your) (?:manager|supervisor)\b"
    ),
}  # fmt: skip
_FOUND = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items()) + ")"
)
_NEGATED = re.compile(
    r"\b(?:not|never|no longer|nobody|against|without|rather than|instead of|stopped"
    r"|no (?:intention|plans?|reason|wish) (?:of|to)|\w+n't|refused? to)(?: [\w']+){0,4} $"
)
_UNREAL = re.compile(
    r"\b(?:can't|cannot|can not|couldn't|could not|unable to|nearly|almost|would|would've"
    r"|could have|'d have|might have|unless|if (?:i|we|you|they)|how (?:do|can) (?:i|we)"
    r"|tried to|trying to|about to)(?: [\w']+){0,4} $"
)
_BREAK = re.compile(r"[.,;:!?()]| but | and | so | then | because | - ")
_OPPOSITE = {"leave": "stay", "stay": "leave"}


def choice_of(quote: str) -> str:
    """Return the one of CHOICES that `quote` tells of; '' for none, or for more than one."""
    text = normalise(quote)
    chosen = set()
    for match in _FOUND.finditer(text):
        clause = _BREAK.split(text[: match.start()])[-1]
        if _UNREAL.search(clause):
            continue
        choice = str(match.lastgroup)
        if _NEGATED.search(clause):
            choice = _OPPOSITE.get(choice, "")
        chosen.add(choice)
    chosen.discard("")
    return chosen.pop() if len(chosen) == 1 else ""
