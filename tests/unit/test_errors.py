"""Errors say who must act, and name what is near."""

import pytest

from pipeline.errors import (
    ConfigError,
    ContractError,
    EngineError,
    InputError,
    TouchpointsError,
    nearest,
    shorten,
)


@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError, 2), (InputError, 2), (EngineError, 3), (ContractError, 1)]
)
def test_exit_code_tells_who_must_act(error, code):
    assert issubclass(error, TouchpointsError)
    assert error("text").exit_code == code


def test_close_word_is_offered():
    assert nearest("perod", ["period", "corpus"]) == "; did you mean 'period'?"


def test_known_words_are_listed_when_none_is_close():
    assert nearest("xyz", ["b", "a"]) == "; known: a, b"
    assert nearest("xyz", []) == ""
    assert nearest("???", [f"word{n}" for n in range(99)]).count(",") == 11


def test_value_is_shortened_to_one_line():
    assert shorten("a\n b") == "a b"
    assert shorten("x" * 80) == "x" * 80
    assert shorten("x" * 81) == "x" * 79 + "…"
    assert shorten(7) == "7"
