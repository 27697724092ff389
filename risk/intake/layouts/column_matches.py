"""Proposal of a field for each column, from its heading and from sample values.

The confidence of a proposal is the likeness of the heading to a known one, lowered where the
values do not fit the field and where another field is nearly as likely. Columns are assigned
jointly, so that no field is taken twice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache

from risk.contract import Field, FieldType, Table
from risk.intake.cell_parsers import UNKNOWN, CellRefused, answer_alone, parse
from risk.intake.cells import Cell, as_text, match_key, normalise
from risk.intake.heading_qualifiers import is_other_number, is_other_question
from risk.intake.headings import own_part
from risk.intake.layouts.regions import code_of
from risk.intake.layouts.vocabulary import (
    Target,
    Vocabulary,
    fits_actual,
    full_heading_key,
    heading_key,
    is_planned,
    term_synonyms,
    yes_no_synonyms,
)
from risk.intake.numerals import first_month
from risk.intake.spellings import UNKNOWN_DATES, UNKNOWN_WORDS
from risk.intake.ticked_boxes import ticked_option

USED_FROM = 0.9
"""Least confidence at which a column is used without a person's answer.

On headings the program was not tuned on, at most 1 % of the columns used so are wrong
(tests/risk/intake/layouts/test_calibration.py).
"""

PROPOSED_FROM = 0.5
"""Least confidence at which a field is proposed at all."""

_FUZZY = 0.86  # a heading that is only alike never counts as much as a known one
_NEAR = 0.08
_DAY_OF_YEAR = re.compile(r"\d{1,2}\s*月\s*\d{1,2}\s*[日号]?")
_MONTH_OF_YEAR = re.compile(r"(?:\d{1,2}|[一二三四五六七八九十]{1,2})\s*月份?|1[0-2]|0?[1-9]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_DOCUMENT_NUMBER = re.compile(r"[(\[〔【](?:19|20)\d{2}[)\]〕】]|\d号$")
_WEIGHT_OF_VALUES = 0.6
_NUMBERS = (FieldType.MONEY, FieldType.COUNT, FieldType.SHARE, FieldType.NUMBER)
_MONTH = Field("month", "月份", FieldType.MONTH)


class Reason(StrEnum):
    """Why a column is, or is not, used."""

    USED = "used"
    ASK = "ask"
    CHOOSE = "choose"
    TWICE = "twice"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SampleColumn:
    """Column of a sheet: its heading, group heading included, and some of its filled cells."""

    index: int
    heading: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Match:
    """Proposed field of a column.

    ``target`` is None where none is likely; ``choices`` are fields between which a person chooses.
    ``similarity`` is that of the heading alone, ``confidence`` counts values and rivals too.
    """

    column: SampleColumn
    target: Target | None
    similarity: float
    confidence: float
    reason: Reason
    choices: tuple[str, ...] = ()


def match_columns(
    table: Table, columns: Sequence[SampleColumn], vocabulary: Vocabulary
) -> list[Match]:
    """Proposals for all ``columns`` of a sheet read as ``table``, in their order."""
    scores = [_scores(table, column, vocabulary) for column in columns]
    chosen = _assign(scores)
    matches = [
        _match(table, column, scores[number], chosen.get(number), vocabulary)
        for number, column in enumerate(columns)
    ]
    return list(_with_rivals(matches, scores))


def is_known(match: Match) -> bool:
    """Whether the heading is the contract's own or a synonym, not only alike."""
    return match.similarity > _FUZZY


def heading_similarities(
    table: Table, heading: str, vocabulary: Vocabulary
) -> Mapping[str, tuple[Target, float]]:
    """Similarity of a heading to every field of ``table``, by slot.

    1 is the contract's own heading, 0.97 a synonym; others are at most 0.86.
    """
    if known := vocabulary.target(table, heading):
        target, similarity = known
        return {target.slot: (target, similarity)}
    if vocabulary.is_never(heading):
        return {}
    found: dict[str, tuple[Target, float]] = {}
    key, may_be = heading_key(heading), _Meaning(heading)
    for name, target in vocabulary.candidates(table):
        similarity = _likeness(key, name) * _FUZZY
        best = found.get(target.slot)
        if (best is None or similarity > best[1]) and may_be.that_of(target.field, name):
            found[target.slot] = (target, similarity)
    return found


class _Meaning:
    """What a heading may mean; one word can make it the opposite of a heading that is like it."""

    def __init__(self, heading: str) -> None:
        self._heading = heading
        self._planned = is_planned(heading)
        self._full, self._own = full_heading_key(heading), heading_key(own_part(heading))

    def that_of(self, field: Field, known: str) -> bool:
        """Whether the heading may mean the same as ``known``, a heading of ``field``."""
        if self._planned and not fits_actual(field, self._heading):
            return False
        other = is_other_number(field, self._full, known)
        return not other and not is_other_question(field, self._own, known)


