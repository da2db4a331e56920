"""The log: what is confirmed stays, whatever happens to the process, the file or the branch."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decisions import log as log_module
from pipeline.decisions.actions import ACTIONS, Argument, EffortIs, Into, Redefine, Rename, Settle
from pipeline.decisions.lines import to_line
from pipeline.decisions.log import FILE, ConflictError, Draft, Log
from pipeline.errors import ConfigError, ContractError, InputError


def draft(target="t1", action="rename", argument=None, who="Ann", **rest):
    """Return a draft, a rename unless told otherwise."""
    fields = {"before": {"name": "Letter"}, "reason": "", "period": "2026Q3"} | rest
    return Draft(who, action, target, argument or Rename(name="Price rise letter"), **fields)


def test_the_file_comes_with_the_first_decision_only(tmp_path):
    log = Log(tmp_path)
    assert log.read() == ()
    assert log.stamp() == (0, 0)
    assert log.append([], {}) == ()
    with pytest.raises(InputError, match="give a reason"):
        log.append([draft(action="reject", argument=Argument())], {})
    assert list(tmp_path.iterdir()) == []
    (made,) = log.append([draft()], {})
    assert log.read() == (made,)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_line_is_readable_and_a_table_row_holds_the_same(tmp_path):
    (made,) = Log(tmp_path).append([draft(who="  Änn  Lee ", reason=" clearer\r\nfor all ")], {})
    line = (tmp_path / FILE).read_text("utf-8")
    assert list(json.loads(line)) == [
        "action", "argument", "at", "before", "decision_id", "period", "reason", "target_id", "who",
    ]  # fmt: skip
    assert '"who": "Änn Lee"' in line
    assert '"argument": {"name": "Price rise letter"}' in line
    assert made.argument == '{"name": "Price rise letter"}'
    assert made.before == '{"name": "Letter"}'
    assert made.reason == "clearer\nfor all"
    assert (made.state, made.note) == ("", "")


def test_rows_are_only_added_and_each_is_later_than_all_before(tmp_path):
    log = Log(tmp_path)
    log.append([draft(f"t{n}") for n in range(50)], {})
    first = log.path.read_bytes()
    stamp = log.stamp()
    log.append([draft("t99")], {})
    assert log.path.read_bytes().startswith(first)
    assert log.stamp() != stamp
    times = [row.at for row in log.read()]
    assert times == sorted(set(times))
    assert len(times) == 51


def test_a_clock_that_goes_back_does_not_reorder_decisions(tmp_path):
    ahead = _line(at="2999-01-01T00:00:00.999999+00:00")
    (tmp_path / FILE).write_bytes(ahead)
    (made,) = Log(tmp_path).append([draft("t2")], {})
    assert made.at == "2999-01-01T00:00:01.000000+00:00"


def test_what_the_reviewer_saw_may_hold_numbers_of_tables_and_missing_ones(tmp_path):
    seen = {"n": np.int64(3), "value": np.float64("nan"), "on": np.bool_(True), "of": (1, None)}
    Log(tmp_path).append([draft(before=seen)], {})
    (row,) = Log(tmp_path).read()
    assert json.loads(row.before) == {"n": 3, "value": None, "on": True, "of": [1, None]}
    with pytest.raises(ContractError, match="cannot hold a set"):
        Log(tmp_path).append([draft("t2", before={"ids": {1}})], {})


# Lost updates


def test_a_decision_on_what_changed_meanwhile_is_refused_with_what_changed(tmp_path):
    log = Log(tmp_path)
    log.append([draft(who="Ben"), draft("t2", who="Ben")], {"t1": "", "t2": ""})
    ben = log.read()
    with pytest.raises(ConflictError, match="Ben decided about the same meanwhile") as caught:
        log.append([draft(), draft("t3")], {"t1": "", "t3": ""})
    assert caught.value.since == (ben[0],)
    assert log.read() == ben, "all or none"
    assert len(log.append([draft()], {"t1": ben[0].decision_id})) == 1
    assert len(log.append([draft()], None)) == 1


def test_a_target_without_a_word_on_what_was_seen_counts_as_never_seen(tmp_path):
    log = Log(tmp_path)
    log.append([draft()], {})
    with pytest.raises(ConflictError):
        log.append([draft()], {})


def test_a_log_that_was_put_back_meanwhile_is_a_conflict_too(tmp_path):
    log = Log(tmp_path)
    (made,) = log.append([draft()], {})
    log.path.unlink()
    with pytest.raises(ConflictError, match="the log was changed"):
        log.append([draft()], {"t1": made.decision_id})


def test_an_undo_seen_by_nobody_conflicts_with_the_next_decision_on_its_target(tmp_path):
    log = Log(tmp_path)
    (made,) = log.append([draft()], {})
    undo = draft(made.decision_id, "undo", Argument(), who="Ben")
    log.append([undo], {made.decision_id: ""})
    with pytest.raises(ConflictError):
        log.append([draft()], {"t1": made.decision_id})
    with pytest.raises(ConflictError):
        log.append([undo], {made.decision_id: ""})


# Drafts that make no sense


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (draft(who=" \t"), "rename of t1: not a decision .*who.*correct it and decide again"),
        (draft(who="x" * 81), "who"),
        (draft(target="../../etc"), "target_id"),
        (draft(action="explode"), "unknown action 'explode'"),
        (draft(action="own"), "'own' cannot be told"),
        (draft(reason="x" * 2001), "reason"),
        (draft(action="effort", argument=EffortIs(effort=2), reason=" \n\x00"), "give a reason"),
        (draft(action="merge", argument=Into(into="t1")), "becomes a part of itself"),
        (draft("0123456789abcdef", "undo", Argument()), "holds no such decision"),
        (draft(action="settle", argument=Settle(decision_id="x")), "holds no such decision"),
    ],
)
def test_a_draft_that_cannot_be_decided_is_refused_in_words(tmp_path, bad, words):
    log = Log(tmp_path)
    with pytest.raises(InputError, match=words):
        log.append([draft("t5"), bad], {})
    assert log.read() == ()


ODD = st.text(st.characters(exclude_categories=()), max_size=60)


@given(ODD, ODD, st.floats(1, 5))
def test_odd_text_never_breaks_the_file(tmp_path_factory, reason, name, effort):
    folder = tmp_path_factory.mktemp("odd")
    log = Log(folder)
    before = {"name": name, "more": [name, {name: effort}]}
    odd = draft(action="effort", argument=EffortIs(effort=effort), reason=f"x{reason}",
                before=before)  # fmt: skip
    unchecked = Redefine.model_construct(definition=f"x{name}")
    made = log.append([odd, draft("t2", "redefine", unchecked)], {})
    assert Log(folder).read() == made
    text = log.path.read_bytes().decode("utf-8")
    assert len(text.splitlines()) == 2, "no editor sees another line"
    assert json.loads(made[0].argument) == {"effort": effort}
    assert log.append([draft("t3")], {})


@pytest.mark.parametrize(
    "odd", ["\u2028a\u2029b\x85c", "\u202eright to left", "\ufeffa", "𝓪\U0010ffff"]
)
def test_odd_characters_come_back_as_they_went_in(tmp_path, odd):
    Log(tmp_path).append([draft(action="redefine", argument=Redefine(definition=f"-{odd}-"))], {})
    (row,) = Log(tmp_path).read()
    assert json.loads(row.argument) == {"definition": f"-{odd}-"}


def test_half_a_character_becomes_a_mark_and_two_halves_a_whole(tmp_path):
    (made,) = Log(tmp_path).append([draft(reason="a\ud800b \ud83d\ude00 \x00\x1b")], {})
    assert made.reason == "a�b 😀"


# Files as they come back from editors and git


def _line(**changes):
    """Return a good line, as the log writes it, with other content."""
    content = {
        "at": "2026-07-01T09:00:00.000000+00:00", "who": "Ann", "action": "accept",
        "target_id": "t1", "argument": {}, "before": {}, "reason": "", "period": "2026Q3",
    }  # fmt: skip
    return to_line(content | changes) + b"\n"


GOOD = _line()


def _edited(**changes):
    return json.dumps(json.loads(GOOD) | changes).encode() + b"\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"<<<<<<< HEAD\n", "a conflict git left open; keep the decisions of both sides"),
        (b"=======\n", "conflict"),
        (b">>>>>>> theirs\n", "conflict"),
        (b"||||||| base\n", "conflict"),
        (b"{not json}\n", "not a decision .*put the line back as git has it"),
        (b"[]\n", "not a decision"),
        (b"null\n", "not a decision"),
        (b'{"at": "\xff\xfe"}\n', "not a decision"),
        (b"[" * 100_000 + b"\n", "not a decision"),
        (b'{"argument": ' + b'{"a":' * 150 + b"1" + b"}" * 150 + b"}\n", "not a decision"),
        (b"1" * 5_000 + b"\n", "not a decision"),
        (b"{}\n", "not a decision .*decision_id: Field required"),
        (_edited(extra=1), "extra: Extra inputs"),
        (_edited(at="yesterday"), "at: "),
        (_edited(at="2026-07-01T09:00:00+00:00"), "at: "),
        (_line(at="2026-02-31T09:00:00.000000+00:00"), "at: there is no such time"),
        (_line(at="2026-07-01T24:60:00.000000+00:00"), "at: there is no such time"),
        (_edited(before={"value": float("nan")}), "not a decision"),
        (_edited(action="renam"), "unknown action 'renam'; did you mean 'rename'"),
        (_edited(argument={"name": "A"}), "'accept' cannot be told"),
        (_edited(action="rename", argument={"name": " "}), "'rename' cannot be told .*name: "),
        (_edited(reason="\ud800"), "not a decision"),
        (_edited(who="Ben"), "changed by hand .*undo it"),
        (_edited(target_id="t2"), "changed by hand"),
        (_edited(reason="because"), "changed by hand"),
        (_edited(before={"name": "A"}), "changed by hand"),
        (_edited(period="2026Q4"), "changed by hand"),
        (_edited(decision_id="0123456789abcdef"), "changed by hand"),
    ],
)
def test_a_bad_line_is_named_with_file_line_and_what_to_do(tmp_path, line, words):
    path = tmp_path / FILE
    path.write_bytes(_line(target_id="t9") + b"\n" + line + _line(target_id="t8"))
    for call in (Log(tmp_path).read, lambda: Log(tmp_path).append([draft()], {})):
        with pytest.raises(InputError, match=words) as caught:
            call()
        assert str(caught.value).startswith(f"{path}: line 3: ")
        assert len(str(caught.value)) < len(str(path)) + 600
    assert path.read_bytes().endswith(_line(target_id="t8")), "nothing was changed"


def test_a_line_that_was_never_written_whole_is_left_out_and_makes_way(tmp_path, caplog):
    path = tmp_path / FILE
    for cut in (1, 40, len(GOOD) - 2):
        path.write_bytes(_line(target_id="t9") + GOOD[:cut])
        (row,) = Log(tmp_path).read()
        assert row.target_id == "t9"
        assert "line 2 was never written whole and is left out" in caplog.text
        Log(tmp_path).append([draft("t2")], {})
        assert [row.target_id for row in Log(tmp_path).read()] == ["t9", "t2"]


def test_a_whole_line_whose_end_an_editor_took_counts(tmp_path):
    (tmp_path / FILE).write_bytes(GOOD.rstrip(b"\n"))
    (row,) = Log(tmp_path).read()
    Log(tmp_path).append([draft("t2")], {})
    assert [one.target_id for one in Log(tmp_path).read()] == ["t1", "t2"]
    assert Log(tmp_path).read()[0] == row


def test_a_bad_last_line_without_end_is_no_torn_one(tmp_path):
    (tmp_path / FILE).write_bytes(_edited(who="Ben").rstrip(b"\n"))
    with pytest.raises(InputError, match="changed by hand"):
        Log(tmp_path).read()


@pytest.mark.parametrize("last", [b"", b"\r", b"\n"])
def test_line_ends_of_old_editors_lose_no_decision(tmp_path, caplog, last):
    path = tmp_path / FILE
    lines = [_line(target_id=f"t{n}").strip() for n in range(4)]
    path.write_bytes(b"\r".join(lines[:3]) + b"\n" + lines[3] + last)
    Log(tmp_path).append([draft("t9")], {})
    assert {row.target_id for row in Log(tmp_path).read()} == {"t0", "t1", "t2", "t3", "t9"}
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    Log(tmp_path).append([draft("t10")], {})
    assert len(Log(tmp_path).read()) == 6
    assert path.read_bytes().splitlines()[:4] == lines
    assert caplog.text == ""


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_lines_in_any_order_and_twice_read_the_same(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("merged")
    lines = [_line(target_id=f"t{n}", at=f"2026-07-01T09:00:00.{n:06}+00:00") for n in range(6)]
    (folder / FILE).write_bytes(b"".join(lines))
    expected = Log(folder).read()
    rest = [lines[n] for n in range(6) if n not in order]
    merged = b"".join([*(lines[n] for n in order), *rest])
    (folder / FILE).write_bytes(b"\xef\xbb\xbf" + merged.replace(b"\n", b"\r\n\r\n"))
    assert Log(folder).read() == expected


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_two_branches_merged_by_git_keep_the_decisions_of_both(tmp_path):
    base, ours, theirs = (tmp_path / name for name in ("base", "ours", "theirs"))
    for folder in (base, ours, theirs):
        folder.mkdir()
    Log(base).append([draft("t0")], {})
    for n, folder in enumerate((ours, theirs)):
        shutil.copy(base / FILE, folder / FILE)
        Log(folder).append([draft(f"t{n}1"), draft(f"t{n}2")], {})
    files = [str(folder / FILE) for folder in (ours, base, theirs)]
    subprocess.run(["git", "merge-file", "-q", *files], check=False)  # noqa: S603, S607
    with pytest.raises(InputError, match="line 2: a conflict git left open"):
        Log(ours).read()
    kept = [line for line in (ours / FILE).read_bytes().splitlines(keepends=True)
            if not line.startswith((b"<<<<<<<", b"=======", b">>>>>>>"))]  # fmt: skip
    (ours / FILE).write_bytes(b"".join(kept))
    assert {row.target_id for row in Log(ours).read()} == {"t0", "t01", "t02", "t11", "t12"}
    times = [row.at for row in Log(ours).read()]
    assert times == sorted(times)


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=f"{FILE}: cannot be opened"):
        Log(tmp_path / "file").stamp()
    (tmp_path / FILE).mkdir()
    with pytest.raises(InputError, match=f"{FILE}: cannot be opened"):
        Log(tmp_path).read()


# Disks and processes


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ConfigError, match="nothing was decided, it cannot be written"):
            Log(tmp_path).append([draft()], {})
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path):
    assert Log(tmp_path / "gone").read() == ()
    with pytest.raises(ConfigError, match="nothing was decided, it cannot be written"):
        Log(tmp_path / "gone").append([draft()], {})


def test_a_disk_that_refuses_leaves_the_log_as_it_was(tmp_path):
    log = Log(tmp_path)
    log.append([draft()], {})
    before = log.path.read_bytes()
    (tmp_path / f".{FILE}.new").mkdir()  # cannot be replaced by a file, as on a full disk
    with pytest.raises(ConfigError, match="nothing was decided"):
        log.append([draft("t2")], {})
    assert log.path.read_bytes() == before
    (tmp_path / f".{FILE}.new").rmdir()
    assert len(log.append([draft("t2")], {})) == 1


def test_what_another_program_wrote_meanwhile_is_not_overwritten(tmp_path):
    log = Log(tmp_path)
    log.append([draft()], {})
    stamp, old = log.stamp(), log.path.read_bytes()
    log.path.write_bytes(old + GOOD)  # as git does, without a lock
    with pytest.raises(ConfigError, match="another program changed the file"):
        log._write(old, stamp)
    assert log.path.read_bytes() == old + GOOD
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_file_keeps_its_permissions(tmp_path):
    log = Log(tmp_path)
    log.append([draft()], {})
    log.path.chmod(0o640)
    log.append([draft("t2")], {})
    assert log.path.stat().st_mode & 0o777 == 0o640


def test_a_link_to_the_file_stays_one_and_the_file_gets_the_decisions(tmp_path):
    shared, corpus, other = (tmp_path / name for name in ("shared", "corpus", "other"))
    for folder in (shared, corpus, other):
        folder.mkdir()
    for folder in (corpus, other):
        (folder / FILE).symlink_to(Path("..", "shared", "log.jsonl"))
        assert Log(folder).read() == (), "a link to nothing is a log without decisions"
    (first,) = Log(corpus).append([draft()], {})
    with Log(corpus)._locked(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_module, "LONGEST_WAIT", 0.05)
        with pytest.raises(ConfigError, match="another process keeps the log locked"):
            Log(other).append([draft("t2")], {})
    (second,) = Log(other).append([draft("t2")], {})
    assert Log(corpus).read() == (first, second)
    assert all((folder / FILE).is_symlink() for folder in (corpus, other))
    assert [path.name for path in tmp_path.rglob("*.jsonl*") if not path.is_symlink()] == [
        "log.jsonl"
    ]
    (corpus / FILE).unlink()
    (corpus / FILE).symlink_to(FILE)
    with pytest.raises(InputError, match="cannot be opened"):
        Log(corpus).append([draft()], {})


def test_a_lock_that_is_never_released_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(log_module, "LONGEST_WAIT", 0.05)
    log = Log(tmp_path)
    with log._locked(), pytest.raises(ConfigError, match="another process keeps the log locked"):
        Log(tmp_path).append([draft()], {})
    assert log.append([draft()], {})


_APPENDING = """
import sys
from pathlib import Path
from pipeline.decisions.actions import Rename
from pipeline.decisions.lines import to_line
from pipeline.decisions.log import Draft, Log

