"""``wagewatch pull``: pulls records from a configured source."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from risk.locale import text
from serving.clock import now, office_time
from serving.ingest.account_output import NEEDS_ANSWER, end_import, print_account
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import JsonFlag
from serving.terminal.output import (
    print_json,
    print_line,
    print_note,
    print_table,
    row_progress,
)
from serving.terminal.resources import open_records, open_settings

if TYPE_CHECKING:
    from risk.sources.pull import Fetched, PullReport
    from risk.sources.pull_log import LoggedPull

_NUMBERS = (4, 5, 6)


def pull(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]")] = "",
    try_only: Annotated[bool, typer.Option("--try")] = False,
    again: Annotated[bool, typer.Option("--again")] = False,
    log: Annotated[bool, typer.Option("--log")] = False,
    json: JsonFlag = False,
) -> None:
    """Pull records from a source of ``wagewatch.toml``; without a name, list the sources.

    Ends with exit code 3 if a value was lost, a unit was refused, or a person has to decide.
    """
    cli = cli_context(context)
    if log:
        _show_log(cli, name, json=json)
    elif not name:
        _list_sources(cli, json=json)
    else:
        report = _pull(cli, name, try_only=try_only, again=again)
        _show(cli, report, json=json, stored=not try_only)
        _end(cli, report, json=json)


def _pull(cli: CliContext, name: str, *, try_only: bool, again: bool) -> PullReport:
    from risk.sources.kinds import source_settings
    from risk.sources.pull import pull_source, try_source
    from serving.ingest.sealed_lists import seal_recorder
    from serving.sources.clock import office_clock

    settings = open_settings(cli)
    source = source_settings(settings.sources, name)
    clock = office_clock(settings)
    if try_only:
        return try_source(cli.workspace, source, clock=clock)
    with row_progress() as step:
        return pull_source(
            *(cli.workspace, source),
            clock=clock,
            who=os_user_name(),
            again=again,
            progress=step,
            prepare=seal_recorder(cli),
        )


def _show(cli: CliContext, report: PullReport, *, json: bool, stored: bool) -> None:
    if json:
        print_account(cli, report.report, report.as_json(cli.language), stored=stored)
        return
    if not stored:
        print_line(cli.text("pull.trial"))
    for line in _pull_lines(cli, report.source, report.fetched):
        print_line(line)
    print_account(cli, report.report, None, stored=stored)


def _end(cli: CliContext, report: PullReport, *, json: bool) -> None:
    """End the command: 1 after a failure of the source or of a file, 3 if something was lost."""
    if report.fetched.error is not None:
        raise report.fetched.error
    if report.untidied is not None:
        raise report.untidied
    end_import(cli, report.report, json=json)
    if report.fetched.refused:
        raise typer.Exit(NEEDS_ANSWER)


def _pull_lines(cli: CliContext, source: str, fetched: Fetched) -> list[str]:
    counts = fetched.counts()
    lines = [cli.text(f"pull.{fetched.state}", source=source, **counts)]
    if fetched.bound and not fetched.units:
        lines.append(cli.text("pull.nothing_whole", bound=fetched.bound))
    refused = fetched.as_json(cli.language)["refused"]
    lines += [cli.text("pull.refused", **one) for one in refused]
    for table, names in fetched.meter.unread.items():
        lines.append(cli.text("pull.unread", table=table, columns=", ".join(names)))
    if fetched.meter.skipped:
        lines.append(cli.text("pull.skipped", files=", ".join(counts["skipped_files"])))
    return lines


def _show_log(cli: CliContext, name: str, *, json: bool) -> None:
    from risk.sources.pull_log import logged_pulls

    with open_records(cli) as store:
        found = logged_pulls(store, name or None)
    if json:
        print_json([one.as_json() for one in found])
    elif not found:
        print_note(cli.text("pull.no_log"))
    else:
        headings = [
            cli.text(f"pull.{key}")
            for key in ("name", "ended", "state", "error", "units", "rows", "requests")
        ]
        print_table(headings, [_log_row(cli, one) for one in found], right=_NUMBERS)


def _log_row(cli: CliContext, one: LoggedPull) -> list[str]:
    rows = sum(one.counts["rows"].values())
    return [
        one.source,
        _moment(one.ended_at),
        cli.text(f"pull.states.{one.state}"),
        one.error.get(cli.language, ""),
        *(str(number) for number in (one.counts["units"], rows, one.counts["requests"])),
    ]


def _list_sources(cli: CliContext, *, json: bool) -> None:
    from risk.sources.kinds import all_sources
    from risk.sources.pull_log import last_pulls
    from risk.sources.state import source_states

    settings, at = open_settings(cli), now()
    all_sources(settings.sources)  # says what is wrong with the settings of any kind
    with open_records(cli) as store:
        states = source_states(settings.sources, last_pulls(store))
    if json:
        print_json([state.as_json(cli.language, at) for state in states])
    elif not states:
        print_note(cli.text("pull.no_sources"))
    else:
        headings = [
            cli.text(f"pull.{key}")
            for key in ("name", "kind", "every", "last_success", "rows", "last")
        ]
        rows = [
            [
                state.name,
                state.schedule.kind,
                state.every_text,
                _moment(state.last_success),
                str(sum(state.rows.values())) if state.last_success else "",
                text(f"sources.status.{state.status(at)}", cli.language),
            ]
            for state in states
        ]
        print_table(headings, rows, right=(4,))


def _moment(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{office_time(moment):%Y-%m-%d %H:%M}"
