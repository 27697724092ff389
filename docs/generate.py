"""Writes the generated parts of the documentation; a test holds them true.

Usage: python docs/generate.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generate_law import law
from generate_mutation import mutation
from generate_readme import readme
from generate_reference import commands, events, failures, roles, settings, workspace_files
from generate_serving import endpoints
from generate_speed import speed

from features.catalogue import Family, Feature, Points
from features.feature_sets import FEATURE_SETS
from models.scorecard import LINES, LOG_ODDS_PER_POINT
from risk.contract import OWN_TABLES, TABLES, FieldType, Table
from training.event_counts import SCORECARD_BELOW

HERE = Path(__file__).parent
_ARROWS = {1: "↑", -1: "↓", 0: "·"}


def feature_catalogue() -> str:
    """docs/reference/features.md: every feature of every family."""
    projects, employers = FEATURE_SETS["project"], FEATURE_SETS["employer"]
    lines = [
        "# Features",
        "",
        "Generated from the catalogue by `make docs`; do not edit.",
        "",
        f"{len(projects.features)} features in {len(projects.families)} families."
        " A feature is a function of what was known"
        " before as_of. ↑ more means more risk, ↓ more means less (the model is held to it),"
        " · the model may decide. Art. is the article of the Regulation on Ensuring Wage"
        " Payment to Migrant Workers (《保障农民工工资支付条例》).",
    ]
    for family in projects.families:
        lines += ["", f"## {family.en} ({family.zh})", "", *_feature_table(family)]
    lines += [
        "",
        "# Features of employers outside construction",
        "",
        f"{len(employers.features)} features in {len(employers.families)} families, computed by the"
        " same SQL; an employer is its own `contractor`.",
    ]
    for family in employers.families:
        lines += ["", f"## Employers: {family.en} ({family.zh})", "", *_feature_table(family)]
    return "\n".join(lines) + "\n"


def _feature_table(family: Family) -> list[str]:
    return [
        "| feature | 中文 | meaning | unit | window | from | | Art. | empty means |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_feature_row(feature) for feature in family.features),
    ]


def scorecard() -> str:
    """docs/reference/scorecard.md: every line of the expert scorecard."""
    lines = [
        "# The expert scorecard",
        "",
        "Generated from the catalogue by `make docs`; do not edit.",
        "",
        f"Scores where fewer than {SCORECARD_BELOW} arrears events are known. One point is"
        f" {LOG_ODDS_PER_POINT} in log-odds.",
        "Marks and points are expert judgement; the last column names what each rests on.",
        "",
        *_lines_table(LINES["project"]),
        "",
        "## Employers outside construction",
        "",
        *_lines_table(LINES["employer"]),
    ]
    return "\n".join(lines) + "\n"


def _lines_table(scored: Sequence[tuple[str, Points]]) -> list[str]:
    rows = ["| feature | mark | points | rests on |", "|---|---|---|---|"]
    for name, line in scored:
        mark = f"≥ {line.at_least:g}" if line.at_least is not None else f"≤ {line.at_most:g}"
        rows.append(f"| `{name}` | {mark} | {line.points:g} | {line.source} |")
    return rows


_SPELLINGS = (
    ("id", "text, kept as text: leading zeros matter"),
    ("date", "2026-03-05, 2026/3/5, 2026年3月5日, 20260305, a date cell; years 1949 to 2099"),
    ("month", "2026-03, 2026/3, 2026年3月, 202603; a date counts as its month"),
    ("money", "yuan, not negative; 万元 in the header or the cell is ten thousand yuan"),
    ("count", "a whole number, not negative"),
    ("share", "0 to 1; 35% is 0.35"),
    ("number", "any number"),
    ("bool", "true/false, 1/0, 是/否, 有/无"),
    ("enum", "the code or its Chinese term"),
    ("text", "free text"),
)


def records() -> str:
    """docs/reference/records.md: every table and column of the record contract."""
    lines = [
        "# Records",
        "",
        "Generated from `risk/contract.py` by `make docs`; do not edit.",
        "",
        "This is the contract; ledgers with other headings, titles, units or shapes are read as",
        "[layouts.md](../howto/layouts.md) says. A file is a workbook, text (CSV) or Parquet; its",
        "table is recognised by its name, Chinese or English, or by its headings. Columns may be",
        "headed by field name or Chinese header, in any order; others are not stored. An empty",
        "cell is unknown, never zero. Full-width digits and thousands separators are understood.",
        "",
        "| type | accepted |",
        "|---|---|",
        *(f"| {name} | {accepted} |" for name, accepted in _SPELLINGS),
        "",
        "Every table may also hold `known_at` (入库日期), the day your system learnt of the row.",
        "The same key may come again with other values: that is a later version.",
        "Nothing is lost. A row known before its event happened is quarantined.",
        "",
        "A row whose required cells cannot be read goes to `quarantine/待修改.xlsx`, one sheet per",
        "table; it leaves when it comes back corrected, or its key arrives good in any file. An",
        "optional cell that cannot be read is unknown: `records look` lists it, `records answer`",
        "settles all with the same text. Telephone, identity and card numbers in texts are masked.",
        "",
        "Sheets with one row per worker are read as totals of a project, team and month: wage",
        "sheets as payrolls and, if they state the day, payments; day-by-day attendance and",
        "rosters as attendance. Project, team and month are taken from columns, labels, titles,",
        "or the names of sheet, file and folders. Columns about persons are not stored. A sum is",
        "unknown if an amount is missing; a due date that is not stated is the last day of the",
        "following month; rows of totals are compared with the sums.",
        "",
        "A book without `known_at` shows the present state of its records. The first row of a key",
        "is stored as the versions it must have had: one from its start with the later facts",
        "empty, and one from the date of each later fact, never before the start and never after",
        "the import. A later row that differs is known on the day of the book, or on the latest",
        "past date in it. The day of the book is that of `--known-on`, or the last day of the",
        "month that the file's name states with its year, at most the day of import; else the day",
        "of import. Rows with `known_at` that come later replace the versions dated by rule, from",
        "their first day on. `import --withdraw` takes records back; nothing is deleted.",
    ]
    for table in TABLES.values():
        lines += _described(table)
    lines += [
        "",
        "## What Wagewatch records itself",
        "",
        "A row is written when a person links a complaint that names no project, or refuses to",
        "([linkage.md](../explanation/linkage.md)); the last one is used. A file of them can be",
        "imported as well.",
    ]
    for table in OWN_TABLES.values():
        lines += _described(table)
    return "\n".join(lines) + "\n"


def _described(table: Table) -> list[str]:
    lines = ["", f"## {table.name} ({table.zh})", ""]
    lines += [f"Key: {', '.join(f'`{name}`' for name in table.key)}. {_known(table)}", ""]
    lines += ["| field | 中文 | type | | values |", "|---|---|---|---|---|"]
    for field in table.fields:
        values = ", ".join(f"{code} {zh}" for code, zh in field.values.items())
        needed = "required" if field.required else ""
        lines.append(f"| `{field.name}` | {field.zh} | {field.type} | {needed} | {values} |")
    return lines


def _known(table: Table) -> str:
    """When the first row of a key without ``known_at`` was known, and its later facts."""
    return " ".join(["Without `known_at`, known", _start(table), *_later_facts(table)])


def _start(table: Table) -> str:
    named = " or, where empty, from the earliest record that names it, else on the day of import"
    month = table.field(table.starts_on).type is FieldType.MONTH
    lag = f" plus {table.default_lag_days} days" if table.default_lag_days else ""
    start = f"from {'the end of ' if month else ''}`{table.starts_on}`{lag}"
    return f"{start}{named if table.named_in else ''}."


def _later_facts(table: Table) -> Iterator[str]:
    for fact in table.unfolds:
        others = "".join(f", `{name}`" for name in fact.also)
        sets = "".join(f", {name} {value}" for name, value in fact.sets.items())
        yield f"From `{fact.date}` on: `{fact.date}`{others}{sets}."
    if table.outcome:
        values = ", ".join(sorted(table.outcome.values))
        yield (
            f"{table.outcome.field.capitalize()} {values} without such a date: known on the day of"
            f" the book, {table.outcome.start} before."
        )


PAGES = {
    "reference/features.md": feature_catalogue,
    "reference/scorecard.md": scorecard,
    "reference/records.md": records,
    "reference/law.md": law,
    "reference/commands.md": commands,
    "reference/endpoints.md": endpoints,
    "reference/errors.md": failures,
    "reference/settings.md": settings,
    "reference/events.md": events,
    "reference/roles.md": roles,
    "reference/workspace-files.md": workspace_files,
    "evidence/speed.md": speed,
    "evidence/mutation.md": mutation,
    "../README.md": readme,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check say which are stale."""
    stale = []
    for name, page in PAGES.items():
        path = HERE / name
        text = page()
        if "--check" in arguments:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run make docs\n")
    return 1 if stale else 0


def _feature_row(feature: Feature) -> str:
    cells = (
        f"`{feature.name}`",
        feature.zh + (f"；{feature.formula_zh}" if feature.formula_zh else ""),
        feature.en + (f"; {feature.formula_en}" if feature.formula_en else ""),
        feature.unit,
        feature.window,
        ", ".join(feature.source),
        _ARROWS[feature.direction],
        feature.article or "",
        feature.unknown_en,
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
