"""Calls that another process carries out."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from pipeline.beside import Beside, here
from pipeline.engines.indexing import Entries, index
from pipeline.errors import EngineError


def _children():
    """Return the ids of the processes that this one started and that have not ended."""
    task = Path(f"/proc/{os.getpid()}/task")
    if not task.is_dir():
        pytest.skip("this system does not list processes as files")
    return {word for path in task.glob("*/children") for word in path.read_text().split()}


def test_calls_are_carried_out_in_order(tmp_path):
    with Beside("json") as beside:
        beside.call(tmp_path / ".1", Path.write_text, tmp_path / "a", "one ü\n“", "utf-8")
        beside.call(tmp_path / ".2", shutil.copy, tmp_path / "a", tmp_path / "b")
        beside.call(tmp_path / ".3", os.unlink, tmp_path / "a")
        beside.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b").read_text("utf-8") == "one ü\n“"


def test_no_call_is_no_process():
    before = _children()
    with Beside("json") as beside:
        assert _children() == before
        beside.finish()


def _call_and_fail(folder):
    with Beside() as beside:
        beside.call(folder / ".1", signal.pause)
        raise ZeroDivisionError


def test_process_ends_with_the_block(tmp_path):
    before = _children()
    with pytest.raises(ZeroDivisionError):
        _call_and_fail(tmp_path)
    assert _children() == before


def test_reason_why_a_call_failed_is_told(tmp_path):
    twice = Entries(["a", "a"], [[1.0, 0.0]] * 2, ["x", "y"], [{"day": 1}] * 2)
    with Beside("chromadb") as beside:
        beside.call(tmp_path / ".1", index, tmp_path / "index", {"chunks": twice})
        beside.call(tmp_path / ".2", os.mkdir, tmp_path / "later")
        with pytest.raises(EngineError, match=r"could not be written.*unique"):
            beside.finish()
    assert not (tmp_path / "later").exists()


def test_process_that_does_not_start_is_told(tmp_path):
    with Beside("no_such_module") as beside:
        beside.call(tmp_path / ".1", os.mkdir, tmp_path / "a")
        with pytest.raises(EngineError, match=r"no_such_module"):
            beside.finish()


def test_killed_process_is_told(tmp_path):
    with Beside() as beside:
        beside.call(tmp_path / ".1", os.abort)
        with pytest.raises(EngineError, match="could not be written"):
            beside.finish()


def test_answers_come_for_those_who_wait_in_any_order(tmp_path):
    with Beside() as beside:
        one = beside.ask(tmp_path / ".1", sorted, ["b", "a"])
        beside.call(tmp_path / ".2", os.mkdir, tmp_path / "made")
        other = beside.ask(tmp_path / ".3", len, "ü" * 100_000)
        assert other() == 100_000
        assert one() == ["a", "b"]
        beside.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_what_a_call_prints_is_no_answer(tmp_path):
    with Beside() as beside:
        beside.call(tmp_path / ".1", print, "anything")
        assert beside.ask(tmp_path / ".2", len, "abc")() == 3


def test_reason_why_there_is_no_answer_is_told(tmp_path):
    with Beside() as beside:
        waiting = beside.ask(tmp_path / ".1", int, "no number")
        with pytest.raises(EngineError, match=r"words could not be looked at.*no number"):
            waiting()


def test_here_a_function_is_called_when_its_answer_is_waited_for():
    called = []
    waiting = here(called.append, 1)
    assert called == []
    waiting()
    assert called == [1]
