"""Small faults in Python source, in its queries, and in the SQL of its string literals.

A mutant replaces one stretch of text. All mutants of a file are listed in the order of the text, so
that a seeded sample of them is the same everywhere.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

_COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_WORDS = {"and": "or", "or": "and", "True": "False", "False": "True", "min": "max", "max": "min"}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*"}
_METHODS = {
    "is_": "is_not",
    "is_not": "is_",
    "in_": "not_in",
    "not_in": "in_",
    "desc": "asc",
    "asc": "desc",
    "outerjoin": "join",
}
"""Methods of SQLAlchemy."""

_MAY_NOT_PARSE = frozenset({"*", "/", "//"})
"""What means something else before a parameter; all other faults in tokens are valid Python."""

_LOOKS_LIKE_SQL = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|GROUP BY|CASE WHEN|coalesce\()", re.ASCII)
_CONDITION = r"(?:[^()\n\"]|\((?:[^()\n\"]|\([^()\n\"]*\))*\))+?"
"""A condition on one line; what it calls may call something."""

_SQL = (
    (re.compile(r"(?<![<>=!-])<(?![=>])"), "<="),
    (re.compile(r"<=(?!=)"), "<"),
    (re.compile(r"(?<![<>=-])>(?!=)"), ">="),
    (re.compile(r">="), ">"),
    (re.compile(r"(?<![<>=!:])=(?![=>])"), "<>"),
    (re.compile(r"\bAND\b"), "OR"),
    (re.compile(rf"\bAND {_CONDITION}(?= AND | OR | THEN |[\n\")])"), ""),
    (re.compile(rf"\bWHERE (?P<at>{_CONDITION})(?= AND | OR | GROUP |[\n\")])"), "TRUE"),
    (re.compile(r"\bOR\b"), "AND"),
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"),
    (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bNOT (?=\(|EXISTS|[a-z])"), ""),
    (re.compile(r"\bLEFT JOIN\b"), "JOIN"),
    (re.compile(r"\bDESC\b"), "ASC"),
    (re.compile(r"\bORDER BY [\w.]+(?P<at>)(?=[,\n)])"), " DESC"),
    (re.compile(r"\bmin\("), "max("),
    (re.compile(r"\bmax\("), "min("),
    (re.compile(r"\bsum\("), "max("),
    (re.compile(r"\bavg\("), "max("),
    (re.compile(r"\bgreatest\("), "least("),
    (re.compile(r"\bleast\("), "greatest("),
    (re.compile(r"\bmax_by\("), "min_by("),
    (re.compile(r"\bmin_by\("), "max_by("),
    (re.compile(r"\barg_max\("), "arg_min("),
    (re.compile(r"\barg_min\("), "arg_max("),
    (re.compile(r"\bcount\(DISTINCT "), "count("),
    (re.compile(r"\bSELECT (?P<at>DISTINCT )"), ""),
    (re.compile(r"\bUNION ALL\b"), "UNION"),
    (re.compile(r"\bcontractor_id\b"), "owner_id"),
    (re.compile(r"\bowner_id\b"), "contractor_id"),
    (re.compile(r"'[a-z_]+'"), "'other'"),
    (re.compile(rf"\bcoalesce\({_CONDITION}, (?P<at>0)\)"), "+1"),
    (re.compile(r"\b(?:ELSE|THEN) (?P<at>0)\b"), "+1"),
    (re.compile(r"(?<![\w.$'{-])[1-9]\d*(?![\w.}])"), "+1"),
    (re.compile(r"\bBETWEEN (?P<at>[1-9]\d*)\b"), "-1"),
    (re.compile(r"\bBETWEEN \S+ ~~~ (?P<at>[1-9]\d*)\b"), "-1"),
)
"""Patterns in SQL and what replaces them, or their group ``at``.

