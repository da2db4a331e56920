"""The log of decisions: a file of lines in the corpus folder to which only ever more is added.

A decision is confirmed once `append` has returned: it is then on the disk. The file is replaced as
a whole by one that holds the same and more, so that whoever reads, and whatever kills the process,
finds either all decisions of a request or none. Two branches of a repository that both decided are
merged by keeping the lines of both, in any order (`merge=union` in .gitattributes does so).
"""

import fcntl
import logging
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pipeline.decisions.actions import ACTIONS, Argument
from pipeline.decisions.history import latest_of_all, since
from pipeline.decisions.lines import clean, from_line, is_json, to_line
from pipeline.errors import ConfigError, InputError, TouchpointsError, shorten
from pipeline.tables import Decision

FILE = "decisions.jsonl"
LONGEST_WAIT = 10.0
"""Seconds to wait for another process that decides at this moment; it takes some milliseconds."""
_BOM = b"\xef\xbb\xbf"
_LONE_RETURN = re.compile(rb"\r(?!\n)")
"""A line end of old editors; JSON never holds one, so that it is never part of a decision."""
logger = logging.getLogger(__name__)


class Draft(NamedTuple):
    """A decision that is not confirmed yet."""

    who: str
    action: str
    target_id: str
    argument: Argument
    before: Mapping[str, object]
    """What the reviewer saw: the argument's fields as they were, and what `wording` needs."""
    reason: str
    period: str


class ConflictError(TouchpointsError):
    """Somebody decided about the same since the reviewer last looked."""

    def __init__(self, since: tuple[Decision, ...]) -> None:
        people = " and ".join(dict.fromkeys(shorten(row.who, 40) for row in since))
        what = f"{people} decided about the same meanwhile" if since else "the log was changed"
        super().__init__(f"{what}; look again, then decide")
        self.since = since
        """What was decided meanwhile about the targets, in order."""


