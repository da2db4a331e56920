"""Runs on disk: the same tables give the same bytes, and a reader never sees half a run."""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import pandas as pd
import pytest

from pipeline.errors import ConfigError, ContractError
from pipeline.manifest import Manifest, StepRecord
from pipeline.store import (
    MANIFEST,
    Steps,
    built_aside,
    find_previous,
    put_in_place,
    read_run,
    read_table,
    read_tables,
    refuse_foreign,
    seal,
    table_hashes,
    write_manifest,
    write_tables,
)
from pipeline.tables import GAPS, REJECTS, TURNS, Gap, Reject
from tests.unit.stages.journeys import shuffled

RECORD = StepRecord(
    step="chunk", rows_in=2, used=1, rejected=1, seconds=0.1, peak_mb=9.0, reused=False
)


def manifest(period="2026Q3", start="2026-07-01", end="2026-09-30", corpus="Kestrel"):
    return Manifest(
        corpus=corpus, corpus_folder="corpora/kestrel", business="", currency="GBP",
        period=period, start=start, end=end, previous="", engine="embedded-1", versions={},
        settings={"score": {"seed": 1}}, inputs={}, prompts={}, steps=(RECORD,),
    )  # fmt: skip


@pytest.fixture
def tables():
    return {
        "gaps": GAPS.frame(Gap(f"tp{n}", "unplanned", "naïve 😀 “so”", n) for n in range(5)),
        "rejects": REJECTS.frame([Reject("r", "read", "no_text", "")]),
        "turns": TURNS.frame(),
    }


def put_run(folder, **facts):
    folder.mkdir(parents=True)
    write_tables(folder / "tables", {"turns": TURNS.frame()})
    write_manifest(folder, manifest(**facts))
    return folder


def test_tables_come_back_as_they_were(tmp_path, tables):
    write_tables(tmp_path / "tables", tables)
    found = read_tables(tmp_path / "tables")
    assert set(found) == set(tables)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(found[name], frame)


def test_same_table_gives_same_bytes_whatever_its_row_order(tmp_path, tables):
    write_tables(tmp_path / "a", tables)
    write_tables(tmp_path / "b", {name: shuffled(frame) for name, frame in tables.items()})
    for name in tables:
        one, other = (tmp_path / folder / f"{name}.parquet" for folder in "ab")
        assert one.read_bytes() == other.read_bytes()


def test_table_with_a_fault_is_not_written(tmp_path, tables):
    with pytest.raises(ContractError):
        write_tables(tmp_path, {"gaps": tables["gaps"].drop(columns="detail")})
    assert not list(tmp_path.iterdir())


def test_file_of_no_table_is_refused(tmp_path):
    with pytest.raises(ContractError, match="no table has this name"):
        read_table(tmp_path / "surprises.parquet")


def test_damaged_columns_are_refused(tmp_path):
    pd.DataFrame({"touchpoint_id": ["a"]}).to_parquet(tmp_path / "gaps.parquet")
    with pytest.raises(ContractError, match="missing"):
        read_tables(tmp_path)


def test_hash_depends_on_content_only(tables):
    mixed = {name: shuffled(tables[name]) for name in reversed(tables)}
    assert table_hashes(mixed) == table_hashes(tables)
    changed = tables | {"gaps": tables["gaps"].assign(n_customers=7)}
    renamed = {"gaps": tables["gaps"]}
    found = [table_hashes(t) for t in (tables, changed, renamed, {})]
    assert all(one != other for one, other in combinations(found, 2))


def test_step_is_found_again_under_its_key_only(tmp_path, tables):
    kept = Steps(tmp_path)
    assert kept.load("chunk", "k" * 64) is None
    kept.keep("chunk", "k" * 64, tables, RECORD)
    found, record = kept.load("chunk", "k" * 64)
    assert record == RECORD
    pd.testing.assert_frame_equal(found["gaps"], tables["gaps"])
    assert kept.load("chunk", "other") is None
    assert kept.load("score", "k" * 64) is None


def test_kept_step_without_its_record_does_not_count(tmp_path, tables):
    Steps(tmp_path).keep("chunk", "k", tables, RECORD)
    next(tmp_path.rglob("record.json")).unlink()
    assert Steps(tmp_path).load("chunk", "k") is None


