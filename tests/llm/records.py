"""What a server remembers of the requests it got."""

import hashlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

CHAT = "/v1/chat/completions"


@dataclass
class Record:
    """One request. Headers are not kept: the key stands in them."""

    method: str
    path: str
    body: dict | None
    digest: str
    """sha256 of the body, whatever the order of its keys"""
    attempt: int
    """how often this body had been asked before, from 0"""
    is_batch: bool = False
    at: float = field(default_factory=time.monotonic)
    task: str = ""
    n_items: int = 0
    status: int = 0
    """0 while it is in flight, 499 if the client went away first"""
    fault: str = ""
    answer: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    in_flight: int = 0
    """calls in flight when it came, with itself"""
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether it was answered, and nothing was wrong with the answer."""
        return self.status == 200 and self.fault in {"", "slow"}


class Book:
    """All records; every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._records: list[Record] = []
        self._attempts: Counter[str] = Counter()
        self.in_flight = 0
        self.max_in_flight = 0

    def begin(self, method: str, path: str, body: dict | None, *, is_batch: bool = False) -> Record:
        """A new record; what comes in a batch is not in flight."""
        digest = digest_of(path, body)
        with self._changed:
            record = Record(method, path, body, digest, self._attempts[digest], is_batch)
            self._attempts[digest] += 1
            self._records.append(record)
            if not is_batch:
                self.in_flight += 1
                self.max_in_flight = max(self.max_in_flight, self.in_flight)
                record.in_flight = self.in_flight
        return record

    def end(self, record: Record, status: int) -> None:
        with self._changed:
            record.status = status
            record.seconds = time.monotonic() - record.at
            if not record.is_batch:
                self.in_flight -= 1
            self._changed.notify_all()

    def all(self) -> list[Record]:
        with self._changed:
            return list(self._records)

    def wait_for(self, n_answered: int, seconds: float, path: str = CHAT) -> bool:
        """Whether so many chats, or requests of another path, were answered in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: (
                    sum(r.status == 200 and r.path == path for r in self._records) >= n_answered
                ),
                seconds,
            )

    def forget(self) -> None:
        """Calls in flight stay counted as such."""
        with self._changed:
            self._records.clear()
            self._attempts.clear()
            self.max_in_flight = self.in_flight


def digest_of(path: str, body: dict | None) -> str:
    """One digest for one request, live or in a batch."""
    text = json.dumps([path, body], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
