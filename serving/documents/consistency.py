"""Holds a briefing against itself: totals against parts, every number in the text against figures.

Reports of this kind are known for totals that their parts do not add up to, and for the same
heading number twice. A briefing in which anything disagrees is not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from serving.documents.model import Grid, Heading, Paper, Paragraph
from serving.errors import CommandError

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


class BriefingContradicts(CommandError):
    """Figures of the briefing disagree; ``troubles`` says which."""

    code = "briefing_contradicts"


def require_consistent(paper: Paper) -> None:
    """Nothing, if all figures agree.

    Raises:
        BriefingContradicts: some do not.
    """
    troubles = [*contradictions(paper)]
    if troubles:
        raise BriefingContradicts(troubles="; ".join(troubles[:5]), count=len(troubles))


def contradictions(paper: Paper) -> Iterator[str]:
    """What disagrees, in words for whoever mends the program."""
    yield from paper.conflicts
    for total, parts in paper.sums:
        known = [paper.figures[name] for name in parts]
        if paper.figures[total] != sum(known):
            yield f"{total} is {paper.figures[total]}, its parts add up to {sum(known)}"
    for block in (*paper.blocks, *paper.annex):
        if isinstance(block, Grid):
            yield from _grid(block, paper)
        elif isinstance(block, Paragraph):
            yield from _paragraph(block)
    yield from _headings(paper)


def _grid(grid: Grid, paper: Paper) -> Iterator[str]:
    for row in grid.rows:
        if len(row) != len(grid.heads):
            yield f"{grid.caption}: a row of {len(row)} cells under {len(grid.heads)} heads"
    if grid.total is None:
        return
    for place in grid.summed:
        parts = [row[place] for row in grid.rows]
        total = sum(Decimal(one) for one in parts if isinstance(one, int | Decimal))
        if grid.total[place] != total:
            yield f"{grid.caption}: {grid.heads[place]} {grid.total[place]}, parts {total}"
    for place, name in grid.named:
        if grid.total[place] != paper.figures[name]:
            yield f"{grid.caption}: {grid.total[place]} where the text says {paper.figures[name]}"


def _paragraph(block: Paragraph) -> Iterator[str]:
    """Every number must be one of the paragraph's figures or stand in its template."""
    allowed = {*_numbers(block.template), *(n for one in block.figures for n in _numbers(one))}
    for number in _numbers(block.text):
        if number not in allowed:
            yield f"{number} in the text is no figure: {block.text[:60]}"


def _numbers(text: str) -> list[str]:
    return [one.replace(",", "").rstrip(".") for one in _NUMBER.findall(text)]


def _headings(paper: Paper) -> Iterator[str]:
    due = {1: 1, 2: 1}
    for block in paper.blocks:
        if isinstance(block, Heading):
            if block.number != due[block.level]:
                yield f"heading {block.text!r} has number {block.number}, due is {due[block.level]}"
            due[block.level] += 1
            if block.level == 1:
                due[2] = 1