def test_oldest_kept_steps_are_pruned_but_never_those_of_this_run(tmp_path, tables):
    for n in range(5):
        Steps(tmp_path).keep("chunk", f"key{n}", tables, RECORD)
        os.utime(tmp_path / ".steps" / f"chunk-key{n}", (n, n))
    kept = Steps(tmp_path)
    kept.load("chunk", "key0")
    kept.prune(2)
    assert sorted(p.name[-1] for p in (tmp_path / ".steps").iterdir()) == ["0", "3", "4"]


def test_nothing_to_prune_is_no_fault(tmp_path):
    Steps(tmp_path).prune(1)
    assert not list(tmp_path.iterdir())


def test_new_folder_takes_the_place_of_the_old_one_whole(tmp_path):
    target = tmp_path / "outputs" / "run"
    for name in ("first", "second"):
        with built_aside(target) as scratch:
            (scratch / name).touch()
            assert not (target / name).exists()
    assert [path.name for path in target.iterdir()] == ["second"]
    assert [path.name for path in target.parent.iterdir()] == ["run"]


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt])
def test_interrupted_write_leaves_the_old_run(tmp_path, stop):
    target = put_run(tmp_path / "2026Q3")

    def write_half():
        with built_aside(target) as scratch:
            write_manifest(scratch, manifest(corpus="half"))
            raise stop

    with pytest.raises(stop):
        write_half()
    assert read_run(target)[1].corpus == "Kestrel"
    assert [path.name for path in tmp_path.iterdir()] == ["2026Q3"]


def test_failed_renaming_puts_the_old_run_back(tmp_path):
    target = put_run(tmp_path / "2026Q3")
    aside = built_aside(target)
    aside.__enter__().rmdir()
    with pytest.raises(FileNotFoundError):
        aside.__exit__(None, None, None)
    assert read_run(target)[1].corpus == "Kestrel"


