"""``wagewatch train``: trains a challenger and promotes it if it passes the gate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from risk.locale import text
from risk.unit_kinds import Kind
from serving.ingest.resources import import_submissions
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import AsOf, Challengers, KindOrAll
from serving.terminal.output import print_line, print_note, progress
from serving.terminal.resources import open_records, open_settings
from training.event_counts import SCORECARD_BELOW

if TYPE_CHECKING:
    from serving.settings import Settings
    from training.pipeline import Search

Trials = Annotated[int | None, typer.Option("--trials", min=0, max=200)]
Shared = Annotated[Path | None, typer.Option("--shared", metavar="FILE")]


def train(
    context: typer.Context,
    as_of: AsOf,
    trials: Trials = None,
    kind: KindOrAll = None,
    shared: Shared = None,
    challenger: Challengers = None,
) -> None:
    """Train on what was known before a date, register, promote if the gate passes."""
    from risk.store.store import known_kinds
    from training.evaluation.challengers import load_challenger
    from training.pipeline import Search

    cli = cli_context(context)
    settings = open_settings(cli)
    import_submissions(cli, settings)
    with open_records(cli) as store:
        wanted = [kind] if kind else known_kinds(store, as_of)
    if shared and not kind:
        wanted = [_kind_of(shared)]
    number = settings.training.trials if trials is None else trials
    search = Search(number, settings.seed, shared, [load_challenger(n) for n in challenger or ()])
    for one in wanted:
        _train(cli, settings, as_of, search, one)


def _kind_of(shared: Path) -> Kind:
    from models.shared_models import read_shared_models

    return read_shared_models(shared).parts[0].kind


def _train(
    cli: CliContext,
    settings: Settings,
    as_of: dt.date,
    search: Search,
    kind: Kind,
) -> None:
    from serving.models.run_documents import attach_documents
    from serving.models.tracking_mirror import mirror
    from serving.office_values import office_minimum_wages
    from serving.settings import capacity_of
    from training.pipeline import run_training

    with progress() as step:
        run = run_training(
            cli.workspace,
            as_of,
            principal=os_user_name(),
            capacity=capacity_of(settings, kind),
            search=search,
            progress=step,
            kind=kind,
            minimum_wages=office_minimum_wages(cli.workspace, settings),
        )
    version = run.version
    attach_documents(cli.workspace, version.version, kind)
    if remark := mirror(cli.workspace, settings, version.version, kind, cli.language):
        print_note(remark)
    print_line(
        cli.text(
            "trained",
            version=version.version,
            kind=version.kind,
            events=run.trained.events,
            positives=run.trained.positives,
        )
    )
    if run.trained.events < SCORECARD_BELOW and run.trained.recipe is None:
        counts = {"events": run.trained.events, "least": SCORECARD_BELOW}
        print_note(text("exports.scorecard_few", cli.language, **counts))
    for part in version.about.get("shared", {}).get("parts", ()):
        print_note(cli.text("learnt_from", **part))
    key = "promoted" if run.decision.passed else "not_promoted"
    print_line(cli.text(key, version=version.version))
    print_line(cli.text(f"gate.{run.decision.grounds}"))
    for other in version.about["rejected"]:
        print_note(
            cli.text("model_rejected", kind=other["kind"], checks=_named(other["failed"], cli))
        )
    if failed := run.decision.failed_checks():
        print_note(cli.text("checks_failed", checks=_named(failed, cli)))
    for one in version.about["too_good"]:
        print_note(cli.text("too_good", feature=one["feature"], roc_auc=f"{one['roc_auc']:.3f}"))


def _named(checks: Iterable[str], cli: CliContext) -> str:
    names = (text(f"card.gate.checks.{check}", cli.language) for check in checks)
    return text("card.and_more", cli.language).join(names)
