"""Which comparison two runs get."""

import pytest

from pipeline.comparison.periods import Periods
from pipeline.comparison.readings import Readings
from pipeline.comparison.runs import compare_runs
from pipeline.errors import ConfigError, ContractError
from tests.unit.comparison.runs import LATE, said, tables_of, touchpoint, written

NOW = {"period": "2026Q3", "start": "2026-07-01", "end": "2026-09-30"}
THEN = {"period": "2026Q2", "start": "2026-04-01", "end": "2026-06-30"}


def small(n=6, **others):
    return tables_of([said(k, LATE, "export") for k in range(n)], [touchpoint("export")], **others)


def test_same_documents_are_compared_as_two_readings(tmp_path):
    first, second = (written(tmp_path / name, small()) for name in "ab")
    assert isinstance(compare_runs(first, second), Readings)


def test_same_documents_count_whatever_the_corpus_and_the_period_are_called(tmp_path):
    first = written(tmp_path / "a", small(), **NOW)
    second = written(tmp_path / "b", small(), corpus="Copy", period="2026H2", end="2026-12-31")
    assert isinstance(compare_runs(first, second), Readings)


def test_periods_are_put_in_order_by_their_dates(tmp_path):
    then = written(tmp_path / "then", small(text="Other words."), **THEN)
    now = written(tmp_path / "now", small(), **NOW)
    for pair in ((then, now), (now, then)):
        found = compare_runs(*pair)
        assert isinstance(found, Periods)
        assert (found.first.label, found.second.label) == ("2026Q2", "2026Q3")


def test_runs_of_other_corpora_are_refused(tmp_path):
    first = written(tmp_path / "a", small(), corpus="Acme")
    second = written(tmp_path / "b", small(text="Other words."), corpus="Bolt")
    with pytest.raises(ConfigError, match=r"'Acme'.*'Bolt'.*share no documents"):
        compare_runs(first, second)


def test_runs_in_which_nobody_speaks(tmp_path):
    silent = tables_of([], [], n_customers=0)
    first, second = (written(tmp_path / name, silent) for name in "ab")
    assert isinstance(compare_runs(first, second), Readings)
    other = written(tmp_path / "c", silent, corpus="Bolt")
    with pytest.raises(ConfigError, match="share no documents"):
        compare_runs(first, other)


def test_one_period_of_other_sources_is_refused(tmp_path):
    first = written(tmp_path / "a", small())
    second = written(tmp_path / "b", small(text="Other words."))
    with pytest.raises(ConfigError, match="only 0 of 12 customers' turns are the same"):
        compare_runs(first, second)


def test_turns_are_found_again_where_rows_were_added_above(tmp_path):
    tables = small()
    moved = small()
    for name, column in (("turns", "turn_id"), ("mentions", "turn_id")):
        moved[name] = moved[name].assign(**{column: "moved-" + moved[name][column]})
    found = compare_runs(written(tmp_path / "a", tables), written(tmp_path / "b", moved))
    assert isinstance(found, Readings)
    assert found.agreements[0].n == 6


def test_run_that_misses_a_table_is_named(tmp_path):
    tables = small()
    first = written(tmp_path / "a", tables)
    (first / "tables" / "scores.parquet").unlink()
    with pytest.raises(ContractError, match=r"scores.parquet is missing"):
        compare_runs(first, first)


def test_a_run_is_not_compared_with_itself(tmp_path):
    first = written(tmp_path / "a", small())
    with pytest.raises(ConfigError, match="one and the same run"):
        compare_runs(first, tmp_path / "." / "a")
