"""Text of red flags: the duty, the finding, and what to check on site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from risk.flags.flag import RedFlag
from risk.flags.rules import RULES
from risk.locale import Language, catalogue, text

REGULATION = "decree_724"
"""Instrument that article numbers refer to; any other basis is named in addition."""

_THRESHOLDS = {rule.code: rule.threshold for rule in RULES}


@dataclass(frozen=True)
class FlagText:
    """Text of one flag in one language; ``check`` is what to ask for on site."""

    title: str
    finding: str
    check: str
    article_label: str


def describe(flag: RedFlag, language: Language = "zh") -> FlagText:
    """Text of ``flag`` in ``language``; money is in 万元 in Chinese and in yuan in English."""
    threshold = _threshold(flag, language)
    fields = {name: _measured(name, value, language) for name, value in flag.values.items()}
    fields |= {
        name: _percent_apart(value, threshold)
        for name, value in flag.values.items()
        if name.endswith("_share") and value != flag.threshold
    }
    return FlagText(
        title=text(f"flags.{flag.code}.title", language),
        finding=_reported(fields, language)
        + text(
            f"flags.{flag.code}.finding",
            language,
            **fields,
            threshold=threshold,
            extent=_extent(fields, flag.values.get("months") == 1, language),
            clauses=_clauses(flag, {**fields, "threshold": threshold}, language),
        ),
        check=text(f"flags.{flag.code}.check", language),
        article_label=_label(flag, language),
    )


def money(fen: int, language: Language) -> str:
    """Amount with its unit in ``language``.

    >>> money(12_345_600, "zh"), money(12_345_600, "en"), money(4_000, "zh")
    ('12.35万元', '123,456 yuan', '40元')
    """
    yuan = fen / 100
    if language == "en":
        return f"{yuan:,.0f} yuan"
    # Below a hundred yuan, two decimals of 万元 would show 0.00.
    return f"{yuan / 10_000:,.2f}万元" if yuan >= 100 else f"{yuan:.0f}元"


def _reported(fields: Mapping[str, str], language: Language) -> str:
    """Until when such records were reported, if nothing has arrived for long."""
    month = fields.get("reported_month")
    return text("flags.reported", language, month=month) if month else ""


def _extent(fields: Mapping[str, str], one_month: bool, language: Language) -> str:
    """Clause on the teams and people affected, as far as they are known."""
    known = [name for name in ("teams", "people") if name in fields]
    key = "flags.extent." + "_".join([*(known or ["unknown"]), *(["one"] if one_month else [])])
    return text(key, language, **{name: fields[name] for name in known})


def _clauses(flag: RedFlag, fields: Mapping[str, str], language: Language) -> str:
    """Clauses of the finding whose number is not zero."""
    shown = (name for name in _clause_names(flag.code, language) if flag.values.get(name))
    return "".join(text(f"flags.{flag.code}.clauses.{name}", language, **fields) for name in shown)


def _clause_names(code: str, language: Language) -> Sequence[str]:
    return _clauses_by_code(language).get(code, ())


@cache
def _clauses_by_code(language: Language) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for key in catalogue(language):
        match key.split("."):
            case ["flags", code, "clauses", name]:
                found.setdefault(code, []).append(name)
    return found


def _measured(name: str, value: float, language: Language) -> str:
    if name.endswith("_fen"):
        return money(int(value), language)
    if name.endswith("_share"):
        return _percent(value)
    if name.endswith("_month"):
        return _month(int(value), language)
    return f"{value:,.0f}"


def _threshold(flag: RedFlag, language: Language) -> str:
    if flag.threshold is None:
        return ""
    name = _THRESHOLDS[flag.code] or ""
    return _measured("_share" if name.endswith("share") else name, flag.threshold, language)


def _month(number: int, language: Language) -> str:
    year, month = divmod(number, 100)
    return f"{year}年{month}月" if language == "zh" else f"{year}-{month:02}"


def _percent(share: float) -> str:
    """Share in percent, with one decimal where rounding would show 0 % or 100 %."""
    percent = f"{share * 100:.0f}"
    exact = f"{share * 100:.1f}" if percent in ("0", "100") and share not in (0, 1) else percent
    return f"{exact}%"


def _percent_apart(share: float, other: str) -> str:
    """Share in percent, with the decimals that make it differ from the percentage ``other``.

    >>> _percent_apart(103 / 129, "80%"), _percent_apart(0.5, "80%")
    ('79.8%', '50%')
    """
    texts = [_percent(share), *(f"{share * 100:.{digits}f}%" for digits in (1, 2, 3))]
    shown = texts[0]
    for shown in texts:
        if not other.endswith("%") or float(shown[:-1]) != float(other[:-1]):
            break
    return shown


def _label(flag: RedFlag, language: Language) -> str:
    label = text("flags.article_label", language, article=flag.article)
    if flag.basis in (None, REGULATION):
        return label
    basis = text(f"flags.instrument.{flag.basis}", language)
    return text("flags.article_label_and", language, label=label, basis=basis)
