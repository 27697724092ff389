"""Legal elements of transfer and listing as data and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from risk.flags.text import money
from risk.legal_elements import Element
from risk.locale import Language, text
from serving.formatting import format_date, table_label


def element_to_dict(element: Element) -> dict[str, Any]:
    """Return an element as JSON-compatible data; amounts in yuan have names in ``_yuan``."""
    fields = {
        f"{name.removesuffix('_fen')}_yuan" if name.endswith("_fen") else name: (
            int(value) / 100 if name.endswith("_fen") else value
        )
        for name, value in element.fields.items()
    }
    return {
        "code": element.code,
        "standing": element.standing,
        "reason": element.reason,
        "fields": fields,
        "evidence": [{"table": table, "record_id": key} for table, key in element.evidence],
    }


def element_texts(element: Mapping[str, Any], language: Language) -> dict[str, str]:
    """Return the texts ``title``, ``standing``, ``said``, ``obtain`` and ``records``."""
    fields: dict[str, Any] = {}
    for name, value in element["fields"].items():
        if name.endswith("_yuan"):
            fields[name.removesuffix("_yuan")] = money(round(value * 100), language)
        elif name in ("instrument", "certainty", "validity", "date_status"):
            fields[name] = text(f"elements.{name}.{value}", language)
        elif name in ("day", "by"):
            fields[name] = format_date(value, language)
        else:
            fields[name] = value
    code = element["code"]
    records = text("notices.comma", language).join(
        f"{table_label(ref['table'], language)} {ref['record_id']}" for ref in element["evidence"]
    )
    return {
        "title": text(f"elements.{code}.title", language),
        "standing": text(f"elements.standing.{element['standing']}", language),
        "said": text(f"elements.{code}.{element['reason']}", language, **fields),
        "obtain": text(f"elements.{code}.obtain", language),
        "records": records,
    }
