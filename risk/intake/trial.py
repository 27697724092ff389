"""Trial of files: proposals for all their sheets, without storing a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from risk.contract import STORED_TABLES, Table
from risk.intake.file_discovery import find_files
from risk.intake.file_errors import IntakeFailure, TableAmbiguous, TableUnknown
from risk.intake.layouts.arbitration import without_arbitration
from risk.intake.layouts.column_matches import Match, Reason
from risk.intake.layouts.layout import Layout, table_field
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.layouts.proposal import SheetProposal, masked, propose
from risk.intake.layouts.regions import common_region
from risk.intake.layouts.sheet_parts import open_tables
from risk.intake.layouts.summaries import refuse_summaries, summary_head
from risk.intake.table_detection import detect_table
from risk.intake.worker_sheets import WorkerSheets, read_worker_sheets, worker_level
from risk.store.store import RecordStore

_SHOWN = 3


@dataclass(frozen=True)
class FileTrial:
    """Proposals for one file, or why it cannot be read.

    ``workers`` is what its worker-level sheets would be read as; they need no layout.
    ``summaries`` are the names of its sheets that hold no records.
    """

    file: str
    proposals: tuple[SheetProposal, ...] = ()
    failure: IntakeFailure | None = None
    workers: WorkerSheets | None = None
    summaries: tuple[str, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Whether the file has sheets that can be read."""
        return self.failure is None and bool(self.proposals or self.workers)


def try_files(
    paths: Sequence[Path], office: OfficeLayouts, store: RecordStore | None = None
) -> list[FileTrial]:
    """Trials of all files in ``paths``; a head that occurs in several files has one layout.

    Layouts of different heads have different names. Worker-level sheets are recognised where
    ``store`` is given, which has their projects; nothing is written into it.
    """
    found = find_files(paths, detect=_any_table)
    trials = [FileTrial(failure.fields["file"], failure=failure) for failure in found.failed]
    for path, _ in found.files:
        trials.append(_try(path, found.labels.get(path, path.name), office, store))
    return list(_with_names(trials, {one.name: one for one in office.layouts}))


def needs_layout(proposal: SheetProposal) -> bool:
    """Whether a sheet has more, or other, than the contract's own headings, or lacks a key.

    More are also payments in a book of payrolls.
    """
    layout = proposal.layout
    stated = (layout.key.made_from, layout.key.column, layout.fill, layout.struck, layout.payments)
    asked = (proposal.missing, proposal.unknown_places)
    return any(map(bool, (*stated, *asked))) or any(
        one.target is not None and (one.similarity < 1 or one.target.by_name)
        for one in proposal.matches
    )


def proposal_json(proposal: SheetProposal) -> dict[str, Any]:
    """A proposal as plain data."""
    layout = proposal.layout
    return {
        "sheet": proposal.sheet,
        "layout": layout.name if needs_layout(proposal) else None,
        "table": layout.table.name,
        "head_rows": layout.head_rows,
        "unit": list(proposal.units),
        "region": layout.region or None,
        "key": _key_text(layout) or None,
        "known_on": layout.known_on,
        "struck": layout.struck or None,
        "missing": list(proposal.missing),
        "unknown_terms": {name: list(cells) for name, cells in proposal.unknown_terms.items()},
        "unknown_places": list(proposal.unknown_places),
        "columns": [_match_json(one) for one in proposal.matches],
    }


def shown_samples(match: Match) -> list[str]:
    """Some distinct cells of a column, without personal data."""
    cells = (masked(match.column.heading, cell) for cell in match.column.cells if cell)
    return list(dict.fromkeys(cells))[:_SHOWN]


def _match_json(match: Match) -> dict[str, Any]:
    target = match.target if match.reason in (Reason.USED, Reason.ASK) else None
    return {
        "heading": match.column.heading,
        "field": target.field.name if target else None,
        "by_name": bool(target and target.by_name),
        "similarity": round(match.similarity, 3),
        "confidence": round(match.confidence, 3),
        "reason": str(match.reason),
        "choices": list(match.choices),
        "samples": shown_samples(match),
    }


def _key_text(layout: Layout) -> str:
    if layout.key.made_from:
        parts = layout.key.made_from
        names = (
            one if one in layout.headings else table_field(layout.table, one).zh for one in parts
        )
        return "+".join(names)
    return f"{layout.key.prefix}{layout.key.column}" if layout.key.column else ""


def _any_table(path: Path) -> Table:
    """Table of a file's name; any table where the name has none, because heads decide later."""
    try:
        return detect_table(path)
    except (TableUnknown, TableAmbiguous):
        return STORED_TABLES["projects"]


def _try(path: Path, label: str, office: OfficeLayouts, store: RecordStore | None) -> FileTrial:
    try:
        with open_tables(path) as opened:
            sheets, _ = without_arbitration(opened, file=path.name)
            own = worker_level(sheets) if store is not None else []
            workers = read_worker_sheets(store, path, own) if store is not None and own else None
            rest = [one for one in sheets if not any(one is other for other in own)]
            proposals = propose(
                path, rest, office.vocabulary, county=office.county, places=office.places
            )
            summaries = [one.name for one in rest if not one.hidden and summary_head(one)]
            proposals = [one for one in proposals if not one.missing or one.sheet not in summaries]
            if not proposals and workers is None:
                refuse_summaries(rest, label)
    except IntakeFailure as failure:
        return FileTrial(label, failure=failure)
    left = set(summaries) - {one.sheet for one in proposals}
    return FileTrial(
        label,
        tuple(proposals),
        workers=workers,
        summaries=tuple(name for name in summaries if name in left),
    )


def _with_names(trials: Sequence[FileTrial], known: dict[str, Layout]) -> Iterator[FileTrial]:
    """Trials whose layouts have names of their own; equal heads of a table share one layout."""
    taken = dict(known)
    names = {(one.table.name, one.signature): one.name for one in known.values()}
    regions: dict[tuple[str, tuple[str, ...]], str] = {}
    for proposal in (one for trial in trials for one in trial.proposals):
        head = (proposal.layout.table.name, proposal.layout.signature)
        regions[head] = common_region(regions.get(head, ""), proposal.layout.region)
    for trial in trials:
        named = []
        for proposal in trial.proposals:
            layout = proposal.layout
            head = (layout.table.name, layout.signature)
            if head not in names:
                names[head] = _free(layout.name, taken)
                taken[names[head]] = layout
            same = replace(layout, name=names[head], region=regions[head])
            named.append(replace(proposal, layout=same))
        yield replace(trial, proposals=tuple(named))


def _free(name: str, taken: dict[str, Layout]) -> str:
    candidates = chain((name,), (f"{name}-{number}" for number in count(2)))
    return next(one for one in candidates if one not in taken)