``+1`` and ``-1`` are added to a number.
"""


_LEFT_ALONE = re.compile(r"\{[^{}]*\}|--[^\n]*|\bEXISTS \(\s*SELECT 1\b")
"""Fields of an f-string, comments, and the number in whose place EXISTS takes any."""

_RANGE = re.compile(r"(\bBETWEEN \S+ )AND\b")
"""The AND of a range joins no conditions; it is read as ``~~~``."""


@dataclass(frozen=True)
class Mutant:
    """A replacement of the text from ``start`` to ``end`` of a file; ``line`` counts from 1."""

    start: int
    end: int
    line: int
    before: str
    after: str

    def apply(self, source: str) -> str:
        """Return ``source`` with the fault."""
        return source[: self.start] + self.after + source[self.end :]


def mutants(source: str) -> list[Mutant]:
    """Return the mutants of a Python source that still parse, in the order of the text.

    >>> [(one.before, one.after) for one in mutants("late = days > 30 and not paid")]
    [('>', '>='), ('30', '31'), ('and', 'or'), ('not ', '')]
    >>> [(one.before, one.after) for one in mutants("SQL = 'SELECT a FROM t WHERE b <= 3'")]
    [('<=', '<'), ('3', '4')]
    >>> [(one.before, one.after) for one in mutants("select(a).where(own, b.is_(c))")]
    [('own', 'True'), ('b.is_(c)', 'True'), ('is_', 'is_not')]
    """
    starts = _line_starts(source)
    skipped = _skipped_lines(source)
    found = [
        (one, token.type == tokenize.STRING)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.start[0] not in skipped
        for one in _of_token(token, starts)
    ]
    planted = [
        one
        for one, in_text in found
        if in_text or one.before not in _MAY_NOT_PARSE or _parses(one.apply(source))
    ]
    return sorted([*planted, *_conditions(source, starts)], key=lambda one: (one.start, one.end))


def _conditions(source: str, starts: list[int]) -> Iterator[Mutant]:
    """Yield the conditions of queries, each replaced by one that always holds."""
    lines = source.splitlines(keepends=True)

    def offset(line: int, bytes_before: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:bytes_before].decode())

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("where", "having"):
            for one in node.args:
                if isinstance(one, ast.Starred) or one.end_lineno is None:
                    continue
                start = offset(one.lineno, one.col_offset)
                end = offset(one.end_lineno, one.end_col_offset or 0)
                yield Mutant(start, end, one.lineno, source[start:end], "True")


def _of_token(token: tokenize.TokenInfo, starts: list[int]) -> Iterator[Mutant]:
    offset = starts[token.start[0] - 1] + token.start[1]
    text, line = token.string, token.start[0]
    if token.type == tokenize.STRING:
        yield from _of_string(text, offset, line)
    elif token.type == tokenize.NUMBER and text.replace("_", "").isdigit():
        yield Mutant(offset, offset + len(text), line, text, str(int(text) + 1))
    elif text in "*/" and token.line[token.end[1] :].startswith((",", ")")):
        return  # it marks how parameters are passed
    elif text == "not" and token.line[token.end[1] : token.end[1] + 3] != " in":
        yield Mutant(offset, offset + 4, line, "not ", "")
    else:
        after = (
            _COMPARISONS.get(text)
            or (_ARITHMETIC.get(text) if token.type == tokenize.OP else None)
            or (_WORDS.get(text) if token.type == tokenize.NAME else None)
            or (_METHODS.get(text) if token.line[: token.start[1]].endswith(".") else None)
        )
        if after is not None:
            yield Mutant(offset, offset + len(text), line, text, after)


def _of_string(text: str, offset: int, line: int) -> Iterator[Mutant]:
    """Yield the faults of a string literal that holds SQL, outside the fields of an f-string."""
    if not _LOOKS_LIKE_SQL.search(text):
        return
    left_alone = [match.span() for match in _LEFT_ALONE.finditer(text)]
    found = []
    for pattern, after in _SQL:
        for match in pattern.finditer(_RANGE.sub(r"\1~~~", text)):
            start, end = match.span("at" if "at" in pattern.groupindex else 0)
            if any(a <= start < b for a, b in left_alone):
                continue
            before = text[start:end]
            new = str(int(before) + int(after)) if after in ("+1", "-1") else after
            row = line + text.count("\n", 0, start)
            found.append(Mutant(offset + start, offset + end, row, before, new))
    yield from sorted(found, key=lambda one: (one.start, one.end))


def _skipped_lines(source: str) -> set[int]:
    """Return the lines of imports, docstrings and decorators."""
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_docstring(node):
            skipped |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            skipped |= {one.lineno for one in node.decorator_list}
    return skipped


def _is_docstring(node: ast.AST) -> TypeGuard[ast.Expr]:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _line_starts(source: str) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
