"""Writing of layout files: commented TOML in a stable order, to be edited by hand."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from risk.intake.layouts.layout import VERSION, Layout, table_field
from risk.intake.layouts.regions import name_of
from risk.locale import Language, text


def write_layout(folder: Path, layout: Layout, language: Language = "zh") -> Path:
    """Write the file of ``layout`` and return its path; an earlier file is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{layout.name}.toml"
    _replace_file(path, layout_text(layout, language))
    return path


def _replace_file(path: Path, content: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(content, encoding="utf-8")
    os.replace(draft, path)


def confirm_file(path: Path, layout: Layout) -> None:
    """Write who confirmed ``layout`` into its file; a person's comments and order stay."""
    confirmed = [
        f"by = {_quoted(layout.confirmed_by)}",
        f"at = {_quoted(layout.confirmed_at)}",
        f"digest = {_quoted(layout.confirmed_digest)}",
    ]
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    if "[confirmed]" not in lines:
        lines += ["", "[confirmed]"]
    start = lines.index("[confirmed]") + 1
    ends = (number for number in range(start, len(lines)) if lines[number].startswith("["))
    end = next(ends, len(lines))
    rest = [line for line in lines[start:end] if not re.match(r"(by|at|digest)\s*=", line)]
    _replace_file(path, "\n".join([*lines[:start], *confirmed, *rest, *lines[end:]]) + "\n")


def layout_text(layout: Layout, language: Language = "zh") -> str:
    """Content of the file of ``layout``; comments are in ``language``."""
    return "\n".join(_lines(layout, language)) + "\n"


def _lines(layout: Layout, language: Language) -> Iterator[str]:
    def note(key: str, **fields: str) -> list[str]:
        lines = text(f"layouts.file.{key}", language, **fields).split("\n")
        return [f"# {line}" for line in lines]

    yield from note("title", name=layout.name)
    yield f"version = {VERSION}"
    yield f"table = {_quoted(layout.table.name)}  # {layout.table.zh}"
    yield from ("", *note("files"), f"files = {_quoted(layout.files)}")
    yield from ("", *note("unit"), f"unit = {_quoted(layout.unit)}")
    place = name_of(layout.region) if layout.region else None
    comment = f"  # {place}" if place else ""
    yield from ("", *note("region"), f"region = {_quoted(layout.region)}{comment}")
    yield from ("", *note("known_on"), f"known_on = {_quoted(layout.known_on)}")
    if layout.payments:
        yield from ("", *note("payments"), "payments = true")
    if layout.struck:
        yield from ("", *note("struck"), f"struck = {_quoted(layout.struck)}")
    if layout.months:
        yield from ("", *note("months"), "months = true")
    yield from ("", "[head]", *note("head"), f"rows = {layout.head_rows}")
    yield f"headings = {_array(layout.headings)}"
    yield from ("", "[key]", *note("key"), f"from = {_array(layout.key.made_from)}")
    yield f"column = {_quoted(layout.key.column)}"
    yield f"prefix = {_quoted(layout.key.prefix)}"
    yield from ("", "[fill]", *note("fill"), *_pairs(layout.fill))
    yield from ("", "[regions]", *note("regions"), *_pairs(layout.regions))
    yield from ("", "[confirmed]", *note("confirmed", name=layout.name))
    yield f"by = {_quoted(layout.confirmed_by)}"
    yield f"at = {_quoted(layout.confirmed_at)}"
    yield f"digest = {_quoted(layout.confirmed_digest)}"
    yield from ("", *note("columns"))
    for rule in layout.columns:
        yield from ("", "[[columns]]", f"heading = {_quoted(rule.heading)}")
        if rule.note:
            yield f"# {rule.note}"
        zh = f"  # {table_field(layout.table, rule.field).zh}" if rule.field else ""
        yield f"field = {_quoted(rule.field)}{zh}"
        if rule.by_name:
            yield f"by_name = true  # {text('layouts.file.by_name', language)}"
        if rule.values or rule.undecided:
            yield from ("[columns.values]", *_pairs(rule.values))
        if rule.undecided:
            # As values they would count as decided: such cells would be unknown without a word.
            yield from (*note("undecided"), *(f'# {_quoted(cell)} = ""' for cell in rule.undecided))


def _pairs(values: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{_quoted(name)} = {_quoted(value)}"


def _array(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _quoted(value: str) -> str:
    # JSON strings are TOML basic strings, except for the control character U+007F.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
