"""Paid answers: kept at once, kept when the file is damaged, kept with many at work."""

import logging
import sqlite3
import threading
from contextlib import closing

import pytest

from pipeline.engines.llm.answers_cache import Answer, AnswersCache
from pipeline.errors import EngineError


def answer(number, text="{}"):
    return Answer(f"key{number}", "a-model", "same.v1", text, "stop", "", 100, 10, 80, 1.5)


def test_what_was_put_is_found_by_another_at_once(tmp_path):
    path = tmp_path / "deep" / "answers.sqlite"
    cache = AnswersCache(path)
    cache.put(answer(1, "Straße 😀"))
    assert AnswersCache(path).get("key1") == answer(1, "Straße 😀")
    assert cache.get("key2") is None


def test_first_answer_stays(tmp_path):
    cache = AnswersCache(tmp_path / "answers.sqlite")
    cache.put(answer(1, "first"))
    cache.put(answer(1, "second"))
    assert cache.get("key1").text == "first"


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache = AnswersCache(None)
    cache.put(answer(1))
    assert cache.get("key1") == answer(1)
    assert not list(tmp_path.iterdir())


def test_usage_adds_up_by_task(tmp_path):
    cache = AnswersCache(tmp_path / "answers.sqlite")
    for number in range(3):
        cache.put(answer(number))
    cache.put(answer(9)._replace(task="extract.v1"))
    cache.put(answer(8)._replace(model="other"))
    assert cache.usage("a-model") == {
        "same.v1": (3, 300, 30, 240, 4.5),
        "extract.v1": (1, 100, 10, 80, 1.5),
    }
    assert cache.usage("unknown") == {}


def test_a_file_that_is_no_cache_is_set_aside_and_kept(tmp_path, caplog):
    path = tmp_path / "answers.sqlite"
    for text in ("not a database, but money " * 99, "another " * 99):
        path.write_text(text)
        cache = AnswersCache(path)
        cache.put(answer(1))
        cache.close()
    assert (tmp_path / "answers.sqlite.damaged-1").read_text().startswith("not a database")
    assert (tmp_path / "answers.sqlite.damaged-2").read_text().startswith("another")
    assert "answers.sqlite.damaged-1" in caplog.text
    assert AnswersCache(path).get("key1") == answer(1)


def test_what_can_be_read_of_a_damaged_file_is_taken_over(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    path = tmp_path / "answers.sqlite"
    cache = AnswersCache(path)
    for number in range(300):
        cache.put(answer(number, "words " * 50))
    cache.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3] + b"\xff" * (len(whole) // 3))
    mended = AnswersCache(path)
    found = [mended.get(f"key{number}") for number in range(300)]
    kept = [got for got in found if got]
    assert 100 < len(kept) < 300
    assert all(got.text == "words " * 50 for got in kept)
    mended.put(answer(999))
    assert mended.get("key999") == answer(999)
    assert (tmp_path / "answers.sqlite.damaged-1").exists()
    assert "answers taken over" in caplog.text


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="cache of answers"):
        AnswersCache(tmp_path / "file" / "answers.sqlite")


def test_a_cache_of_another_make_is_named_and_left_alone(tmp_path):
    path = tmp_path / "answers.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE answers (one TEXT)")
        connection.execute("INSERT INTO answers VALUES ('paid')")
    with pytest.raises(EngineError, match=r"answers.sqlite.*no such column"):
        AnswersCache(path).get("key1")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT one FROM answers").fetchall() == [("paid",)]


def test_damage_met_later_is_mended_too(tmp_path, caplog):
    path = tmp_path / "answers.sqlite"
    cache = AnswersCache(path)
    for number in range(300):
        cache.put(answer(number, "words " * 50))
    cache.close()
    cache = AnswersCache(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * (size - 4096 * 3))
    for number in range(300):
        cache.get(f"key{number}")
    cache.put(answer(1))
    assert cache.get("key1").model == "a-model"
    assert "is damaged" in caplog.text


def test_a_new_file_can_be_opened_by_many_at_once(tmp_path):
    found = []
    for number in range(10):
        start = threading.Barrier(6)

        def use(path, start=start):
            start.wait()
            cache = AnswersCache(path)
            cache.put(answer(1))
            found.append(cache.get("key1"))

        paths = [tmp_path / f"{number}.sqlite"] * 6
        threads = [threading.Thread(target=use, args=[path]) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [answer(1)] * 60


def test_many_threads_and_two_connections_lose_nothing(tmp_path):
    caches = [AnswersCache(tmp_path / "answers.sqlite") for _ in range(2)]

    def fill(cache, first):
        for number in range(first, first + 20):
            cache.put(answer(number))
            assert cache.get(f"key{number}")

    threads = [
        threading.Thread(target=fill, args=(cache, 20 * (4 * place + part)))
        for place, cache in enumerate(caches)
        for part in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(sqlite3.connect(tmp_path / "answers.sqlite")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM answers").fetchone() == (160,)
