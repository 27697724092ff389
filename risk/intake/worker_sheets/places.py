"""Project, team and month of a worker-level sheet, from its labels, titles and names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from risk.intake.cells import Cell, normalise
from risk.intake.name_ids import name_key, preferred_ids
from risk.intake.named_periods import named_period
from risk.intake.numerals import chinese_digits
from risk.intake.project_names import CURRENT_PROJECTS
from risk.intake.several_names import several_ids
from risk.intake.worker_sheets.labels import Label, Labels
from risk.store.store import RecordStore

_DAYS = re.compile(
    r"(?<!\d)(20\d\d)\s*[年./-]?\s*(1[0-2]|0?[1-9])\s*[月./-]?\s*(?:3[01]|[12]\d|0[1-9]|[1-9])(?![\d月])日?"
)
_SPAN = re.compile(r"\d日?\s*[-~—至到]+\s*\d")
_WHOLE = re.compile(
    r"(?<!\d)(20\d\d)\s*(?:年|[-./_])\s*(1[0-2]|0?[1-9])(?!\d)|(?<!\d)(20\d\d)(0[1-9]|1[0-2])"
    r"(?:0[1-9]|[12]\d|3[01])?(?!\d)"
)
_TEAM = re.compile(
    r"([\u4e00-\u9fffA-Za-z0-9]{1,10}?(?:班组|作业队|施工队|劳务队|工程队|班|队|组))"
)
_NO_TEAM = re.compile(
    r"^(?:各|全部|所有|本|该|上|下|加|值|夜|白|早|晚|中|全|跟|按|分|劳务|施工|作业)?"
    r"(?:班组?|组|队)$|小组|领导"
)
_BEFORE_TEAM = re.compile(
    r".*(?:有限公司|公司|项目部|项目|工程|标段|工地|\d号楼|号|年|月份?|期|-|—|_|\s)(?=.)"
)
_BATCH = re.compile(r"第([一二三四五六七八九十]|\d{1,2})批")
_NO_NUMBER = r"(?:(?<!\d)|(?!\d))"
"""A place that is not within a number."""

_DOCUMENT = re.compile(
    r"(?:农民工|工人|民工|务工人员|人员|实名制)*(?:工资|考勤|花名册|名册|发放|支付|出勤|登记|明细|统计)"
)


@dataclass(frozen=True)
class SourceNames:
    """Names around a sheet, the nearest first: the sheet, the file without suffix, its folders."""

    sheet: str
    file: str
    folders: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        return iter((self.sheet, self.file, *self.folders))


class KnownProjects:
    """Projects of a store by code and by name."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    @cached_property
    def _by_key(self) -> Mapping[str, frozenset[str]]:
        rows = self._store.rows(
            "SELECT project_id, project_name, left(region_code, 6) FROM projects"
            f" WHERE project_id IN ({CURRENT_PROJECTS})"
        )
        found: dict[str, set[tuple[str, str]]] = {}
        for code, name, county in rows:
            for text in (code, name):
                if text and (key := name_key(str(text))):
                    found.setdefault(key, set()).add((str(code), county))
        return {key: preferred_ids(ids) for key, ids in found.items()}

    def called(self, text: str) -> str | None:
        """Code of the only project with this code or name, or with a name in ``text``.

        None where ``text`` names several.
        """
        key = name_key(text)
        if not key:
            return None
        return _only(self._by_key.get(key, frozenset())) or self.named_in(text)

    def named_in(self, text: str) -> str | None:
        """Code of the only project whose whole code or name is in ``text``; the longest counts.

        A name that goes on with a digit is another one: 1号 is not in 11号. None where several are
        named one after another.
        """
        whole = self._longest_in(text)
        return None if whole and self.names_several(text) else whole

    def names_several(self, text: str) -> bool:
        """Whether ``text`` names several projects one after another."""
        return bool(several_ids(text, self._longest_in))

    def _longest_in(self, text: str) -> str | None:
        key = name_key(text)
        held = [name for name in self._by_key if len(name) >= 2 and _contains(key, name)]
        longest = max(map(len, held), default=None)
        codes = (self._by_key[name] for name in held if len(name) == longest)
        return _only(frozenset().union(*codes))

    def names(self, code: str) -> tuple[str, ...]:
        """Normal forms of the code and names of a project, the longest first."""
        own = [name for name, codes in self._by_key.items() if code in codes]
        return tuple(sorted(own, key=lambda name: (-len(name), name)))


