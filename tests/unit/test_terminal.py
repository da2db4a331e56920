"""What `run` and `show` print."""

from pipeline.terminal import console, print_run
from tests import example_run


def printed(run):
    with console.capture() as caught:
        print_run(*run)
    return " ".join(caught.get().split())


def test_quotes_of_no_touchpoint_are_told_with_their_size():
    tables, manifest = example_run.build_example()
    n_quotes = len(tables["mentions"]) + 53
    assert f"53 of {n_quotes:,} quotes" in printed((tables, manifest))
    assert "no touchpoint" not in printed(example_run.build_empty())
