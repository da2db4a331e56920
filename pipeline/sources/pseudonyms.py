"""Names of customers → pseudonyms, before any table is written.

A pseudonym hides a person from readers, not from somebody who looks for one: whoever knows the
corpus and a name can work out its pseudonym. Names inside what was said stay.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import pandas as pd

from pipeline.config import Privacy
from pipeline.sources.privacy import redact_text
from pipeline.sources.read import Read
from pipeline.sources.speakers import AGENT, CUSTOMER, is_role, words_of
from pipeline.text import stable_id

_CODE = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9._-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(
    r"(?<![^._-])(?:\d[0-9a-f]+|(?=[0-9a-f]*\d[a-f])[0-9a-f]{8,})(?![^._-])", re.IGNORECASE
)
"""Hexadecimal numbers; without a digit before a letter it may be a name, as in becca1980."""
_LETTERS = re.compile(r"[A-Za-z]+")
_LONGEST_NO_WORD, _LONGEST_CAPITALS = 2, 3
_LEAST_ABROAD = 11
"""Digits of a phone number with the code of its country."""
_CODE_WORDS = """
    customer customers cust client clients user users account acct member guest patient subscriber
    respondent visitor person contact company tenant number num ref uid cid usr cus anon test
"""
_IN_CODES = frozenset(_CODE_WORDS.split())
_PSEUDONYM_BYTES = 5
"""40 bits, eight letters: among 20,000 customers two share a pseudonym once in 5,500 corpora."""

_GIVEN = re.compile(
    r"((?:.*? )??(?:id|conversation) )(.+?)((?: \(again \d+\))?(?: column .*)?)", re.DOTALL
)
"""A locator that holds an id of the source: `id 12`, `conversation 7 (again 1)`."""
_JOINED = " | "
"""Between the values that the rows of one conversation have in a column."""
_WHO = "(?:customer|client|user|caller|reviewer|respondent|contact|guest|member|passenger|patient)"
_NAME_COLUMN = re.compile(
    rf"{_WHO}?(?:first|last|full|family|given|middle|display|nick|sur)?name"
    r"|customer|client|user|caller|reviewer|respondent|contact|contactperson|handle"
    r"|kunde|kundenname|vorname|nachname|nom|prenom|prénom|nombre|apellidos?|nome|sobrenome|cliente"
)
"""Columns, by their letters alone, that hold the name of a customer."""
_AUTHOR_COLUMN = re.compile(r"(?:author|writer|poster|sender)(?:name)?|(?:posted|written)by")
_OWN_WORDS = frozenset({"review", "social", "survey"})
"""Kinds of documents whose author is the customer; in notes and tickets it may be staff."""


def pseudonymise(found: Read, corpus: str, privacy: Privacy) -> Read:
    """Return what was read with a pseudonym wherever a customer was named.

    One id has one pseudonym in every source and period of a corpus; ids that are codes stay, and
    so do the names of staff. What a customer is called changes in documents (also as the account,
    and in a locator made of it), as a speaker, among the attributes and the rejects.
    """
    names = pseudonyms(found.people, corpus, privacy)
    people = _People(found.documents, names, corpus, privacy)
    return found._replace(
        documents=_documents(found.documents, names),
        turns=_turns(found.turns, people),
        attributes=_attributes(found.attributes, people),
        rejects=_rejects(found.rejects, names),
        people=frozenset(names.get(one, one) for one in found.people),
    )


def pseudonyms(ids: Iterable[str], corpus: str, privacy: Privacy) -> dict[str, str]:
    """Return the pseudonym of each customer's id that is no code, as P-K5WQ2MTB."""
    return {one: _pseudonym(corpus, one) for one in ids if not is_code(one, privacy.region)}


@lru_cache(maxsize=16_384)
def is_code(written: str, region: str = "GB") -> bool:
    """Tell whether an id is a code, which names nobody: C044, 10293, cust_8f3a, a UUID.

    A code has a digit, no blank or sign but `.`, `_` and `-`, and no word beyond ones such as
    customer, user or id, where three letters in a row are a word (in capitals four) unless they
    belong to a hexadecimal number. A phone, card or account number or an address is none.
    """
    if not _CODE.fullmatch(written):
        return False
    rest = _UUID.sub("", written)
    # A number as long as one with its country's code may be one that lacks the plus.
    read = [rest, f"+{rest}"] if rest.isdigit() and len(rest) >= _LEAST_ABROAD else [rest]
    if any(redact_text(text, Privacy(region=region)) != text for text in read):
        return False
    return not any(_is_word(run) for run in _LETTERS.findall(_HEX.sub("", rest)))


def _is_word(letters: str) -> bool:
    longest = _LONGEST_CAPITALS if letters.isupper() else _LONGEST_NO_WORD
    return len(letters) > longest and letters.casefold() not in _IN_CODES


def _pseudonym(*parts: str) -> str:
    digest = bytes.fromhex(stable_id("customer", *parts))
    return f"P-{base64.b32encode(digest[:_PSEUDONYM_BYTES]).decode()}"