def share_fitting(target: Target, cells: Sequence[Cell]) -> float | None:
    """Share of filled ``cells`` that are values of the target; None if there are none.

    Words such as 不详 say nothing about a column of numbers or dates and are not counted. Unknown
    terms of an enumeration count half: a person can say which term they mean.
    """
    unknown = _unknown_words(target.field)
    filled = [
        (cell, count)
        for cell, count in _distinct(cells)
        if not _is_empty(cell) and as_text(cell) not in unknown
    ]
    if not filled:
        return None
    fitting = sum(_fit(target, cell) * count for cell, count in filled)
    return fitting / sum(count for _, count in filled)


def _distinct(cells: Sequence[Cell]) -> Iterator[tuple[Cell, int]]:
    """Cells with their number; equal ones of another type than text are not put together."""
    yield from Counter(cell for cell in cells if type(cell) is str).items()
    yield from ((cell, 1) for cell in cells if type(cell) is not str)


def _unknown_words(field: Field) -> frozenset[str]:
    if field.type is FieldType.DATE:
        return UNKNOWN_WORDS | UNKNOWN_DATES
    return UNKNOWN_WORDS if field.type in _NUMBERS else frozenset()


@dataclass(frozen=True)
class _Score:
    target: Target
    similarity: float
    confidence: float


def _scores(table: Table, column: SampleColumn, vocabulary: Vocabulary) -> dict[str, _Score]:
    similar = heading_similarities(table, column.heading, vocabulary)
    scores = {}
    for name, (target, similarity) in similar.items():
        if similarity < PROPOSED_FROM:  # the confidence is never larger
            continue
        fitting = share_fitting(target, column.cells)
        values = 0.9 if fitting is None else fitting
        confidence = similarity * (1 - _WEIGHT_OF_VALUES + _WEIGHT_OF_VALUES * values)
        scores[name] = _Score(target, similarity, confidence)
    return scores


def _assign(scores: Sequence[Mapping[str, _Score]]) -> dict[int, str]:
    """Slot by column number; the sum of confidences is largest, and no slot is taken twice."""
    worth = [
        {name: _worth(score) for name, score in column.items() if _worth(score)}
        for column in scores
    ]
    best = {
        number: max(column, key=lambda name: column[name])
        for number, column in enumerate(worth)
        if column
    }
    if len(set(best.values())) == len(best):
        return best
    # Only now, because SciPy takes a second to import.
    import numpy as np
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    names = sorted({name for column in worth for name in column})
    matrix = np.array([[column.get(name, 0.0) for name in names] for column in worth])
    rows, fields = linear_sum_assignment(matrix, maximize=True)
    return {
        int(row): names[field]
        for row, field in zip(rows, fields, strict=True)
        if matrix[row, field] > 0
    }


def _worth(score: _Score) -> float:
    """Worth of an assignment; a known heading outweighs any number of ones that are only alike."""
    if score.similarity > _FUZZY:
        return (20 if score.similarity == 1 else 10) + score.confidence
    return score.confidence if score.confidence >= PROPOSED_FROM else 0.0


def _match(
    table: Table,
    column: SampleColumn,
    scores: Mapping[str, _Score],
    name: str | None,
    vocabulary: Vocabulary,
) -> Match:
    choices = vocabulary.choices(table, column.heading)
    if vocabulary.target(table, column.heading) is None and vocabulary.is_never(column.heading):
        return Match(column, None, 0.0, 0.0, Reason.NEVER)
    if name is None:
        known = any(score.similarity > _FUZZY for score in scores.values())
        reason = Reason.TWICE if known else Reason.CHOOSE if choices else Reason.UNKNOWN
        return Match(column, None, 0.0, 0.0, reason, choices)
    score = scores[name]
    rivals = [
        other.confidence
        for other in scores.values()
        if other.target.field.name != score.target.field.name
    ]
    near = max(0.0, max(rivals, default=0.0) - score.confidence + _NEAR)
    confidence = score.confidence * (1 - min(near / _NEAR, 1.0) * 0.3)
    if choices:
        return Match(column, score.target, score.similarity, confidence, Reason.CHOOSE, choices)
    # A contract's own heading is no guess, whatever its cells hold.
    reason = Reason.USED if score.similarity == 1 or confidence >= USED_FROM else Reason.ASK
    return Match(column, score.target, score.similarity, confidence, reason)


def _with_rivals(
    matches: Sequence[Match], scores: Sequence[Mapping[str, _Score]]
) -> Iterator[Match]:
    """``matches``, with a question about columns of other values that fit one field as well.

    承包单位 and 分包单位 may both be whom a contract is with; only a person can say.
    """
    rivals: dict[int, Target] = {}
    for one in (match for match in matches if match.reason is Reason.USED and match.target):
        for other, found in zip(matches, scores, strict=True):
            score = found.get(one.target.slot) if one.target else None
            if other.reason is not Reason.TWICE or score is None:
                continue
            alike = score.similarity == one.similarity and score.confidence >= USED_FROM
            if alike and _differ(score.target.field, one.column, other.column):
                rivals |= dict.fromkeys((one.column.index, other.column.index), score.target)
    for match in matches:
        rival = rivals.get(match.column.index)
        if rival is None:
            yield match
        elif match.target:
            yield replace(match, reason=Reason.ASK)
        else:
            yield replace(match, reason=Reason.CHOOSE, choices=(rival.field.name,))


