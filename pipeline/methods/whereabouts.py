"""Where the touchpoint that a decision is about is found in this run: under its id, as a part of
another, or by a name that it goes by."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.errors import TouchpointsError, shorten
from pipeline.tables import Decision
from pipeline.text import normalise

_NAMED = {"into": "into_name", "source_id": "source_name", "target_id": "target_name",
          "earlier_id": "earlier_name"}  # fmt: skip
"""Fields of an argument that hold a touchpoint's id, and those of `before` with its name; beside
these, `before` may tell names of any ids as `names`."""
OVER = ("undone", "superseded")
"""States of a decision that does not count."""
_Name = tuple[str, str]
"""An id and what it was called."""


class AwayError(TouchpointsError):
    """What a decision is about is not in this run; the text tells reviewers why it waits."""


class Said(NamedTuple):
    """A decision with its JSON read."""

    row: Decision
    argument: Mapping[str, Any]
    before: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        """What the target was called when it was decided about."""
        return [str(self.before["name"])] if self.before.get("name") else []


def read_all(decisions: Iterable[Decision]) -> list[Said]:
    """Return decisions with their JSON read.

    A name that a reviewer gave and took back is left out wherever one was seen: nothing must be
    found by it. That is told by the decisions' states.
    """
    said = [Said(row, json.loads(row.argument), json.loads(row.before)) for row in decisions]
    given = {
        is_over: {_folded(name) for one in said if (one.row.state in OVER) == is_over
                  for name in _given(one)}
        for is_over in (True, False)
    }  # fmt: skip
    taken_back = given[True] - given[False]
    return [one._replace(before=_without(one, taken_back)) for one in said] if taken_back else said


class Whereabouts:
    """The touchpoints that are there, and what became of others."""

    def __init__(
        self,
        names: Mapping[str, str],
        aliases: Iterable[tuple[str, str]],
        said: Sequence[Said],
    ) -> None:
        """Take the names of the touchpoints that are there, (id, alias), and all that was decided:
        it tells names of ids that are not there."""
        self.names = dict(names)
        self._aliases: dict[str, list[str]] = {}
        for key, alias in aliases:
            self._aliases.setdefault(key, []).append(alias)
        self._parts: dict[str, str] = {}
        self._merged: set[str] = set()
        self._rejected: set[str] = set()
        self._part_names: set[str] = set()
        """Names of what was merged, as they are compared."""
        self._past: dict[str, str] = {}
        self._told: dict[str, list[str]] = {}
        for key, name in _names_told(said):
            self._told.setdefault(key, []).append(name)

    def find(self, key: str, names: Sequence[str] = (), *, follow: bool = False) -> str:
        """Return the id under which a touchpoint is found; AwayError when it is not.

        `names` are what else it may be called. What was merged is found, as that of which it is a
        part, only with `follow`.
        """
        seen = {key}
        while key not in self.names:
            if key in self._rejected:
                raise AwayError(f"{self.called(key, names, 'it')} is rejected")
            part, is_part = self._parts.get(key, ""), key in self._merged
            if not part:
                part, is_part = self._by_name([*names, *self._told.get(key, ())])
            if not part or part in seen:
                raise AwayError(f"no touchpoint {self.called(key, names)} in this period")
            if is_part and not follow:
                whole = self.called(part, otherwise="another")
                raise AwayError(f"{self.called(key, names, 'it')} is now part of {whole}")
            self._parts[key] = part
            if is_part:
                self._merged.add(key)
            seen.add(part)
            key = part
        return key

    def target(self, said: Said, *, follow: bool = False) -> str:
        """Return the id of what a decision is about; AwayError when it is not there."""
        return self.find(said.row.target_id, said.names, follow=follow)

    def end(self, said: Said, field: str) -> str:
        """Return the id of another touchpoint that a decision names, merged or not."""
        name = said.before.get(_NAMED.get(field, ""))
        return self.find(str(said.argument[field]), [str(name)] if name else [], follow=True)

    def named(self, name: str) -> str:
        """Return the touchpoint that has a name, aliases aside; '' when none or several have."""
        own = [key for key, given in self.names.items() if normalise(given) == normalise(name)]
        return own[0] if len(own) == 1 else ""

    def is_rejected(self, key: str) -> bool:
        """Tell whether a touchpoint, or that of which it is a part, is rejected."""
        seen: set[str] = set()
        while key in self._parts and key not in seen:
            seen.add(key)
            key = self._parts[key]
        return key in self._rejected

    def told(self, key: str) -> str:
        """Return the last name that decisions tell of an id, '' when none does."""
        return self._told.get(key, [""])[-1]

    def called(self, key: str, names: Sequence[str] = (), otherwise: str = "of that id") -> str:
        """Return what people call a touchpoint, in quotes."""
        name = self.names.get(key) or self._past.get(key) or next(iter(names), "")
        name = name or self.told(key)
        return f"'{shorten(name, 60)}'" if name else otherwise

    def add(self, key: str, name: str) -> None:
        """Note a new touchpoint, or a new name of one; the old name stays with it."""
        old = self.names.get(key)
        if old:
            self.also(key, old)
        self.names[key] = name

    def also(self, key: str, alias: str) -> None:
        """Note another name of a touchpoint."""
        self._aliases.setdefault(key, []).append(alias)

    def same(self, key: str, other: str) -> None:
        """Note that an id that is not there means a touchpoint that is."""
        if key not in self.names:
            self._parts[key] = other

    def part_of(self, key: str, whole: str) -> None:
        """Note that an id of which nothing is there or known belongs to a touchpoint."""
        if key not in self.names and key not in self._parts and key not in self._rejected:
            self._parts[key] = whole
            self._merged.add(key)

    def merge(self, key: str, into: str) -> None:
        """Note that a touchpoint, there or not, is a part of another."""
        names = [*self._aliases.pop(key, []), *self._told.get(key, [])]
        if key in self.names:
            self._past[key] = self.names.pop(key)
            names.append(self._past[key])
        for name in names:
            self.also(into, name)
        self._part_names.update(map(normalise, names))
        self._parts[key] = into
        self._merged.add(key)

    def reject(self, key: str) -> None:
        """Note that a touchpoint, there or not, is no more."""
        if key in self.names:
            self._past[key] = self.names.pop(key)
        self._aliases.pop(key, None)
        self._rejected.add(key)

    def reject_unless_part(self, key: str) -> None:
        """Note that an id is rejected where it is not there, by its id or as another's part."""
        if key not in self.names and key not in self._parts:
            self._rejected.add(key)

    def _by_name(self, names: Iterable[str]) -> tuple[str, bool]:
        """Return the touchpoint that goes by one of the names, '' when none or several do, and
        whether the name is that of a part of it."""
        for name in map(normalise, names):
            if self.named(name):
                return self.named(name), False
            own = [
                key
                for key, given in self._aliases.items()
                if key in self.names and name in map(normalise, given)
            ]
            if len(own) == 1:
                return own[0], name in self._part_names
        return "", False


