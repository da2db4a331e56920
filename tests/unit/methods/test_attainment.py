from pipeline.methods.attainment import Attained, Orders
from pipeline.methods.timelines import build_events
from tests.unit.stages import journeys as j


def orders(told: dict[str, j.Journey]) -> Orders:
    tables = j.write(told)
    return Orders(build_events(tables["documents"], tables["turns"], tables["mentions"]))


def test_customers_who_met_one_first_are_counted_among_those_who_met_both():
    found = orders(
        {
            "c1": [(j.day(0), ["a"]), (j.day(1), ["b"])],
            "c2": [(j.day(0), ["b"]), (j.day(1), ["a", "b"])],
            "c3": [(j.day(0), ["a", "x", "b", "a"])],
            "c4": [(j.day(0), ["a"])],
        }
    )
    assert found.attained("a", "b") == Attained(2, 3)
    assert found.attained("b", "a") == Attained(1, 3)
    assert found.attained("a", "x") == Attained(1, 1)
    assert found.attained("a", "nowhere") == Attained(0, 0)


def test_customers_count_once_and_undated_documents_tell_of_themselves_alone():
    found = orders(
        {
            "c1": [("", ["a", "b"]), ("", ["b", "a"]), ("", ["a", "b"])],
            "c2": [("", ["a"]), ("", ["b"])],
        }
    )
    assert found.attained("a", "b") == Attained(1, 1)
    assert found.attained("b", "a") == Attained(1, 1)


def test_nobody_met_anything():
    assert orders({}).attained("a", "b") == Attained(0, 0)
