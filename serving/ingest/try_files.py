"""``wagewatch import --try``: proposes layouts and reads nothing in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.terminal.context import CliContext
from serving.terminal.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from risk.contract import Field, Table
    from risk.intake.layouts.column_matches import Match
    from risk.intake.layouts.layout import Layout
    from risk.intake.layouts.proposal import SheetProposal
    from risk.intake.trial import FileTrial
    from risk.intake.worker_sheets import WorkerSheets
    from risk.store.store import RecordStore

_PERCENT = 100
_SAMPLES = 36
_EXPLAINED = ("{next_month_end}", "{by_dates}", "{by_amounts}", "{by_return}")


def try_import(cli: CliContext, paths: Sequence[Path], *, json: bool) -> bool:
    """Print the proposals for ``paths`` and write new layouts; return whether all can be read.

    A layout that a person confirmed and that still fits is never replaced.
    """
    from risk.intake.layouts.names import single_county
    from risk.intake.layouts.plan import office_layouts
    from risk.intake.trial import try_files

    with _records(cli) as store:
        office = office_layouts(cli.workspace, single_county(store))
        trials = try_files(paths, office, store)
    kept = {one.name for one in office.layouts if one.confirmed}
    written = _write(cli, trials, kept)
    if json:
        print_json([_trial_json(cli, trial) for trial in trials])
    else:
        for trial in trials:
            _show(cli, trial)
        for name in written:
            path = cli.workspace.layouts / f"{name}.toml"
            print_line(cli.text("try.written", path=str(path), name=name))
    return all(trial.is_readable for trial in trials)


def _records(cli: CliContext) -> RecordStore:
    """The workspace's records; an empty store in memory if there are none yet."""
    from risk.store.store import RecordStore

    records = cli.workspace.records
    place = records if records.is_file() else ":memory:"
    return RecordStore(place, memory_gb=cli.workspace.memory_gb)


def _write(cli: CliContext, trials: Sequence[FileTrial], kept: set[str]) -> list[str]:
    from risk.intake.layouts.layout_file import write_layout
    from risk.intake.trial import needs_layout

    layouts = {
        one.layout.name: one.layout
        for trial in trials
        for one in trial.proposals
        if needs_layout(one) and one.layout.name not in kept
    }
    for layout in layouts.values():
        write_layout(cli.workspace.layouts, layout, cli.language)
    return list(layouts)


def _trial_json(cli: CliContext, trial: FileTrial) -> dict[str, Any]:
    from risk.intake.trial import proposal_json

    failure = trial.failure
    return {
        "file": trial.file,
        "sheets": [proposal_json(one) for one in trial.proposals],
        "workers": trial.workers and _workers_json(cli, trial.workers),
        "failed": failure and {"code": failure.code, "message": failure.message(cli.language)},
    }


def _workers_json(cli: CliContext, workers: WorkerSheets) -> dict[str, Any]:
    return {
        "totals": {one.table: len(one.records) for one in workers.totals},
        "sheets": [sheet.as_json() for sheet in workers.sheets],
        "notes": [note.as_json(cli.language) for note in workers.notes],
    }


def _show(cli: CliContext, trial: FileTrial) -> None:
    print_line("")
    print_line(trial.file)
    if trial.failure is not None:
        print_line(f"  {trial.failure.message(cli.language)}")
    elif not trial.is_readable:
        print_line(f"  {cli.text('try.no_table')}")
    if trial.workers is not None:
        _show_workers(cli, trial.workers)
    for proposal in trial.proposals:
        _show_sheet(cli, proposal)
    if trial.summaries:
        print_line(f"  {cli.text('import.summary', sheets='、'.join(trial.summaries))}")


def _show_workers(cli: CliContext, workers: WorkerSheets) -> None:
    """Which columns of worker-level sheets count, and what they add up to."""
    for sheet in workers.sheets:
        columns = "、".join(f"{heading} → {use}" for heading, use in sheet.columns.items())
        head = cli.text(
            "try.workers", sheet=sheet.name or "-", row=sheet.header_row, columns=columns
        )
        print_line(f"  {head}")
    for note in workers.notes:
        print_line(f"  {note.message(cli.language)}")


