"""The corpus run again with every decision, in a process of its own beside the server."""

import json
import sys
import time
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from pipeline.manifest import PUBLISH, Manifest
from pipeline.runner import code_hash
from pipeline.store import home_of

if TYPE_CHECKING:
    from pipeline.review.state.desk import Desk

_CHILD = "pipeline.review.state.remake"
_ROOT = Path(__file__).parents[2]
"""Where the package `pipeline` is found."""
_SHOWN = 120.0
"""Seconds for which pages say how the last one ended."""


class Notice(NamedTuple):
    """How publishing stands, for the head of every page."""

    state: str
    """queued, running, done or failed"""
    kind: str
    """its look: running, '' or bad"""
    told: str


class Publisher:
    """At most one run at a time; asked for another meanwhile, it makes that one afterwards."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._lock = Lock()
        self._thread: Thread | None = None
        self._process: Popen[str] | None = None
        self._again = False
        self._notice: Notice | None = None
        self._ended = 0.0
        self._log = (0, 0)
        """The stamp of the log when the last one ended."""
        self._code = ""
        """The hash of the program that publishing runs, '' until it is asked for."""

    @property
    def is_busy(self) -> bool:
        """Whether a run is being made."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def reads_anew(self) -> bool:
        """Whether another version of the program made the run: then no step of it is taken over,
        and publishing can change more than was decided."""
        if not self._code:
            self._code = code_hash()
        return self._desk.manifest.versions.get("code", "") != self._code

    def notice(self) -> Notice | None:
        """Return how publishing stands; None when there is nothing to say, or no more: what is
        decided after it was done is not published, and must not look so."""
        notice = self._notice
        if notice is None or notice.state not in ("done", "failed"):
            return notice
        is_old = time.monotonic() - self._ended > _SHOWN
        is_outdated = notice.state == "done" and self._desk.log.stamp() != self._log
        return None if is_old or is_outdated else notice

    def start(self) -> None:
        """Begin to publish, or note that it is to be done again."""
        with self._lock:
            if self.is_busy:
                self._again = True
                return
            self._notice = Notice("queued", "running", "Publishing: about to start.")
            self._thread = Thread(target=self._work, daemon=True, name="publish")
            self._thread.start()

    def stop(self) -> None:
        """End a run that is being made; the run folder stays as it was."""
        process = self._process
        if process and process.poll() is None:
            process.terminate()
            process.wait()

    def wait(self, seconds: float) -> None:
        """Wait until nothing is being made."""
        if self._thread:
            self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            notice = self._publish()
            self._ended, self._log = time.monotonic(), self._desk.log.stamp()
            self._notice = notice
            self._code = ""  # a program updated meanwhile has made the run by now
            with self._lock:
                if not self._again:
                    return
                self._again = False

    def _publish(self) -> Notice:
        """Run the corpus again and return how it ended."""
        began = time.monotonic()
        arguments = options_of(self._desk.folder, self._desk.corpus_folder, self._desk.manifest)
        command = [sys.executable, "-m", _CHILD, json.dumps(arguments)]
        with Popen(  # noqa: S603 - this very program
            command, cwd=_ROOT, stdin=DEVNULL, stdout=PIPE, text=True, encoding="utf-8"
        ) as process:
            self._process = process
            fault = "the run was stopped"
            for line in process.stdout or ():
                said = json.loads(line)
                fault = said.get("fault", fault)
                if "step" in said:
                    self._notice = Notice("running", "running", _running(said))
        if process.returncode:
            return Notice("failed", "bad", f"Not published: {fault}. The run is as it was.")
        seconds = time.monotonic() - began
        return Notice("done", "", f"Published in {seconds:.0f} s: report, exports and index.")


def options_of(folder: Path, corpus: Path, manifest: Manifest) -> dict[str, str]:
    """Return what a run is to be told so that it makes the same run again."""
    engine = manifest.settings["engine"]
    model = engine["llm"]["model"] if engine["use"] == "llm" else ""
    return {
        "corpus": str(corpus.resolve()),
        "period": manifest.period,
        "out": str(folder.resolve()),
        "home": str(home_of(folder, manifest)),
        "engine": str(engine["use"]),
        "model": str(model or ""),
    }


def _running(said: dict[str, object]) -> str:
    step, done, whole = said["step"], said["done"], said["of"]
    part = f", {done} of {whole}" if whole else ""
    return f"Publishing: {'writing the files' if step == PUBLISH else f'step {step}'}{part} …"
