"""A watchlist as PDF, to print or to send; set by Typst, in this process and without a network."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from risk.locale import Language, text
from serving.exports import wording
from serving.exports.cleaning import cleaned
from serving.exports.wording import Document


def watchlist_pdf(document: Document, language: Language) -> bytes:
    """A list as PDF, A4 across. Texts are data to the template, never markup."""
    heads = ("rank", "project", "tier", "workers", "amount_at_stake", "reasons", "checks")
    return typeset(
        "watchlist",
        {
            "title": text("exports.title", language),
            "lines": [wording.heading(document, language), *wording.warnings(document, language)],
            "heads": [wording.column(name, document, language) for name in heads],
            "rows": [_row(entry, language) for entry in document["entries"]],
            "none": text("exports.none", language),
        },
    )


def typeset(template: str, data: Any) -> bytes:
    """The PDF of a template of this folder with ``data``, which it reads as JSON."""
    import typst

    folder = Path(str(files("serving.exports"))) / "typst"
    body: bytes = typst.compile(
        str(folder / f"{template}.typ"),
        root=str(folder),
        sys_inputs={"data": json.dumps(cleaned(data), ensure_ascii=False)},
    )
    return body


@lru_cache(maxsize=16)
def picture(svg: str, ppi: float) -> bytes:
    """An SVG drawing as PNG, so many points an inch."""
    import typst

    folder = Path(str(files("serving.exports"))) / "typst"
    body: bytes = typst.compile(
        str(folder / "picture.typ"),
        root=str(folder),
        sys_inputs={"svg": svg},
        format="png",
        ppi=ppi,
    )
    return body


def _row(entry: Document, language: Language) -> dict[str, Any]:
    amount, workers = entry["amount_at_stake"], entry["workers"]
    return {
        "rank": str(entry["rank"]),
        "project": entry["project_name"],
        "contractor": entry["contractor_name"] or "",
        "id": entry["project_id"],
        "tier": wording.word("tier", entry["tier"], language),
        "colour": entry["tier"],
        "probability": wording.percent(entry["probability"]),
        "workers": "" if workers is None else f"{workers:,}",
        "amount": "" if amount is None else f"{amount:,.0f}",
        "reasons": wording.main_reasons(entry, language),
        "checks": wording.checks(entry, language),
    }