class _People:
    """Who the customer of each document is, and what to call those who speak in it."""

    def __init__(
        self, documents: pd.DataFrame, names: Mapping[str, str], corpus: str, privacy: Privacy
    ) -> None:
        keys = documents["document_id"].tolist()
        self._customers = dict(zip(keys, documents["customer_id"].tolist(), strict=True))
        self._kinds = dict(zip(keys, documents["kind"].tolist(), strict=True))
        self._nameless = set(documents.loc[documents["is_anonymous"], "document_id"])
        self.names = names
        self._corpus = corpus
        self._region = privacy.region

    def call(self, label: str, document_id: str, *, is_customer: bool) -> str:
        """Return what to call somebody in a document: as the document's customer, when that is
        who it is; words for a side and codes stay; anybody else has a pseudonym of their own.
        """
        customer = self._customers[document_id]
        if is_role(label) or is_code(label, self._region):
            return label
        if label in self.names:
            return self.names[label]
        # A header says `Maria Lopez`, the lines say `Maria`.
        words = words_of(label)
        is_same = is_customer or (bool(words) and words <= words_of(customer))
        if is_same and document_id not in self._nameless:
            return self.names.get(customer, customer)
        return _pseudonym(self._corpus, customer, label)

    def is_author(self, document_id: str) -> bool:
        """Tell whether whoever wrote a document is its customer."""
        return self._kinds[document_id] in _OWN_WORDS


def _documents(documents: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the documents with pseudonyms for customers, and accounts that are customers."""
    return documents.assign(
        **{
            name: _text([names.get(one, one) for one in documents[name]], documents)
            for name in ("customer_id", "account_id")
        },
        locator=_text([_place(one, names) for one in documents["locator"]], documents),
    )


def _turns(turns: pd.DataFrame, people: _People) -> pd.DataFrame:
    """Return the turns with pseudonyms for all who speak and are not staff.

    Who speaks alone on the customer's side is the customer of the document.
    """
    pair = ["document_id", "speaker_name"]
    theirs = turns["speaker"] != AGENT
    labels = turns.loc[theirs & (turns["speaker_name"] != ""), [*pair, "speaker"]]
    labels = labels.drop_duplicates(pair)
    labels = labels[
        ~labels["speaker_name"].isin(list(filter(is_role, labels["speaker_name"].unique())))
    ]
    alone = (labels["speaker"] == CUSTOMER) & ~labels["document_id"].duplicated(keep=False)
    called = {
        (document_id, name): people.call(name, document_id, is_customer=is_alone)
        for document_id, name, is_alone in zip(
            labels["document_id"], labels["speaker_name"], alone, strict=True
        )
    }
    shown = [
        called.get((document_id, name), name) if is_theirs else name
        for document_id, name, is_theirs in zip(
            turns["document_id"], turns["speaker_name"], theirs, strict=True
        )
    ]
    return turns.assign(speaker_name=_text(shown, turns))


def _attributes(attributes: pd.DataFrame, people: _People) -> pd.DataFrame:
    """Return the attributes with pseudonyms in columns of names, and for values that are ids."""
    columns = {name for name in attributes["name"].unique() if _holds_names(name)}
    authors = {n for n in attributes["name"].unique() if _AUTHOR_COLUMN.fullmatch(_letters(n))}

    def show(document_id: str, name: str, value: str) -> str:
        parts = value.split(_JOINED)
        if name in columns or (name in authors and people.is_author(document_id)):
            called = [people.call(one, document_id, is_customer=True) for one in parts]
            return _JOINED.join(dict.fromkeys(called))
        return _JOINED.join(people.names.get(one, one) for one in parts)

    columns_read = (attributes[name] for name in ("document_id", "name", "value"))
    return attributes.assign(
        value=_text([show(*row) for row in zip(*columns_read, strict=True)], attributes)
    )


def _holds_names(column: str) -> bool:
    """Tell whether a column holds customers' names; of `plan.name` the first part says no."""
    *parents, last = map(_letters, column.split("."))
    is_name = bool(_NAME_COLUMN.fullmatch(last))
    return is_name and (not parents or any(re.fullmatch(_WHO, one) for one in parents))


def _letters(column: str) -> str:
    """Return the letters of a column's name, without case."""
    return "".join(c for c in column.casefold() if c.isalpha())


def _rejects(rejects: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the rejects with pseudonyms where a row is known by its customer."""

    def show(row_id: str) -> str:
        path, colon, locator = row_id.partition(": ")
        return f"{path}{colon}{_place(locator, names)}"

    return rejects.assign(row_id=_text([show(one) for one in rejects["row_id"]], rejects))


def _place(locator: str, names: Mapping[str, str]) -> str:
    """Return a locator that holds no customer's name."""
    match = _GIVEN.fullmatch(locator)
    if not match or match[2] not in names:
        return locator
    return f"{match[1]}{names[match[2]]}{match[3]}"


def _text(values: list[str], frame: pd.DataFrame) -> pd.Series:
    return pd.Series(values, index=frame.index, dtype="str")
