"""Limit of rejected rows: a file of which most rows are rejected is no ledger of its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from risk.contract import Table
from risk.intake.file_errors import MostRowsRejected
from risk.intake.row_errors import Problem
from risk.intake.row_parser import BadRow

MAX_REJECTED = 20_000
"""Rows of a file that may be rejected; more only if at least as many rows are good."""


class RejectedRows:
    """Counts the rejected rows of a file and their problems.

    Rows of the quarantine that are sent again do not count.
    """

    def __init__(self, table: Table, file: str) -> None:
        self._table = table
        self._file = file
        self._rows = 0
        self._problems: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], Problem] = {}

    def add(self, rows: Sequence[BadRow], *, good: int) -> None:
        """Count ``rows``; ``good`` is the number of good rows of the file so far.

        Raises:
            MostRowsRejected: there are too many.
        """
        for row in rows:
            if row.corrects is None:
                self._rows += 1
                self._count(row.problems)
        if self._rows > max(MAX_REJECTED, good):
            raise self._failure(good)

    def _count(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            kind = problem.column, problem.code
            self._problems[kind] += 1
            self._examples.setdefault(kind, problem)

    def _failure(self, good: int) -> MostRowsRejected:
        [(kind, count)] = self._problems.most_common(1)
        problem = self._examples[kind]
        return MostRowsRejected(
            file=self._file,
            rejected=self._rows,
            read=self._rows + good,
            alike=count,
            problem={language: problem.message(self._table, language) for language in ("zh", "en")},
        )