class Log:
    """The decisions of one corpus."""

    def __init__(self, corpus_folder: Path) -> None:
        self.path = corpus_folder / FILE
        self._parsed: dict[bytes, Decision] = {}
        """Lines checked before: a log that has grown is not checked anew."""

    def stamp(self) -> tuple[int, int]:
        """Return when the file was written, in nanoseconds, and its size; zeros without one."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return (0, 0)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be opened: {error.strerror}") from error
        return (found.st_mtime_ns, found.st_size)

    def read(self) -> tuple[Decision, ...]:
        """Return the decisions by time, each once; InputError names the first line at fault."""
        return self._decisions(self._lines())

    def append(
        self, drafts: Sequence[Draft], seen: Mapping[str, str] | None
    ) -> tuple[Decision, ...]:
        """Confirm drafts, all or none, and return them as decisions.

        `seen` holds for each target its latest decision that the reviewer knew, '' for none;
        ConflictError when there is a later one by now. None asks for no such check. InputError for
        a draft that cannot be decided, ConfigError when the file cannot be written.
        """
        if not drafts:
            return ()
        with self._locked():
            stamp = self.stamp()
            lines = self._lines()
            before = self._decisions(lines)
            if seen is not None:
                _refuse_stale(before, {draft.target_id for draft in drafts}, seen)
            added = _confirmed(drafts, before)
            self._write(b"".join(line + b"\n" for line in [*lines, *added]), stamp)
            self._parsed |= added
        return tuple(added.values())

    def _lines(self) -> list[bytes]:
        """Return the lines of the file, without one at the end that was never written whole."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputError(f"{self.path}: cannot be opened: {error.strerror}") from error
        *lines, last = _LONE_RETURN.sub(b"\n", data).split(b"\n")
        if last.strip() and is_json(last):
            return [*lines, last]  # an editor took its line end
        if last.strip():
            logger.warning(
                "%s: line %d was never written whole and is left out: %s",
                self.path, len(lines) + 1, shorten(last.decode("utf-8", "replace")),
            )  # fmt: skip
        return lines

    def _decisions(self, lines: Sequence[bytes]) -> tuple[Decision, ...]:
        """Return the decisions on the lines by time, each once."""
        parsed: dict[bytes, Decision] = {}
        for number, line in enumerate(lines, 1):
            bare = line.removeprefix(_BOM).strip()
            if bare and bare not in parsed:
                known = self._parsed.get(bare)
                parsed[bare] = known or from_line(bare, f"{self.path}: line {number}")
        self._parsed = parsed
        once = {row.decision_id: row for row in parsed.values()}
        return tuple(sorted(once.values(), key=lambda row: (row.at, row.decision_id)))

    def _write(self, data: bytes, stamp: tuple[int, int]) -> None:
        """Let `data` take the place of the file of this stamp, on the disk before this returns."""
        place = self._place()
        scratch = place.with_name(f".{FILE}.new")
        try:
            scratch.unlink(missing_ok=True)  # of a process that was killed
            with scratch.open("xb") as file:
                file.write(data)
                file.flush()
                if place.exists():
                    os.fchmod(file.fileno(), stat.S_IMODE(place.stat().st_mode))
                os.fsync(file.fileno())
            if self.stamp() != stamp:  # git and editors know nothing of our lock
                raise ConfigError(
                    f"{self.path}: nothing was decided, another program changed the file at this "
                    "moment; decide again"
                )
            scratch.replace(place)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        finally:
            with suppress(OSError):
                scratch.unlink(missing_ok=True)
        _sync(place.parent)

    def _place(self) -> Path:
        """Return where the file itself is: a link to it is followed, not replaced by a file."""
        return Path(os.path.realpath(self.path))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes and threads from deciding; on the folder, which is always there."""
        try:
            folder = os.open(self._place().parent, os.O_RDONLY)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            _lock(folder, self.path)
            yield
        finally:
            os.close(folder)


def _lock(folder: int, path: Path) -> None:
    """Take the lock; ConfigError when another process keeps it."""
    until = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise ConfigError(
                    f"{path}: another process keeps the log locked; end it, then decide again"
                ) from error
            time.sleep(0.01)
        except OSError as error:
            raise _unwritable(path, error) from error
        else:
            return


def _sync(folder: Path) -> None:
    """Bring the folder's own entry of a new file to the disk, where the disk can do that.

    Some shared folders cannot; the decision itself is written by then, so that is no error.
    """
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{path}: nothing was decided, it cannot be written ({error.strerror}); "
        "allow writing to the folder and see that its disk has room, then decide again"
    )


def _confirmed(drafts: Sequence[Draft], before: Sequence[Decision]) -> dict[bytes, Decision]:
    """Return the drafts as decisions by their lines, each later than all before it."""
    known = {row.decision_id for row in before}
    last = datetime.fromisoformat(before[-1].at) if before else datetime.min.replace(tzinfo=UTC)
    first = max(datetime.now(UTC), last + timedelta(microseconds=1))
    added: dict[bytes, Decision] = {}
    for number, given in enumerate(drafts):
        at = first + timedelta(microseconds=number)
        who, reason = " ".join(clean(given.who).split()), clean(given.reason).strip()
        draft = given._replace(who=who, reason=reason)
        _refuse_senseless(draft, known)
        line = to_line({"at": at.isoformat(timespec="microseconds"), **_content(draft)})
        added[line] = from_line(line, _what(draft), "correct it and decide again")
    return added


def _content(draft: Draft) -> dict[str, object]:
    """Return what a draft says, by the fields of a line."""
    return {**draft._asdict(), "argument": draft.argument.model_dump()}


def _refuse_senseless(draft: Draft, known: set[str]) -> None:
    """Raise InputError for a draft that could never take effect."""
    action = ACTIONS.get(draft.action)
    if action and action.needs_reason and not draft.reason:
        raise InputError(f"{_what(draft)}: give a reason")
    if getattr(draft.argument, "into", "") == draft.target_id:
        raise InputError(f"{_what(draft)}: nothing becomes a part of itself; choose another")
    about = {"undo": draft.target_id, "settle": getattr(draft.argument, "decision_id", "")}
    if draft.action in about and about[draft.action] not in known:
        raise InputError(f"{_what(draft)}: the log holds no such decision; reload the page")


def _what(draft: Draft) -> str:
    """Name a draft in a message."""
    return f"{shorten(draft.action)} of {shorten(draft.target_id)}"


def _refuse_stale(before: Sequence[Decision], targets: set[str], seen: Mapping[str, str]) -> None:
    """Raise ConflictError when a target was decided about after the decision that was seen."""
    latest = latest_of_all(before)
    stale = {target for target in targets if latest.get(target, "") != seen.get(target, "")}
    if stale:
        raise ConflictError(since(before, stale, seen))
