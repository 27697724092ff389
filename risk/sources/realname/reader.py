"""Queries of a project: refused methods, queries per firm, rows of other projects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from risk.sources.realname.answers import Row
from risk.sources.realname.client import Client
from risk.sources.realname.dialect import Method
from risk.sources.realname.errors import MethodRefused
from risk.sources.realname.participants import Participant
from risk.sources.realname.query import all_rows
from risk.sources.realname.values import text

T = TypeVar("T")

REFUSALS = 3
"""Refusals after which a method that never answered is not called any more in a pull."""


class Reader:
    """Reads methods of the platform, ``page_size`` rows at a time."""

    def __init__(self, client: Client, page_size: int) -> None:
        self._client = client
        self._page_size = page_size
        self._refused: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}
        self._answered: set[str] = set()
        self._by_firm: set[str] = set()

    def rows(
        self,
        key: str,
        asked: Mapping[str, str],
        shape: Callable[[Row], T | None],
        firms: Sequence[Participant] = (),
    ) -> list[T]:
        """Return the rows of a method, reduced by ``shape``; those of other projects are dropped.

        ``asked`` are parameters by our names. A method that has parameters for firms and refuses
        to answer for a whole project is asked for each of ``firms``.

        Raises:
            MethodRefused: the platform does not have the method, or refuses it.
            UnitRefused, SourceError, BoundReached: as for :func:`all_rows`.
        """
        method = self._client.dialect.methods[key]
        self._require_offered(method)
        if key not in self._by_firm:
            try:
                return self._query(method, asked, shape)
            except MethodRefused as refused:
                if "corp" not in method.parameters or not firms:
                    self._count_refusal(key, refused)
                    raise
        return self._firm_rows(method, asked, shape, firms)

    def _firm_rows(
        self,
        method: Method,
        asked: Mapping[str, str],
        shape: Callable[[Row], T | None],
        firms: Sequence[Participant],
    ) -> list[T]:
        rows: list[T] = []
        names = {one.corp: one.name or "" for one in firms if one.corp}
        for corp, name in sorted(names.items()):
            try:
                rows += self._query(method, {**asked, "corp": corp, "corp_name": name}, shape)
            except MethodRefused as refused:
                self._count_refusal(method.key, refused)
                raise
            self._by_firm.add(method.key)
        return rows

    def _query(
        self, method: Method, asked: Mapping[str, str], shape: Callable[[Row], T | None]
    ) -> list[T]:
        theirs = {
            method.parameters[name]: value
            for name, value in asked.items()
            if method.parameters.get(name)
        }

        def own(row: Row) -> T | None:
            for name in ("project", "corp"):
                stated = text(row.get(name))
                if name in asked and stated not in (None, asked[name]):
                    return None
            return shape({**row, **{n: asked[n] for n in ("project", "corp") if n in asked}})

        rows = all_rows(self._client, method, theirs, own, page_size=self._page_size)
        self._answered.add(method.key)
        return rows

    def _require_offered(self, method: Method) -> None:
        """Raise MethodRefused if the platform does not offer the method."""
        if not method.name:
            raise MethodRefused(source=self._client.source, method=method.key, reason="-")
        if self._refused[method.key] >= REFUSALS and method.key not in self._answered:
            reason = self._reasons[method.key]
            raise MethodRefused(source=self._client.source, method=method.name, reason=reason)

    def _count_refusal(self, key: str, refused: MethodRefused) -> None:
        self._refused[key] += 1
        self._reasons[key] = str(refused.fields["reason"])
