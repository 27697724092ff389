"""Writes the generated parts of the documentation; a test holds them true.

Usage: python docs/generate.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from features.catalogue import Feature
from features.families import FAMILIES
from models.scorecard import LINES

HERE = Path(__file__).parent
_ARROWS = {1: "↑", -1: "↓", 0: "·"}


def feature_catalogue() -> str:
    """docs/features.md: every feature of every family."""
    count = sum(len(family.features) for family in FAMILIES)
    lines = [
        "# Features",
        "",
        "Generated from the catalogue by `make docs`; do not edit.",
        "",
        f"{count} features in {len(FAMILIES)} families. A feature is a function of what was known"
        " before as_of. ↑ more means more risk, ↓ more means less (the model is held to it),"
        " · the model may decide. Art. is the article of the Regulation on Ensuring Wage"
        " Payment to Migrant Workers (《保障农民工工资支付条例》).",
    ]
    for family in FAMILIES:
        lines += [
            "",
            f"## {family.en} ({family.zh})",
            "",
            "| feature | 中文 | meaning | unit | window | from | | Art. | empty means |",
            "|---|---|---|---|---|---|---|---|---|",
            *(_feature_row(feature) for feature in family.features),
        ]
    return "\n".join(lines) + "\n"


def scorecard() -> str:
    """docs/scorecard.md: every line of the expert scorecard."""
    lines = [
        "# The expert scorecard",
        "",
        "Generated from `models/scorecard.py` by `make docs`; do not edit.",
        "",
        "Scores where fewer than 30 arrears events are known. One point is 0.35 in log-odds.",
        "Marks and points are expert judgement; the last column names what each rests on.",
        "",
        "| feature | mark | points | rests on |",
        "|---|---|---|---|",
    ]
    for line in LINES:
        mark = f"≥ {line.at_least:g}" if line.at_least is not None else f"≤ {line.at_most:g}"
        lines.append(f"| `{line.feature}` | {mark} | {line.points:g} | {line.source} |")
    return "\n".join(lines) + "\n"


PAGES = {"features.md": feature_catalogue, "scorecard.md": scorecard}


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
        feature.zh,
        feature.en,
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