folder, who, most, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
log = Log(folder)
for n in range(most):
    drafts = [
        Draft(who, "rename", f"{who}-{n}-{k}", Rename(name="New"), {"name": "x" * 200}, "", "")
        for k in range(size)
    ]
    log.append(drafts, {})
    print(n, flush=True)
"""


def _appending(folder, who, most, size=1):
    """Start a process that appends in a loop and prints the number of each confirmed one."""
    arguments = [str(folder), who, str(most), str(size)]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _APPENDING, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


@pytest.mark.parametrize("extra", [0.0007, 0.0043])
def test_a_killed_process_loses_nothing_that_was_confirmed(tmp_path, extra):
    size = 40
    process = _appending(tmp_path, "Ann", 100_000, size)
    confirmed = [process.stdout.readline() for _ in range(25)]
    time.sleep(extra)
    process.send_signal(signal.SIGKILL)
    confirmed += process.stdout.read().splitlines(keepends=True)
    process.wait()
    process.stdout.close()
    rows = Log(tmp_path).read()
    targets = [row.target_id for row in rows]
    wanted = [f"Ann-{int(n)}-{k}" for n in confirmed if n.endswith("\n") for k in range(size)]
    assert targets[: len(wanted)] == wanted
    assert len(targets) % size == 0, "of the last request all rows or none"
    assert len(targets) - len(wanted) <= size
    (made,) = Log(tmp_path).append([draft()], {})
    assert Log(tmp_path).read() == (*rows, made)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_two_processes_at_once_lose_nothing(tmp_path):
    most = 40
    processes = [_appending(tmp_path, who, most, 2) for who in ("Ann", "Ben")]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    rows = Log(tmp_path).read()
    for who in ("Ann", "Ben"):
        own = [row.target_id for row in rows if row.who == who]
        assert own == [f"{who}-{n}-{k}" for n in range(most) for k in range(2)]
    assert len((tmp_path / FILE).read_bytes().splitlines()) == len(rows) == 4 * most


def test_of_two_who_decide_the_same_at_once_one_is_refused(tmp_path):
    log, refused = Log(tmp_path), []
    start = threading.Barrier(6)

    def decide(n):
        start.wait()
        try:
            log.append([draft(who=f"R{n}")], {"t1": ""})
        except ConflictError as error:
            refused.append(error)

    threads = [threading.Thread(target=decide, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert len(Log(tmp_path).read()) == 1
    assert {error.since for error in refused} == {Log(tmp_path).read()}


def test_every_action_can_be_decided_and_read(tmp_path):
    ids = {"into": "t2", "touchpoint_id": "t3", "decision_id": "x", "turn_id": "u1"}
    values = {
        **ids, "earlier_id": "t4", "name": "N", "definition": "D", "stage": "S", "owner": "O",
        "dimension": "impact", "value": 0.5, "effort": 2, "decision": "leave", "source_id": "t1",
        "target_id": "t2", "kind": "follows", "start": 0, "end": 5, "quotes": ["m1"],
        "change": "C",
    }  # fmt: skip
    log = Log(tmp_path)
    (known,) = log.append([draft("t0")], {})
    values["decision_id"] = known.decision_id
    for action, (_, argument, _) in ACTIONS.items():
        told = {name: values[name] for name in argument.model_fields if name in values}
        target = known.decision_id if action == "undo" else "x1"
        one = draft(target, action, argument(**told), reason="so")
        log.append([one], None)
    assert [row.action for row in Log(tmp_path).read()] == ["rename", *ACTIONS]