def _show_sheet(cli: CliContext, proposal: SheetProposal) -> None:
    layout = proposal.layout
    table, rows = _name(cli, layout.table), layout.head_rows
    head = cli.text("try.sheet", sheet=proposal.sheet or "-", table=table, rows=rows)
    print_line(f"  {head}")
    columns = ("heading", "field", "likeness", "examples")
    cells = [list(_row(cli, one, layout)) for one in proposal.matches]
    print_table([cli.text(f"try.{name}") for name in columns], cells, right=(2,))
    for line in _notes(cli, proposal):
        print_line(f"  {line}")


def _name(cli: CliContext, named: Table | Field) -> str:
    """Name of a table or field in the language of the output."""
    return named.zh if cli.language == "zh" else named.name


def _row(cli: CliContext, match: Match, layout: Layout) -> Iterator[str]:
    from risk.intake.layouts.column_matches import Reason
    from risk.intake.trial import shown_samples

    yield match.column.heading[:24]
    if match.target is not None and match.reason in (Reason.USED, Reason.ASK):
        mark = "" if match.reason is Reason.USED else cli.text("try.reason.ask")
        name = cli.text("try.by_name") if match.target.by_name else ""
        yield f"{_name(cli, match.target.field)}{name}{mark}"
    else:
        use = _other_use(layout, match.column.heading) or f"reason.{match.reason}"
        yield cli.text(f"try.{use}")
    yield f"{match.confidence * _PERCENT:.0f}%" if match.target else ""
    yield _shortened("；".join(shown_samples(match)))


def _other_use(layout: Layout, heading: str) -> str:
    """Text that says what a column of no field is used for; empty if for nothing."""
    from risk.intake.layouts.paid_columns import paid_columns
    from risk.intake.layouts.returned_deposits import BY_RETURN
    from risk.intake.layouts.vocabulary import is_return

    if heading in (*layout.key.made_from, layout.key.column):
        return "for_key"
    if BY_RETURN in layout.fill.values() and is_return(heading):
        return "for_status"
    paid = paid_columns(layout) if layout.payments else {}
    return "for_payments" if heading in {layout.headings[index] for index in paid.values()} else ""


def _shortened(samples: str) -> str:
    """``samples`` in at most ``_SAMPLES`` characters; what is cut off is marked."""
    return samples if len(samples) <= _SAMPLES else f"{samples[: _SAMPLES - 1]}…"


def _notes(cli: CliContext, proposal: SheetProposal) -> Iterator[str]:
    """Lines about unit, key, region, terms and what is missing."""
    from risk.intake.layouts.layout import table_field
    from risk.intake.layouts.regions import name_of

    layout = proposal.layout
    if proposal.units:
        yield cli.text("try.unit", unit="、".join(proposal.units))
    if layout.key.made_from:
        fields = "、".join(
            name if name in layout.headings else _name(cli, table_field(layout.table, name))
            for name in layout.key.made_from
        )
        numbers = [one.heading for one in layout.columns if one.field == layout.made_field]
        key = "key_filled" if numbers else "key_made"
        yield cli.text(f"try.{key}", fields=fields, column="、".join(numbers))
    elif layout.key.column:
        yield cli.text("try.key_number", column=layout.key.column, prefix=layout.key.prefix)
    if layout.months:
        yield cli.text("try.months")
    if layout.payments:
        yield cli.text("try.payments")
    if layout.struck:
        yield cli.text("try.struck")
    for name, pattern in layout.fill.items():
        field = _name(cli, table_field(layout.table, name))
        words = cli.text(f"try.{pattern[1:-1]}") if pattern in _EXPLAINED else pattern
        yield cli.text("try.filled", field=field, pattern=words)
    if layout.region:
        yield cli.text("try.region", name=name_of(layout.region) or "", code=layout.region)
    counted = [name for name in proposal.unknown_places if layout.regions.get(name)]
    for code in dict.fromkeys(layout.regions[name] for name in counted):
        places = [name for name in counted if layout.regions[name] == code]
        yield cli.text("try.places", places="、".join(places[:5]), code=code)
    if asked := [name for name in proposal.unknown_places if name not in counted]:
        yield cli.text("try.places_asked", places="、".join(asked[:5]))
    for heading, cells in proposal.unknown_terms.items():
        yield cli.text("try.terms", heading=heading, cells="、".join(cells[:5]))
    if proposal.missing:
        fields = "、".join(_name(cli, table_field(layout.table, name)) for name in proposal.missing)
        yield cli.text("try.missing", fields=fields)
    yield cli.text(f"try.known_on.{layout.known_on}")