def _names_told(said: Iterable[Said]) -> Iterator[tuple[str, str]]:
    """Yield (id, name) of touchpoints as decisions tell them."""
    for one in said:
        for name in one.names:
            yield one.row.target_id, name
        for field, place in _NAMED.items():
            if one.argument.get(field) and one.before.get(place):
                yield str(one.argument[field]), str(one.before[place])
        names = one.before.get("names")
        yield from names.items() if isinstance(names, dict) else ()
        if one.row.state not in OVER:
            yield from _given(one)


def _given(one: Said) -> Iterator[_Name]:
    """Yield the name that a decision gives a touchpoint."""
    if one.row.action in ("add", "rename"):
        yield one.row.target_id, str(one.argument["name"])
    if one.row.action == "split":
        yield str(one.argument["touchpoint_id"]), str(one.argument["name"])


def _folded(name: _Name) -> _Name:
    """Return a name as it is compared."""
    return name[0], normalise(name[1])


def _without(one: Said, names: Collection[_Name]) -> Mapping[str, Any]:
    """Return what a reviewer saw, without some names."""
    ids = {"name": one.row.target_id}
    ids |= {place: str(one.argument.get(field, "")) for field, place in _NAMED.items()}
    kept = {
        field: value for field, value in one.before.items()
        if field not in ids or _folded((ids[field], str(value))) not in names
    }  # fmt: skip
    if isinstance(kept.get("names"), dict):
        kept["names"] = {
            k: n for k, n in kept["names"].items() if _folded((k, str(n))) not in names
        }
    return kept
