"""Detection of a file's table from its name."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from risk.contract import STORED_TABLES, Table
from risk.intake.file_errors import TableAmbiguous, TableUnknown

_BRACKET = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕|《|》")
_SEPARATOR = re.compile(r"[-_—–·.,，\s]+")
_AND = re.compile(r"\s*(?:与|和|及|以及|、|&|\+|/)\s*")


@dataclass(frozen=True)
class NamedTables:
    """Tables whose words are in a name.

    ``table`` is the one the name says, or None where it names several as equals (案件与检查).
    ``certain``: it is the only one, by its own name in the contract; else the headers count first.
    """

    table: Table | None
    certain: bool
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class _Found:
    """Word of a table at ``start`` of a name."""

    start: int
    word: str
    table: Table
    own: bool

    @property
    def end(self) -> int:
        return self.start + len(self.word)


def detect_table(path: Path) -> Table:
    """Table that the file's name says; of several words, the last names what the book is.

    >>> detect_table(Path("2024年工程项目台账.xlsx")).name
    'projects'
    >>> detect_table(Path("工程项目投诉举报台账.xlsx")).name
    'complaints'

    Raises:
        TableUnknown: the file's name contains no word of a table.
        TableAmbiguous: it names several tables as equals.
    """
    named = tables_in_name(path.stem)
    if not named.tables:
        raise TableUnknown(file=path.name, allowed=allowed_names())
    if named.table is None:
        found = "、".join(table.zh for table in named.tables)
        raise TableAmbiguous(file=path.name, found=found, allowed=allowed_names())
    return named.table


@lru_cache(maxsize=1024)  # of a file it is asked for every sheet and step of its import
def tables_in_name(name: str) -> NamedTables:
    """Tables whose words are in the name of a file or a sheet.

    What a bracket holds counts only where there is no word outside of it.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    found = _words_in(_BRACKET.sub(" ", plain)) or _words_in(plain)
    tables = tuple({one.table.name: one.table for one in found}.values())
    if not found:
        return NamedTables(None, False, ())
    if _are_equals(found, plain):
        return NamedTables(None, False, tables)
    certain = len(tables) == 1 and any(one.own for one in found)
    return NamedTables(found[-1].table, certain, tables)


def has_table_name(path: Path) -> bool:
    """Whether the file's name contains a word of a table."""
    return bool(tables_in_name(path.stem).tables)


def allowed_names() -> str:
    """All table names, English and Chinese, as one line of text."""
    return ", ".join(f"{table.name}/{table.zh}" for table in STORED_TABLES.values())


def _words_in(text: str) -> list[_Found]:
    """Words of the part of ``text`` that names a book, or else of its last part with a word."""
    parts = [(part, list(_longest(part))) for part in _SEPARATOR.split(text)]
    named = [(part, found) for part, found in parts if found]
    books = [found for part, found in named if any(book in part for book in _data()["books"])]
    return (books or [found for _, found in named] or [[]])[-1]


def _longest(text: str) -> Iterator[_Found]:
    """Words in ``text`` in the order they end, without those inside a longer one."""
    found = sorted(_all(text), key=lambda one: (one.start, -one.end))
    end = 0
    for one in found:
        if one.end > end:
            yield one
            end = one.end


def _all(text: str) -> Iterator[_Found]:
    for word, (table, own) in _words().items():
        if word not in text:  # spares most words a pattern
            continue
        # English names must be whole words: "cases" is not in "showcases".
        bound = (r"(?<![a-z])", r"(?![a-z])") if word.isascii() else ("", "")
        for match in re.finditer(f"{bound[0]}{re.escape(word)}{bound[1]}", text):
            yield _Found(match.start(), word, table, own)


def _are_equals(found: list[_Found], text: str) -> bool:
    """Whether the last two words, of different tables, are joined by a conjunction."""
    pairs = list(pairwise(found))
    if not pairs or pairs[-1][0].table is pairs[-1][1].table:
        return False
    first, second = (re.escape(one.word) for one in pairs[-1])
    return re.search(f"{first}(?:{_AND.pattern}){second}", text) is not None


@cache
def _words() -> Mapping[str, tuple[Table, bool]]:
    """Tables by word, with whether the word has the contract's own name of the table in it."""
    words = {
        word: (STORED_TABLES[name], STORED_TABLES[name].zh in word)
        for name, by_source in _data()["words"].items()
        for listed in by_source.values()
        for word in listed
    }
    own = {name: (table, True) for table in STORED_TABLES.values()
           for name in (table.name, table.zh)}  # fmt: skip
    return words | own


@cache
def _data() -> Mapping[str, Any]:
    text = files("risk.intake").joinpath("table_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
