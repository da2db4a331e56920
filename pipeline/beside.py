"""Calls that a process of its own carries out beside this one, on a core that has nothing to do.

Loading a library, writing with one, or working through words may hold up all else in a process,
threads or not. So such calls go, in their order, to `python -m pipeline.beside`, on any system
started anew.
"""

import ctypes
import gc
import json
import os
import pickle
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, BinaryIO, Self

from pipeline.errors import EngineError

Waiting = Callable[[], Any]
"""Waits for the answer to a call, and returns it."""
Ask = Callable[..., Waiting]
"""Has a function of a module called with arguments."""
_SELDOM = 100_000
"""Objects made before Python looks which are of no use: at its own 700, words take a tenth more."""
_ROOT = Path(__file__).parents[1]
"""Where the package `pipeline` is found."""


def here(function: Callable[..., object], *arguments: object) -> Waiting:
    """Have a function called in this process, when its answer is waited for."""
    return partial(function, *arguments)


class Beside:
    """A process that starts when it is first needed, and is gone when the block is left."""

    def __init__(self, *modules: str) -> None:
        """Name the modules that the process loads before the first call."""
        self._modules = modules
        self._process: Popen[bytes] | None = None
        self._trouble = TemporaryFile()  # noqa: SIM115 - closed as the block is left
        self._answered: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process:
            self._process.kill()
            with self._process:
                self._process = None
        self._trouble.close()

    @property
    def is_running(self) -> bool:
        """Whether the process was started."""
        return self._process is not None

    def start(self) -> None:
        """Start the process, unless it runs, so that it has loaded its modules when called."""
        if not self._process:
            command = [sys.executable, "-m", __name__, *self._modules]
            self._process = Popen(  # noqa: S603 - this very program
                command, cwd=_ROOT, stdin=PIPE, stdout=PIPE, stderr=self._trouble, bufsize=0
            )

    def call(self, note: Path, function: Callable[..., object], *arguments: object) -> None:
        """Have a function of a module called with arguments, after the calls of before.

        They go by a file, `note`, which the process deletes as it reads it: a pipe is soon full.
        """
        self._send(note, function, arguments, is_asked=False)

    def ask(self, note: Path, function: Callable[..., object], *arguments: object) -> Waiting:
        """Have a function called as `call` does; what is returned waits for its answer, which comes
        by the same file. EngineError when the process ended before it."""
        self._send(note, function, arguments, is_asked=True)
        return partial(self._answer, note.absolute())

    def _answer(self, note: Path) -> Any:  # noqa: ANN401 - whatever the function returns
        """Return the answer that the process writes to a note."""
        while str(note) not in self._answered:
            line = self._output.readline()
            if not line:
                raise self._failure("the words could not be looked at")
            self._answered.add(json.loads(line))
        answer = pickle.loads(note.read_bytes())  # noqa: S301 - our own, see `_serve`
        note.unlink()
        self._answered.remove(str(note))
        return answer

    def _send(
        self, note: Path, function: Callable[..., object], arguments: object, *, is_asked: bool
    ) -> None:
        """Write a call down for the process, and tell it where."""
        self.start()
        # Python's usual protocol copies tables bit by bit, which takes six times as long.
        note.write_bytes(pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL))
        with suppress(OSError):  # it has ended, and `finish` will say why
            self._input.write(f"{json.dumps([str(note.absolute()), is_asked])}\n".encode())

    def finish(self) -> None:
        """Wait until all calls are done; EngineError when one failed."""
        if not self._process:
            return
        self._input.close()
        if self._process.wait():
            raise self._failure("a file could not be written")

    def _failure(self, what: str) -> EngineError:
        """Return what to say of a process that has ended: what could not be done, and why, which is
        the last line that it said."""
        ended = self._process.wait() if self._process else 0
        self._trouble.seek(0)
        said = self._trouble.read().decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else f"the process beside this one ended with {ended}"
        return EngineError(f"{what}: {why}")

    @property
    def _output(self) -> BinaryIO:
        """Where the process, which runs, tells of its answers."""
        return self._process.stdout  # type: ignore[union-attr, return-value]

    @property
    def _input(self) -> BinaryIO:
        """Where the process, which runs, hears of its calls."""
        return self._process.stdin  # type: ignore[union-attr, return-value]


def _serve(lines: Iterable[str], told: BinaryIO) -> None:
    """Carry out calls, each a line that says where its note is, until there are no more.

    An answer that is waited for goes into the note, then where that is to `told`.
    """
    for line in lines:
        place, is_asked = json.loads(line)
        note = Path(place)
        function, arguments = pickle.loads(note.read_bytes())  # noqa: S301 - our own, see `_send`
        note.unlink()
        answer = function(*arguments)
        if is_asked:
            note.write_bytes(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
            told.write(f"{json.dumps(place)}\n".encode())
        del function, arguments, answer
        give_back()


def give_back() -> None:
    """Have memory that was freed returned to the system, where the C library is glibc: it would
    keep it for more of the same, which may never come."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _own_output() -> BinaryIO:
    """Return the standard output; what else is printed goes nowhere from now on."""
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    return output


if __name__ == "__main__":
    gc.set_threshold(_SELDOM)
    with _own_output() as answers:
        for module in sys.argv[1:]:
            import_module(module)
        _serve(sys.stdin, answers)
    gc.freeze()  # as a command does at its end
