import pytest

from pipeline.manifest import Manifest
from pipeline.publish.lookup import Lookup, look_up
from pipeline.schema import Tables
from tests import example_run

Run = tuple[Tables, Manifest]


@pytest.fixture(scope="package")
def example() -> Run:
    return example_run.build_example()


@pytest.fixture(scope="package")
def large() -> Run:
    return example_run.build_large()


@pytest.fixture(scope="package")
def tiny() -> Run:
    return example_run.build_tiny()


@pytest.fixture(scope="package")
def empty() -> Run:
    return example_run.build_empty()


@pytest.fixture(scope="package")
def lookup(example: Run) -> Lookup:
    return look_up(example[0])


@pytest.fixture(params=["example", "tiny", "empty"])
def any_run(request: pytest.FixtureRequest) -> Run:
    return request.getfixturevalue(request.param)
