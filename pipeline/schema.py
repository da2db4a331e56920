"""What a table is: a frozen row type, a key, and the check that runs on every save and load."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ContractError

Row = TypeVar("Row")
Tables = dict[str, pd.DataFrame]
"""Frames by table name, as steps pass them on."""

_DTYPE: dict[object, str] = {str: "str", int: "int64", float: "float64", bool: "bool"}


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """A named table: the row type gives columns and dtypes, the columns of `key` are unique."""

    name: str
    row: type[Row]
    key: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Column names in order, each with its pandas dtype."""
        return _columns(self.row)  # type: ignore[arg-type]

    @property
    def meanings(self) -> dict[str, str]:
        """Column names in order, each with what it holds."""
        hints = get_type_hints(self.row, include_extras=True)
        return {
            field.name: (
                get_args(hints[field.name])[1]
                if get_origin(hints[field.name]) is Annotated
                else field.name.replace("_", " ")
            )
            for field in fields(self.row)  # type: ignore[arg-type]
        }

    def frame(self, rows: Iterable[Row] = ()) -> pd.DataFrame:
        """Build a checked frame from row objects."""
        names = list(self.columns)
        data: list[tuple[Any, ...]] = list(map(attrgetter(*names), rows))
        if not data:
            return _empty(self).copy(deep=False)  # a column is copied when somebody writes to it
        return self.check(pd.DataFrame(data, columns=names))

    def rows(self, frame: pd.DataFrame) -> list[Row]:
        """Read a frame back as row objects, in frame order."""
        columns: list[list[Any]] = [frame[name].tolist() for name in self.columns]
        return [self.row(*values) for values in zip(*columns, strict=True)]

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` in declared form, sorted by key; ContractError names the first fault."""
        out = frame if self._is_declared(frame) else self._declared(frame)
        texts = (c for c, dtype in self.columns.items() if dtype == "str")
        missing = next((c for c in texts if pa.array(out[c].array).null_count), "")
        if missing:
            raise ContractError(f"table {self.name!r}: column {missing!r} misses a text")
        keys = list(self.key)
        if _rises(out, keys):
            return out.reset_index(drop=True)
        twice = out.duplicated(keys)
        if twice.any():
            clash = out.loc[twice, keys].iloc[0].to_dict()
            raise ContractError(f"table {self.name!r}: key repeats, first {clash}")
        return out.sort_values(keys, ignore_index=True)

    def _is_declared(self, frame: pd.DataFrame) -> bool:
        """Tell whether columns and dtypes are as declared, as in every frame checked before."""
        return list(frame.dtypes.items()) == _dtypes(self.row)  # type: ignore[arg-type]

    def _declared(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the columns in order with their dtypes; ContractError when that cannot be."""
        missing = [c for c in self.columns if c not in frame.columns]
        extra = [c for c in frame.columns if c not in self.columns]
        if missing or extra:
            raise ContractError(f"table {self.name!r}: missing {missing}, undeclared {extra}")
        try:
            return frame[list(self.columns)].astype(self.columns)
        except (TypeError, ValueError) as error:
            raise ContractError(f"table {self.name!r}: {error}") from error


def _rises(frame: pd.DataFrame, keys: list[str]) -> bool:
    """Tell whether the key of each row comes after that of the row before, so that it is sorted and
    no key repeats: so it is with most frames, and telling it takes a tenth of sorting."""
    after: Any = False
    for key in reversed(keys):
        values = pa.array(frame[key].array)
        first, second = values[:-1], values[1:]
        after = pc.or_(pc.less(first, second), pc.and_(pc.equal(first, second), after))
    return bool(pc.all(after).as_py())


@cache
def _empty(table: Table[Any]) -> pd.DataFrame:
    """Return the frame of a table without rows: made often, and giving columns their dtypes takes
    its time."""
    return table.check(pd.DataFrame([], columns=list(table.columns)))


@cache
def _columns(row: Hashable) -> dict[str, str]:
    """Return the columns of a row type: resolving type hints takes its time."""
    hints = get_type_hints(row)
    return {field.name: _DTYPE[hints[field.name]] for field in fields(row)}  # type: ignore[arg-type]


@cache
def _dtypes(row: Hashable) -> list[tuple[str, object]]:
    """Return the columns of a row type in order, each with its dtype as pandas holds it."""
    return [(name, pd.api.types.pandas_dtype(dtype)) for name, dtype in _columns(row).items()]
