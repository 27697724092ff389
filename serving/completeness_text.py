"""How complete the known events are, in words; from the document stored with a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from risk.locale import Language, text

_YOUNG = 2
"""Bands of ages up to 90 days, in which many cases are undecided everywhere."""


def completeness_lines(found: Mapping[str, Any], language: Language) -> Iterator[str]:
    """Sentences on delays, undecided and confirmed cases."""
    if not found["measured"]:
        yield text("completeness.unmeasured", language)
    elif found["known_days"] is None:
        yield text("completeness.not_reached", language)
    else:
        yield text("completeness.known", language, days=found["known_days"])
    if found["slow"]:
        yield text("completeness.slow", language)
    if found["decided"]:
        share = f"{found['confirmed'] / found['decided']:.0%}"
        yield text("completeness.decided", language, decided=found["decided"], share=share)


def completeness_table(
    found: Mapping[str, Any], language: Language
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and rows: cases by age, and how many of them are undecided."""
    headings = ("age", "cases", "undecided", "share")
    rows: list[tuple[str, ...]] = []
    for band in found["bands"]:
        if band["cases"]:
            share = f"{band['undecided'] / band['cases']:.0%}"
            key = "completeness.older" if band["last"] is None else "completeness.band"
            age = text(key, language, first=band["first"], last=band["last"] or "")
            rows.append((age, str(band["cases"]), str(band["undecided"]), share))
    return tuple(text(f"completeness.{name}", language) for name in headings), rows


def completeness_note(found: Mapping[str, Any], language: Language) -> str:
    """What a list says where decisions are slow or many cases are undecided."""
    bands = found["bands"][_YOUNG:-1]
    cases = sum(band["cases"] for band in bands)
    undecided = sum(band["undecided"] for band in bands)
    share = f"{undecided / cases:.0%}" if cases else "-"
    key = "note" if found["known_days"] is not None else "note_not_reached"
    return text(f"completeness.{key}", language, days=found["known_days"] or "", share=share)