def _differ(field: Field, one: SampleColumn, other: SampleColumn) -> bool:
    """Whether ``other`` has a value in a row where ``one`` has another or none."""
    pairs = zip(one.cells, other.cells, strict=False)
    return any(
        not _is_empty(second) and _value(field, first) != _value(field, second)
        for first, second in pairs
    )


def _value(field: Field, cell: Cell) -> object:
    try:
        value = parse(cell, field)
    except CellRefused:
        value = as_text(cell)
    return match_key(value) if isinstance(value, str) else value


@lru_cache(maxsize=65_536)
def _likeness(one: str, other: str) -> float:
    """Likeness of two headings from 0 to 1: shared characters in order, endings count more."""
    from rapidfuzz import fuzz

    ratio = fuzz.ratio(one, other) / 100
    # The last word of a Chinese heading names the kind of value: 编号, 日期, 金额.
    same_end = one[-2:] == other[-2:]
    return ratio if same_end else ratio * 0.8


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and normalise(cell).casefold() in UNKNOWN)


def _fit(target: Target, cell: Cell) -> float:
    field = target.field
    text = as_text(cell)
    if target.by_name:
        return float(len(_HAN.findall(text)) >= 2)
    if field.name == "region_code":
        return float(_fits_region(text))
    if field.type is FieldType.TEXT:
        return float(bool(_HAN.search(text)) or not _is_number_or_date(cell))
    if field.type is FieldType.ID:
        return float(_looks_like_code(text))
    return _fits_type(field, cell)


def _fits_year(pattern: re.Pattern[str], cell: Cell) -> bool:
    """Whether a cell is a day or a month without a year, which titles may state."""
    plain = first_month(normalise(str(cell))) if isinstance(cell, str | int) else ""
    return pattern.fullmatch(plain) is not None


def _fits_type(field: Field, cell: Cell) -> float:
    if field.type is FieldType.ENUM:
        return 1.0 if term_of(field, as_text(cell)) is not None else 0.5
    if field.type is FieldType.BOOL and is_synonym(field, as_text(cell)):
        return 1.0
    if field.type is FieldType.COUNT and isinstance(cell, str):
        cell = cell.rstrip("人名次个天")
    if field.type is FieldType.DATE and (_parses(_MONTH, cell) or _fits_year(_DAY_OF_YEAR, cell)):
        return 1.0
    if field.type is FieldType.MONTH and _fits_year(_MONTH_OF_YEAR, cell):
        return 1.0
    return float(_parses(field, cell))


def _parses(field: Field, cell: Cell) -> bool:
    try:
        return parse(cell, field) is not None
    except CellRefused:
        return False


def term_of(field: Field, text: str) -> str | None:
    """Code of a term of an enumeration, also in a usual spelling; None if unknown."""
    key = match_key(ticked_option(normalise(text)))
    for code, term in field.values.items():
        if key in (match_key(code), match_key(term)):
            return code
    return synonyms_of(field).get(key)


def is_synonym(field: Field, text: str) -> bool:
    """Whether a cell is a usual spelling of a term that the contract writes otherwise."""
    if field.type is FieldType.BOOL:
        return match_key(answer_alone(text)) in yes_no_synonyms(field.name)
    return match_key(ticked_option(normalise(text))) in synonyms_of(field)


def synonyms_of(field: Field) -> Mapping[str, str]:
    """Code by usual spelling of the terms of an enumeration."""
    return _synonyms(field.name, tuple(field.values))


@cache
def _synonyms(name: str, codes: tuple[str, ...]) -> Mapping[str, str]:
    from risk.contract import STORED_TABLES

    for table in STORED_TABLES.values():
        for field in table.fields:
            if field.name == name and tuple(field.values) == codes:
                return term_synonyms(table.name, name)
    return {}


def _fits_region(text: str) -> bool:
    plain = normalise(text)
    if plain.isdigit():
        return len(plain) in (2, 4, 6, 9, 12)
    return bool(code_of(plain)) or plain.endswith(("省", "市", "区", "县", "镇", "乡", "街道"))


def _looks_like_code(text: str) -> bool:
    plain = normalise(text)
    few = len(_HAN.findall(plain)) <= max(3, len(plain) // 3)
    return any(map(str.isdigit, plain)) and (few or bool(_DOCUMENT_NUMBER.search(plain)))


def _is_number_or_date(cell: Cell) -> bool:
    if isinstance(cell, dt.date | dt.time):
        return True
    text = normalise(as_text(cell))
    return bool(re.fullmatch(r"[-\d.,/: ]+", text))
