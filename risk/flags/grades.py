"""Grades of red flags, read from ``grades.toml``: from unpaid workers down to missing papers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from risk.flags.flag import RedFlag


class Grade(StrEnum):
    """How directly a flag is about workers who are not paid, most direct first."""

    PEOPLE = "people"
    MONEY = "money"
    PAYMENT = "payment"
    FUNDING = "funding"
    PAPERS = "papers"


GRADES: tuple[Grade, ...] = tuple(Grade)
COUNTED: frozenset[Grade] = frozenset({Grade.PEOPLE, Grade.MONEY})
"""Grades that lists, campaigns and briefings count as signs of arrears."""


@cache
def read_grades() -> Mapping[str, Grade]:
    """The grade of every flag by code."""
    text = files("risk.flags").joinpath("grades.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return {code: grade for grade in GRADES for code in document[grade]}


def grade_of(code: str) -> Grade:
    """The grade of a flag; ``PAPERS``, the lowest, for a code that is no longer in use."""
    return read_grades().get(code, Grade.PAPERS)


def is_counted(code: str) -> bool:
    """Whether a flag counts as a sign of arrears."""
    return grade_of(code) in COUNTED


def count_by_grade(codes: Iterable[str]) -> dict[Grade, int]:
    """The number of flags of each grade."""
    found = [grade_of(code) for code in codes]
    return {grade: found.count(grade) for grade in GRADES}


PEOPLE_WEIGHT = 100
"""Weight of a flag about people in the order of a list; one about money has 1, the others 0."""


def weight_of(codes: Iterable[str]) -> int:
    """The weight of a project's flags: people before money, the other grades do not count."""
    found = count_by_grade(codes)
    return PEOPLE_WEIGHT * found[Grade.PEOPLE] + found[Grade.MONEY]


def by_grade(flags: Iterable[RedFlag]) -> list[RedFlag]:
    """``flags`` by grade, those of a grade by :func:`size`, largest first."""
    return sorted(flags, key=lambda flag: (GRADES.index(grade_of(flag.code)), -size(flag)))


def size(flag: RedFlag) -> float:
    """What a flag is sorted by within its grade: its money in fen, else people, else days."""
    for ending in ("_fen", "people", "present", "days"):
        found = [value for name, value in flag.values.items() if name.endswith(ending)]
        if found:
            return float(max(found)) * _SCALE[ending]
    return 0.0


_SCALE = {"_fen": 1e6, "people": 1e3, "present": 1e3, "days": 1.0}
"""Keeps money before people before days."""
