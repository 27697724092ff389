"""docs/reference/law.md: duties and values of law behind the red flags, with sources and tests."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from risk.flags import RULES, Duty, Law, Value, grade_of, read_law
from risk.locale import text

ROOT = Path(__file__).parent.parent
_TESTS = ROOT / "tests" / "risk" / "flags"
_GENERAL = (
    *("test_law.py", "test_text.py", "test_engine.py", "test_grades.py", "test_edges.py"),
    "conftest.py",
)

_INTRO = """\
# Law

Generated from `risk/flags/law.toml` by `make docs`; do not edit.

A red flag states what the records show against one duty. It is no finding: titles say what is not
on record, and a visit decides. Articles are those of the Regulation on Ensuring Wage Payment to
Migrant Workers (《保障农民工工资支付条例》) unless another instrument is named. A term runs
from its own date in force, in working days of China where the law says so; one of calendar days
that ends on a day of rest ends on the next working day. Open orders and complaints never lapse.

How sure: *primary* read in the statute; *two sources*; *one page*; *unverified* known to
specialists and not read again; *local* a rule of one place used for lack of another; *own choice*
set here because the law sets none; for a second source after a semicolon. Check what is not
primary before relying on it.

In addition to the tests in the table, `tests/risk/flags/test_edges.py` tries every rule around its
first day, and one below, at and one above each of its values. A new rule or value needs a scene
there.
"""

_OFFICE = """\
## Local values

Values that places set (minimum wage, works that need a special account, shares of labour cost) are
shipped only where a source was read. An office states its own in a TOML file in the workspace:

    [law]                            # in wagewatch.toml
    values_file = "law.toml"

    [[values]]                       # in law.toml
    duty = "pay_below_minimum"
    name = "monthly_fen"             # the unit is in the table below; 189000 fen are 1,890 yuan
    number = 189000
    region = "5201"                  # beginning of region codes; the closest wins
    from = 2023-02-01                # and, if it ended, to = ... (not included)
    source = "where you read it"

`deposit_not_recorded` binds only where the office states that its ledger of deposits lists all who
paid in: `name = "lists_all_payers"`, `number = 1`. The values are sealed with every list, so that a
replay has those of its day. The feature of the minimum wage uses the same table as the flag; train
again after a change of it.
"""


def law() -> str:
    """The page: duties, values, penalties."""
    known = read_law()
    parts = [_INTRO, _duties(known), _OFFICE, _values(known), _penalties()]
    return "\n".join(parts)


def _duties(known: Law) -> str:
    duties = {duty.code: duty for duty in known.duties}
    rows = (_duty(duties[rule.code]) for rule in RULES)
    heads = ("rule", "Art.", "duty", "owed by", "since", "source", "how sure", "grade", "tested by")
    return "## Duties\n\n" + _table(heads, rows)


def _duty(duty: Duty) -> list[str]:
    source = text(f"flags.instrument.{duty.instrument}", "en")
    also = text(f"flags.instrument.{duty.basis}", "en") if duty.basis else ""
    return [
        f"`{duty.code}`",
        duty.article,
        duty.summary,
        ", ".join(duty.owed_by),
        str(duty.acts_from),
        f"{source}; {also}" if also else source,
        "; ".join(_sure(one) for one in ("primary", duty.basis_certainty) if one),
        grade_of(duty.code).value,
        ", ".join(f"`tests/risk/flags/{name}`" for name in tests_of(duty.code)),
    ]


def _sure(certainty: str) -> str:
    return certainty.replace("_", " ")


def tests_of(code: str) -> list[str]:
    """Names of the test files that name the flag; those of a rule of its own come alone."""
    naming = sorted(
        path.name
        for path in _TESTS.glob("*.py")
        if path.name not in _GENERAL and f'"{code}"' in path.read_text(encoding="utf-8")
    )
    return [name for name in naming if name != "test_rules.py"] or naming


def _values(known: Law) -> str:
    heads = ("rule", "value", "number", "unit", "region", "from", "to", "source", "how sure")
    rows = (_value(value) for value in known.values)
    return "## Values\n\n" + _table(heads, rows)


def _value(value: Value) -> list[str]:
    source = text(f"flags.instrument.{value.instrument}", "en")
    own = value.certainty == "own_choice"
    return [
        f"`{value.code}`",
        f"`{value.name}`",
        f"{value.number:g}" if value.number < 1e6 else f"{value.number:,.0f}",
        value.unit,
        value.region or "all",
        str(value.from_day),
        "" if value.to_day is None else str(value.to_day),
        "" if own else f"{source} ({value.source})" if value.source else source,
        _sure(value.certainty),
    ]


def _penalties() -> str:
    document = files("risk.flags").joinpath("law.toml").read_text(encoding="utf-8")
    rows = (
        [
            item["article"],
            ", ".join(f"`{code}`" for code in item["duties"]),
            f"{item['fine_from']:,}-{item['fine_to']:,} yuan",
            "yes" if item["stop_work"] else "no",
        ]
        for item in tomllib.loads(document)["penalties"]
    )
    heads = ("Art.", "rules", "fine if an order to correct is not obeyed", "stop of work")
    return "## Penalties\n\n" + _table(heads, rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
