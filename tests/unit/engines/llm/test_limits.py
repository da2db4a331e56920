"""How many calls at once, and when the next."""

import time

import pytest

from pipeline.engines.llm.limits import Gate, Pause

AT_ONCE = Pause(0.0, 0.0)


def gate(most=8, pause=AT_ONCE):
    return Gate(most, 60.0, pause)


def test_busy_halves_once_for_all_that_were_under_way_together():
    doors = gate()
    began = time.monotonic()
    for _ in range(8):
        doors.busy(began, None)
    assert doors.allowed == 4
    doors.busy(time.monotonic(), None)
    doors.busy(time.monotonic(), None)
    doors.busy(time.monotonic(), None)
    assert doors.allowed == 1


def test_successes_let_one_more_through_up_to_the_most():
    doors = gate(most=3)
    doors.busy(time.monotonic(), None)
    grown = []
    for _ in range(9):
        doors.succeeded()
        grown.append(doors.allowed)
    assert grown == [2, 2, 3, 3, 3, 3, 3, 3, 3]


def test_a_wait_shuts_the_gate_within_bounds():
    doors = Gate(8, 0.05, AT_ONCE)
    assert doors.is_open(0)
    doors.wait(1e9)
    assert not doors.is_open(0)
    time.sleep(0.06)
    assert doors.is_open(7)
    assert not doors.is_open(8)
    doors.wait(None)
    doors.wait(-5)
    assert doors.is_open(0)


def test_in_doubt_calls_go_out_one_by_one_until_one_gets_through():
    doors = gate()
    for _ in range(3):
        doors.lost(0.0, None)
    assert doors.has_place(0)
    assert not doors.has_place(1)
    doors.reached()
    assert doors.has_place(7)


def test_waits_in_doubt_grow_only_when_the_endpoint_was_there_before():
    for was_there in (True, False):
        doors = gate(pause=Pause(1.0, 1000.0))
        if was_there:
            doors.succeeded()
        for _ in range(9):
            doors.lost(time.monotonic(), None)
        ahead = doors.opens_at - time.monotonic()
        assert ahead < 2 or was_there
        assert ahead > 2 or not was_there


@pytest.mark.parametrize(("most", "enough"), [(1, 10), (8, 16), (20, 40)])
def test_an_endpoint_is_given_up_after_twice_as_many_losses_as_calls_at_once(most, enough):
    doors = gate(most)
    for _ in range(enough - 1):
        doors.lost(time.monotonic(), None)
    assert not doors.gives_up()
    doors.lost(time.monotonic(), None)
    assert doors.gives_up()


def test_back_off_doubles_up_to_its_cap():
    pause = Pause(0.5, 30.0)
    longest = [max(pause.after(tries) for _ in range(300)) for tries in (1, 2, 3, 20, 5000)]
    for found, bound in zip(longest, (1, 2, 4, 30, 30), strict=True):
        assert bound * 0.8 < found <= bound
    assert min(pause.after(3) for _ in range(300)) < 0.5
