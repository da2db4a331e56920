"""Calls that a process of its own carries out beside this one, on a core that has nothing to do.

Loading a library, or writing with one, may hold up all else in a process for a second, threads or
not. So such calls go, in their order, to `python -m pipeline.beside`, on any system started anew.
"""

import json
import pickle
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, Self

from pipeline.errors import EngineError

_ROOT = Path(__file__).parents[1]
"""Where the package `pipeline` is found."""


class Beside:
    """A process that starts when it is first needed, and is gone when the block is left."""

    def __init__(self, *modules: str) -> None:
        """Name the modules that the process loads before the first call."""
        self._modules = modules
        self._process: Popen[bytes] | None = None
        self._trouble = TemporaryFile()  # noqa: SIM115 - closed as the block is left

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
                command, cwd=_ROOT, stdin=PIPE, stdout=DEVNULL, stderr=self._trouble, bufsize=0
            )

    def call(self, note: Path, function: Callable[..., object], *arguments: object) -> None:
        """Have a function of a module called with arguments, after the calls of before.

        They go by a file, `note`, which the process deletes as it reads it: a pipe is soon full.
        """
        self.start()
        # Python's usual protocol copies tables bit by bit, which takes six times as long.
        note.write_bytes(pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL))
        with suppress(OSError):  # it has ended, and `finish` will say why
            self._input.write(f"{json.dumps(str(note.absolute()))}\n".encode())

    def finish(self) -> None:
        """Wait until all calls are done; EngineError when one failed."""
        if not self._process:
            return
        self._input.close()
        if self._process.wait():
            self._trouble.seek(0)
            said = self._trouble.read().decode("utf-8", "replace").strip().splitlines()
            raise EngineError(f"a file could not be written: {(said or ['no reason'])[-1]}")

    @property
    def _input(self) -> BinaryIO:
        """Where the process, which runs, hears of its calls."""
        return self._process.stdin  # type: ignore[union-attr, return-value]


def _serve(lines: Iterable[str]) -> None:
    """Carry out calls, each a line that says where its note is, until there are no more."""
    for line in lines:
        note = Path(json.loads(line))
        function, arguments = pickle.loads(note.read_bytes())  # noqa: S301 - our own, see `call`
        note.unlink()
        function(*arguments)


if __name__ == "__main__":
    for module in sys.argv[1:]:
        import_module(module)
    _serve(sys.stdin)
