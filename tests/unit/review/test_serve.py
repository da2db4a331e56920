"""The server: where it listens, whom it refuses, and that stopping it loses nothing."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Event, Thread

import pytest

from pipeline.decisions.log import FILE, Log
from pipeline.errors import ConfigError
from pipeline.review import serve as serving
from pipeline.review.guard import LOOPBACK
from pipeline.review.serve import (
    FIRST_PORT,
    Place,
    address_of,
    check_place,
    door_of,
    is_loopback,
    listen,
)
from pipeline.review.state.desk import Desk
from tests.unit.review.rooms import make_run

KEY = "correct horse battery"
PATIENCE = 30.0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_needs_no_token(host):
    assert is_loopback(host)
    check_place(Place(host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "box.lan", ""])  # noqa: S104
def test_any_other_address_is_refused_without_a_token(host):
    with pytest.raises(ConfigError, match="--token"):
        check_place(Place(host))
    check_place(Place(host, token=KEY))


def test_a_token_that_can_be_guessed_is_refused():
    with pytest.raises(ConfigError, match="guessed"):
        check_place(Place(token="secret"))  # noqa: S106


def test_nothing_heavy_is_loaded_before_somebody_decides_or_asks_for_meaning():
    heavy = {"chromadb", "onnxruntime", "sklearn", "scipy", "networkx", "phonenumbers"}
    said = f"import sys, pipeline.review.serve; print(*sorted({heavy} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)  # noqa: S603
    assert found.stdout.split() == []


def test_what_is_made_ahead_waits_for_the_first_page(tmp_path, monkeypatch):
    run, _ = make_run(tmp_path)
    done, at_first, answered = [], [], Event()
    monkeypatch.setattr(serving, "proposals_of", lambda *_: done.append(answered.is_set()))
    monkeypatch.setattr(serving.Desk, "rehearse", lambda _: done.append("replay"))
    monkeypatch.setattr(serving.search, "warm", lambda *_: done.append("search"))
    monkeypatch.setattr(serving, "_LONGEST_WAIT", PATIENCE)

    async def app(*_) -> None:
        at_first.append(list(done))

    def answer() -> None:
        asyncio.run(serving._telling(app, answered)({}, None, None))

    warming = Thread(target=serving._warm, args=(Desk(run), answered, Event()))
    warming.start()
    # In a thread of its own: a browser's loop may run in this one.
    answering = Thread(target=answer)
    answering.start()
    for thread in (answering, warming):
        thread.join(PATIENCE)
    assert at_first == [[]]
    assert done == [True, "replay", "search"]


def test_the_first_free_port_is_taken():
    with listen("127.0.0.1", 0) as first, listen("127.0.0.1", 0) as second:
        ports = [s.getsockname()[1] for s in (first, second)]
        assert FIRST_PORT <= ports[0] < ports[1]


def test_a_port_that_was_asked_for_and_is_busy_is_told():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(ConfigError, match=f"--port {port}"):
            listen("127.0.0.1", port)


def test_an_address_of_no_machine_is_told(monkeypatch):
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(ConfigError, match=r"--host box\.lan .*not known"):
        listen("box.lan", 0)


def test_only_names_of_this_machine_are_let_in():
    assert door_of(Place(), 8321).hosts == LOOPBACK
    door = door_of(Place("0.0.0.0", token=KEY), 8321)  # noqa: S104
    assert door.is_anywhere
    assert not door_of(Place("10.0.0.7", token=KEY), 8321).is_anywhere


def test_the_address_holds_the_token_that_its_first_page_trades_in():
    assert address_of(Place(), 8321) == "http://127.0.0.1:8321/"
    assert address_of(Place("::1"), 8321) == "http://[::1]:8321/"
    assert address_of(Place(token=KEY), 1) == "http://127.0.0.1:1/?token=correct+horse+battery"


class Server:
    """`touchpoints review` as a process."""

    def __init__(self, run: Path, *options: str) -> None:
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", "review"]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(  # noqa: S603
            [*command, str(run), "--no-browser", "--name", "Anna", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        )  # fmt: skip
        assert self.process.stdout
        self.said = self.process.stdout.readline()
        found = re.search(r"http://[^ ]+/", self.said)
        self.address = found[0] if found else ""
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.open = urllib.request.build_opener(cookies).open

    def get(self, path: str) -> str:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.open(self.address + path, timeout=PATIENCE).read().decode()
            except urllib.error.URLError as error:
                if isinstance(error, urllib.error.HTTPError) or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def accept(self) -> int:
        """Accept the first touchpoint of the list."""
        page = self.get("touchpoints")
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        key = re.search(r'id="t-(\w+)"', page)[1]
        sent = {"csrf": csrf, "action": "accept", "target_id": key, "seen": f"{key}:", "next": "/"}
        body = urllib.parse.urlencode(sent).encode()
        return self.open(f"{self.address}decisions", body, timeout=PATIENCE).status

    def end(self, by: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(by)
        said, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


@pytest.fixture
def made(tmp_path) -> tuple[Path, Path]:
    return make_run(tmp_path)


@pytest.fixture
def server(made) -> Iterator[Server]:
    started = Server(made[0])
    yield started
    if started.process.poll() is None:
        started.process.kill()
    started.process.communicate()


def test_one_line_says_where_it_is_and_how_to_stop_it_and_ctrl_c_ends_it(server):
    assert "Ctrl-C stops it" in server.said
    assert "Anna" in server.get("touchpoints")
    code, said = server.end(signal.SIGINT)
    assert code == 0
    assert said.strip() == "stopped; every decision that was confirmed is kept"


def test_kill_loses_nothing_that_was_confirmed(server, made):
    assert server.accept() == 200
    server.end(signal.SIGKILL)
    assert [d.action for d in Log(made[1]).read()] == ["accept"]


def test_a_wrong_start_is_one_line_and_exit_code_2(made):
    run, corpus = made
    corpus.rename(corpus.with_name("elsewhere"))
    server = Server(run)
    code = server.process.wait(PATIENCE)
    assert code == 2
    assert server.said.startswith("error: the corpus folder of this run is gone")
    assert "--corpus" in server.said
    server.process.communicate()


def test_a_log_that_cannot_be_read_is_told_before_anything_is_served(made):
    run, corpus = made
    (corpus / FILE).write_text("<<<<<<< HEAD\n", encoding="utf-8")
    server = Server(run)
    if server.address:  # it serves all the same
        server.process.kill()
    said, _ = server.process.communicate(timeout=PATIENCE)
    assert server.said.startswith(f"error: {corpus / FILE}: line 1: a conflict git left open")
    assert (server.process.returncode, said) == (2, "")