def test_remains_of_a_killed_run_do_no_harm(tmp_path):
    for remains in (".run.new-999999999", ".run.old"):
        (tmp_path / remains).mkdir()
        (tmp_path / remains / "remains").touch()
    for _ in range(2):
        with built_aside(tmp_path / "run") as scratch:
            assert not list(scratch.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_runs_that_finish_at_once_take_the_place_one_after_the_other(tmp_path):
    target = tmp_path / "run"

    def finish(run):
        for turn in range(40):
            scratch = tmp_path / f".run.new-{run}-{turn}"
            scratch.mkdir()
            for name in ("one", "two"):
                (scratch / name).write_text(f"{run} {turn}", encoding="utf-8")
            put_in_place(scratch, target)
            write_manifest(target, manifest())

    with ThreadPoolExecutor(4) as runs:
        list(runs.map(finish, range(4)))
    assert (target / "one").read_text("utf-8") == (target / "two").read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_run_is_read_back(tmp_path):
    tables, found = read_run(put_run(tmp_path / "2026Q3"))
    assert found == manifest()
    assert tables["turns"].empty


def test_manifest_is_readable_text_with_the_same_bytes(tmp_path):
    for name in "ab":
        write_manifest(put_run(tmp_path / name), manifest(corpus="Käse"))
    text = (tmp_path / "a" / MANIFEST).read_bytes()
    assert "Käse".encode() in text
    assert text == (tmp_path / "b" / MANIFEST).read_bytes()


def test_folder_without_a_run_names_one_near_it(tmp_path):
    put_run(tmp_path / "2026Q3")
    with pytest.raises(ConfigError, match=r"did you mean .*2026Q3\?"):
        read_run(tmp_path)
    with pytest.raises(ConfigError, match="touchpoints run"):
        read_run(tmp_path / "nowhere")


def test_unreadable_manifest_is_the_operators_business(tmp_path):
    folder = put_run(tmp_path / "2026Q3")
    (folder / MANIFEST).write_text('{"corpus": "Kestrel"', encoding="utf-8")
    with pytest.raises(ConfigError, match="2026Q3"):
        read_run(folder)


def test_previous_run_is_the_last_that_ended_before(tmp_path):
    put_run(tmp_path / "2026Q1", period="2026Q1", start="2026-01-01", end="2026-03-31")
    before = put_run(tmp_path / "2026Q2", period="2026Q2", start="2026-04-01", end="2026-06-30")
    put_run(tmp_path / "2026Q3")
    put_run(tmp_path / "other", corpus="Other", end="2026-06-30")
    assert find_previous(tmp_path, "Kestrel", "2026-07-01") == before
    assert find_previous(tmp_path, "Kestrel", "2026-06-30") == tmp_path / "2026Q1"
    assert find_previous(tmp_path, "Kestrel", "2026-01-01") is None
    assert find_previous(tmp_path / "nowhere", "Kestrel", "2026-07-01") is None


def test_scratch_folder_of_a_killed_run_is_no_previous_run(tmp_path):
    put_run(tmp_path / ".2026Q2.new", end="2026-06-30")
    put_run(tmp_path / ".2026Q1.old", end="2026-03-31")
    assert find_previous(tmp_path, "Kestrel", "2026-07-01") is None


def without_manifest(folder):
    (put_run(folder) / MANIFEST).unlink()
    (folder / "report.html").touch()
    (folder / "export").mkdir()
    (folder / "export" / "turns.csv").touch()
    return folder


def test_run_that_lost_its_manifest_may_be_written_again(tmp_path):
    folder = without_manifest(tmp_path / "2026Q3")
    refuse_foreign(folder, "Kestrel")
    (folder / "extra.txt").touch()
    seal(folder, "key")  # a file that the seal names is ours, whatever it is called
    refuse_foreign(folder, "Kestrel")


def test_damaged_seal_does_not_make_a_run_foreign(tmp_path):
    folder = without_manifest(tmp_path / "2026Q3")
    (folder / "seal.json").write_text("{", "utf-8")
    refuse_foreign(folder, "Kestrel")


@pytest.mark.parametrize("name", ["notes.txt", "tables/mine.parquet", "export/deep/photo.jpg"])
@pytest.mark.parametrize("is_sealed", [True, False])
def test_run_folder_with_a_foreign_file_is_not_replaced(tmp_path, name, is_sealed):
    folder = without_manifest(tmp_path / "2026Q3")
    if is_sealed:
        seal(folder, "key")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    with pytest.raises(ConfigError, match="no run of ours and would be lost"):
        refuse_foreign(folder, "Kestrel")


@pytest.mark.parametrize("name", ["report.html", "seal.json", "index/chroma.sqlite3"])
def test_folder_with_a_file_that_only_looks_like_ours_is_not_replaced(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}", "utf-8")
    with pytest.raises(ConfigError, match="no run of ours"):
        refuse_foreign(tmp_path, "Kestrel")


def test_previous_run_does_not_depend_on_names_or_the_order_of_runs(tmp_path):
    """The latest to end before this one starts, whatever came first or is called what."""
    put_run(tmp_path / "zz", period="2025", start="2025-01-01", end="2025-12-31")
    near = put_run(tmp_path / "aa", period="spring", start="2026-04-01", end="2026-06-30")
    put_run(tmp_path / "mm", period="winter", start="2026-01-01", end="2026-03-31")
    put_run(tmp_path / "cc", period="half", start="2026-05-01", end="2026-07-01")  # overlaps
    put_run(tmp_path / "bb", period="later", start="2026-10-01", end="2026-12-31")
    for age, name in enumerate(("aa", "bb", "cc", "mm", "zz")):
        os.utime(tmp_path / name / MANIFEST, (age, age))
    assert find_previous(tmp_path, "Kestrel", "2026-07-01") == near
    assert find_previous(tmp_path, "Kestrel", "2026-04-01") == tmp_path / "mm"
    assert find_previous(tmp_path, "Kestrel", "2026-01-01") == tmp_path / "zz"


def test_of_two_runs_that_ended_on_one_day_the_shorter_is_the_previous(tmp_path):
    put_run(tmp_path / "year", period="2025", start="2025-01-01", end="2025-12-31")
    quarter = put_run(tmp_path / "a", period="2025Q4", start="2025-10-01", end="2025-12-31")
    assert find_previous(tmp_path, "Kestrel", "2026-01-01") == quarter


@pytest.mark.parametrize(
    "meant", ["outputs/acme", "outputs/acme/2026Q9", "outputs/acme/2026Q3/report.html",
              "outputs/acme/2026Q3/export/touchpoints.xlsx", "corpora/acme"],
)  # fmt: skip
def test_the_run_that_was_meant_is_named(tmp_path, meant):
    (tmp_path / "corpora" / "acme").mkdir(parents=True)
    run = tmp_path / "outputs" / "acme" / "2026Q3"
    put_run(run)
    with pytest.raises(ConfigError, match=f"did you mean {run}\\?"):
        read_run(tmp_path / meant)
