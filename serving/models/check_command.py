"""``wagewatch check``: monitoring verdict fine, look or retrain, also as exit code."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from risk.locale import Language, text
from risk.unit_kinds import Kind
from serving.clock import office_date
from serving.completeness_text import completeness_lines
from serving.ingest.resources import import_submissions
from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import AsOf, JsonFlag, KindOption
from serving.terminal.output import print_json, print_line, print_table
from serving.terminal.resources import open_database, open_records, open_settings

if TYPE_CHECKING:
    from training.evaluation.few_events import FewEvents
    from training.monitoring.check import CheckReport

EXIT_CODES = {"fine": 0, "look": 3, "retrain": 4}
_SHOWN = 15


def check(
    context: typer.Context, as_of: AsOf, json: JsonFlag = False, kind: KindOption = "project"
) -> None:
    """Check feeds, codes, drift and the outcomes of past lists."""
    from serving.ingest.open_complaints import open_complaint_counts, open_complaint_lines
    from serving.models.service import check_champion
    from serving.office_values import office_minimum_wages
    from serving.settings import capacity_of
    from serving.sources.stopped import stopped_at
    from serving.watchlists.repository import WatchlistRepository
    from training.json_safe import to_json_safe

    cli = cli_context(context)
    settings = open_settings(cli)
    import_submissions(cli, settings)
    with open_records(cli) as store, open_database(cli, settings) as database:
        store.minimum_wages = office_minimum_wages(cli.workspace, settings)
        seen, lists = store.for_kind(kind), WatchlistRepository(database, kind)
        report = check_champion(
            *(cli.workspace, seen, lists, as_of, capacity_of(settings, kind)),
            sources=stopped_at(settings, store, as_of),
        )
        complaints = open_complaint_counts(store, as_of)
    if json:
        print_json({**to_json_safe(asdict(report)), "complaints": complaints})
    else:
        _print(cli, report, kind)
        for line in open_complaint_lines(complaints, cli.language):
            print_line(line)
    raise typer.Exit(EXIT_CODES[report.verdict])


def _print(cli: CliContext, report: CheckReport, kind: Kind) -> None:
    print_line(cli.text(f"check.verdicts.{report.verdict}"))
    for reason in report.reasons:
        print_line(f"- {cli.text(f'check.reasons.{reason}')}")
    _sources(cli, report)
    _feeds(cli, report)
    _lost(cli, report)
    _redefined(cli, report)
    _dated_by_rule(cli, report)
    if report.completeness:
        for line in completeness_lines(report.completeness.to_document(), cli.language):
            print_line(line)
    _codes(cli, report)
    _moved(cli, report, kind)
    _performance(cli, report)


def _feeds(cli: CliContext, report: CheckReport) -> None:
    for one in report.feeds:
        print_line(
            cli.text(
                f"check.{one.trouble}",
                table=text(f"check.tables.{one.table}", cli.language),
                region=f" {one.region}" if one.region else "",
                rows=one.rows,
                usual=f"{one.usual:.0f}",
                last=one.last_known or "-",
            )
        )


def _lost(cli: CliContext, report: CheckReport) -> None:
    if report.lost is None:
        return
    names = [text(f"check.tables.{one.table}", cli.language) for one in report.lost.feeds]
    key = "lost_everything" if report.lost.is_everything else "lost"
    print_line(
        cli.text(
            f"check.{key}",
            tables=", ".join(names) or "-",
            features=len(report.lost.features),
            importance=f"{report.lost.importance:.0%}",
        )
    )


def _redefined(cli: CliContext, report: CheckReport) -> None:
    if report.redefined is None:
        print_line(cli.text("check.definitions_unknown"))
    elif report.redefined:
        print_line(cli.text("check.redefined", families=", ".join(report.redefined)))


def _sources(cli: CliContext, report: CheckReport) -> None:
    names = [name for one in report.sources for name in one.tables]
    words = {name: text(f"check.tables.{name}", cli.language) for name in names}
    gap = "" if cli.language == "zh" else " "
    for one in report.sources:
        reason = one.error.get(cli.language, "")
        print_line(
            cli.text(
                "check.source_stopped" if one.last_success else "check.source_never",
                source=one.name,
                last=f"{office_date(one.last_success)}" if one.last_success else "",
                tables=", ".join(words[name] for name in one.tables) or "-",
                reason=f"{reason}{gap}" if reason else "",
            )
        )


def _dated_by_rule(cli: CliContext, report: CheckReport) -> None:
    if not report.dated_by_rule:
        return
    counts = [
        f"{text(f'check.tables.{table}', cli.language)} {rows}"
        for table, rows in report.dated_by_rule.items()
    ]
    print_line(cli.text("check.dated_by_rule", counts=", ".join(counts)))


def _codes(cli: CliContext, report: CheckReport) -> None:
    for one in report.codes:
        print_line(
            cli.text(
                f"check.code_{one.change}",
                column=f"{one.table}.{one.field}",
                code=one.code,
                before=f"{one.before:.1%}",
                now=f"{one.now:.1%}",
                rows=one.rows,
            )
        )


def _moved(cli: CliContext, report: CheckReport, kind: Kind) -> None:
    shown = [(one, "") for one in report.moved]
    shown += [(one, cli.text("check.hangs_on_feed")) for one in report.moved_with_feeds]
    if not shown:
        print_line(cli.text("check.nothing_moved"))
        return
    print_line(cli.text("check.moved", features=len(shown), shown=min(len(shown), _SHOWN)))
    heads = ("feature", "index", "explained", "importance", "unknown_before", "unknown_now", "note")
    rows = [
        [
            feature_label(one.feature, kind, cli.language),
            f"{one.index:.2f}",
            f"{max(one.chance, one.usual):.2f}",
            f"{one.importance:.1%}",
            f"{one.unknown_before:.0%}",
            f"{one.unknown_now:.0%}",
            note,
        ]
        for one, note in shown[:_SHOWN]
    ]
    print_table([cli.text(f"check.columns.{name}") for name in heads], rows)


def feature_label(name: str, kind: Kind, language: Language) -> str:
    """Return what a feature is called, and its name in files; the score has a text of its own."""
    from features.feature_sets import FEATURE_SETS

    found = {feature.name: feature for feature in FEATURE_SETS[kind].features}.get(name)
    if found is None:
        return text("cli.check.score", language) if name == "score" else name
    described = found.zh if language == "zh" else found.en
    return text("cli.check.feature", language, described=described, name=name)


def _performance(cli: CliContext, report: CheckReport) -> None:
    from serving.models.backtest_text import shown

    coming, since, lists = report.outlook, report.since_training, report.lists
    print_line(
        cli.text(
            "check.outlook",
            cohort=coming.cohort,
            events=f"{coming.events_expected:.0f}",
            places=coming.places,
            precision=f"{coming.precision_expected:.1%}",
        )
    )
    if since is None:
        print_line(cli.text("check.nothing_since"))
    else:
        print_line(
            cli.text(
                "check.since",
                months=len(since.months),
                first=since.months[0],
                last=since.months[-1],
                events=since.events,
                ratio=shown(since.ratio, cli.language, 2),
                precision=shown(since.precision, cli.language),
                expected=f"{since.precision_expected:.3f}",
            )
        )
        if since.few:
            print_line(few_line(since.few, "few_months", cli.language))
    if not lists.entries and not lists.random_entries:
        print_line(cli.text("check.no_lists"))
        return
    print_line(
        cli.text(
            "check.lists",
            entries=lists.entries,
            labelled=lists.labelled,
            events=lists.events,
            precision=shown(lists.precision, cli.language),
            least=f"{lists.at_least:.3f}",
            most=f"{lists.at_most:.3f}",
            said=f"{lists.said:.3f}",
            inspected=f"{lists.said_of_labelled:.3f}",
            random=lists.random_entries,
            seen=lists.random_labelled,
            elsewhere=shown(lists.elsewhere, cli.language),
        )
    )
    if lists.few:
        print_line(few_line(lists.few, "few_entries", cli.language))


def few_line(few: FewEvents, key: str, language: Language) -> str:
    """Return expected and observed events that are too few for an interval by resampling."""
    limits = {"low": f"{few.low:.2f}"}
    if few.high is not None:
        limits["high"] = f"{few.high:.2f}"
    ratio = "between" if few.high is not None else "at_least"
    return text(
        f"cli.check.{key}",
        language,
        expected=f"{few.expected:.1f}",
        came=f"{few.came:.1f}",
        ratio=text(f"cli.check.ratio.{ratio}", language, **limits),
    )