def find_project(
    projects: KnownProjects, cell: str, labels: Labels, names: SourceNames
) -> str | None:
    """Code of the project: of the row's cell, else labelled, else in a title or a name.

    None where the nearest of them that names a project names several.
    """
    for stated in (cell, labels.text(Label.CODE), labels.text(Label.PROJECT)):
        if stated:
            return projects.called(stated)
    company = labels.text(Label.COMPANY)
    for text in (*labels.texts, company, *names):
        if (code := projects.named_in(text)) or projects.names_several(text):
            return code
    return None


def find_team(cell: str, labels: Labels, names: SourceNames, project: Sequence[str]) -> str:
    """Name of the team; empty if nothing names one. ``project`` are the project's names."""
    if stated := (cell or labels.text(Label.TEAM)):
        return " ".join(stated.split())
    return next((team for text in (*labels.texts, *names) if (team := team_in(text, project))), "")


def team_in(text: str, project: Iterable[str] = ()) -> str:
    """Team that a title or a name contains, without the name of its project.

    >>> team_in("云渡小区钢筋班2025年9月农民工工资表", ["云渡小区"])
    '钢筋班'
    >>> team_in("班组工资表")
    ''
    """
    plain = normalise(text)
    for name in project:
        plain = _without(plain, name)
    plain = _WHOLE.sub(" ", plain)
    for part in re.split(r"[\s()（）【】\[\],，、:：._\-—]+", plain):
        head = _DOCUMENT.split(part)[0]
        for found in _TEAM.finditer(_BEFORE_TEAM.sub("", head)):
            if not _NO_TEAM.search(found[1]):
                return found[1]
    return ""


def find_batch(labels: Labels, names: SourceNames) -> str:
    """Number of the batch that a wage sheet is; empty if nothing names one.

    >>> find_batch(Labels(texts=("木工班2025年9月工资表（第二批）",)), SourceNames("", ""))
    '2'
    """
    texts = (normalise(text) for text in (*labels.texts, names.sheet, names.file))
    found = next((found for text in texts if (found := _BATCH.search(text))), None)
    return chinese_digits(found[1]) if found else ""


def find_month(
    cell: Cell, labels: Labels, names: SourceNames, *, snapshot: bool = False
) -> dt.date | None:
    """First day of the month: of the row's cell, else labelled, else in a title or a name.

    A single day is the month of a ``snapshot`` (a roster), but not of wages: it may be the day on
    which the sheet was made.
    """
    texts = [labels.values.get(Label.MONTH), *labels.texts, *names]
    year = next((found for one in (cell, *texts) if (found := _year_of(one))), None)
    for one in (cell, *texts):
        if month := month_of(one, year):
            return month
    days = [labels.values.get(Label.MADE_ON), *labels.texts, *names] if snapshot else []
    return next((month for one in days if (month := _month_of_day(one))), None)


def _month_of_day(cell: Cell) -> dt.date | None:
    if isinstance(cell, dt.date):
        return dt.date(cell.year, cell.month, 1)
    months = {(int(one[0]), int(one[1])) for one in _DAYS.findall(normalise(str(cell or "")))}
    return dt.date(*months.pop(), 1) if len(months) == 1 else None


def month_of(cell: Cell, year: int | None) -> dt.date | None:
    """The only month that a cell names; ``year`` is that of a month without one.

    A single day is no month: it may be the day on which the sheet was made.

    >>> month_of("2025年9月1日至9月30日", None), month_of("九月", 2025), month_of("8-9月", 2025)
    (datetime.date(2025, 9, 1), datetime.date(2025, 9, 1), None)
    """
    if isinstance(cell, dt.date):
        return dt.date(cell.year, cell.month, 1)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        cell = str(int(cell))
        cell = f"{cell}月" if len(cell) <= 2 else cell
    plain = normalise(str(cell or ""))
    if len(_DAYS.findall(plain)) == 1 and not _SPAN.search(plain):
        plain = _DAYS.sub(" ", plain)
    return named_period(plain).one_month(year=year or 0)


def _year_of(cell: Cell) -> int | None:
    if isinstance(cell, dt.date):
        return cell.year
    return named_period(str(cell or "")).year or None


def _contains(text: str, name: str) -> bool:
    if name not in text:  # fast path for nearly all names
        return False
    return re.search(f"{_NO_NUMBER}{re.escape(name)}{_NO_NUMBER}", text) is not None


def _without(text: str, key: str) -> str:
    """``text`` without the part whose normal form is ``key``."""
    for start in range(len(text)):
        for end in range(start + len(key), start + 2 * len(key) + 5):
            if name_key(text[start:end]) == key:
                return f"{text[:start]} {text[end:]}"
    return text


def _only(codes: frozenset[str]) -> str | None:
    return next(iter(codes)) if len(codes) == 1 else None
