"""How many calls at once, and when the next."""

import time

import pytest

from pipeline.engines.llm.limits import Gate, Pause

AT_ONCE = Pause(0.0, 0.0)


def gate(most=8, pause=AT_ONCE):
    return Gate(most, 60.0, pause)


def test_each_refused_call_takes_one_but_no_more_than_half_of_those_under_way_together():
    doors = gate()
    began = time.monotonic()
    doors.busy(began, None)
    assert doors.allowed == 7
    for _ in range(7):
        doors.busy(began, None)
    assert doors.allowed == 4
    cuts = []
    for _ in range(5):
        doors.busy(time.monotonic(), None)
        cuts.append(doors.allowed)
    assert cuts == [3, 2, 1, 1, 1]


def test_successes_let_one_more_through_up_to_the_most():
    doors = gate(most=3)
    doors.busy(time.monotonic(), None)
    grown = []
    for _ in range(9):
        doors.succeeded(0.1)
        grown.append(doors.allowed)
    assert grown == [2, 3, 3, 3, 3, 3, 3, 3, 3]


def n_to_recover(doors):
    """Successes until all calls are allowed again."""
    n = 0
    while doors.allowed < doors.most:
        doors.succeeded(0.1)
        n += 1
    return n


def test_concurrency_comes_back_fast_and_is_careful_where_it_was_refused():
    doors = gate()
    began = time.monotonic()
    for _ in range(3):
        doors.busy(began, None)
    assert (doors.allowed, doors._refused) == (5, 8)
    assert n_to_recover(doors) == 5 // 2 + 6 // 2 + 7
    deep = gate()
    for _ in range(6):
        deep.busy(time.monotonic(), None)
    assert (deep.allowed, deep._refused) == (2, 3)
    # Around the last refusal one for each call, beyond it half as many.
    assert n_to_recover(deep) == 2 + 3 + 4 // 2 + 5 // 2 + 6 // 2 + 7 // 2


def test_refusals_of_one_round_do_not_undo_its_successes():
    doors = gate(most=4)
    began = time.monotonic()
    for _ in range(2):
        doors.busy(began, None)
    allowed = doors.allowed
    for _ in range(allowed):
        doors.succeeded(0.1)
        doors.busy(began, None)
        doors.lost(began, None)
    assert doors.allowed > allowed


def test_first_failures_wait_no_longer_than_answers_take():
    pause = Pause(0.5, 30.0)
    assert max(pause.after(1, 0.01) for _ in range(300)) <= 0.01
    assert max(pause.after(3, 0.01) for _ in range(300)) <= 0.04
    assert max(pause.after(4, 0.01) for _ in range(300)) > 4
    assert max(pause.after(1, 9.0) for _ in range(300)) <= 1


def test_time_of_answers_follows_the_latest():
    doors = gate()
    for seconds in [1.0] + [0.1] * 30:
        doors.succeeded(seconds)
    assert 0.09 < doors.round_trip < 0.12


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
    for n in range(8):
        assert doors.has_place(1), n
        doors.lost(0.0, None)
    assert doors.has_place(0)
    assert not doors.has_place(1)
    doors.reached()
    assert doors.has_place(7)


def test_waits_in_doubt_grow_only_when_the_endpoint_was_there_before():
    for was_there in (True, False):
        doors = gate(pause=Pause(1.0, 1000.0))
        if was_there:
            doors.succeeded(1.0)
        for _ in range(14):
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
