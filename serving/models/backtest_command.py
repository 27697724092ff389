"""``wagewatch backtest``: walk-forward evaluation of past months."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from risk.unit_kinds import Kind
from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import Challengers, From, JsonFlag, KindOption, To
from serving.terminal.output import print_json, print_line, print_table, progress
from serving.terminal.resources import open_records, open_settings

if TYPE_CHECKING:
    from models.rule_set import RuleSet
    from serving.settings import Settings
    from training.evaluation.ablation import FamilyEffect
    from training.evaluation.backtest import Backtest
    from training.evaluation.challengers import Challenger
    from training.promotion.gate import Decision

    _Done = tuple[Backtest, Sequence[FamilyEffect] | None, Mapping[str, Decision]]

Rules = Annotated[list[Path] | None, typer.Option("--rules", metavar="FILE.toml")]
Capacity = Annotated[int | None, typer.Option("--capacity", min=1, max=100_000)]


def backtest(
    context: typer.Context,
    first: From,
    last: To,
    *,
    capacity: Capacity = None,
    ablation: Annotated[bool, typer.Option("--ablation")] = False,
    json: JsonFlag = False,
    kind: KindOption = "project",
    rules: Rules = None,
    challenger: Challengers = None,
) -> None:
    """Evaluate month by month, compared with the baselines."""
    from models.rule_set import read_rule_sets
    from serving.models.backtest_text import documents
    from serving.settings import capacity_of
    from training.evaluation.challengers import load_challenger

    cli = cli_context(context)
    settings = open_settings(cli)
    contest = _Contest(
        capacity or capacity_of(settings, kind),
        read_rule_sets([*cli.workspace.rule_sets(), *(rules or [])], kind),
        [load_challenger(name) for name in challenger or ()],
        ablation,
    )
    done = _run(cli, settings, first, last, kind, contest)
    if json:
        print_json(documents(*done))
    else:
        _show(cli, kind, *done)


@dataclass(frozen=True)
class _Contest:
    """Who is compared on lists of ``capacity``; with ``ablation`` also the worth of inputs."""

    capacity: int
    rule_sets: Sequence[RuleSet]
    challengers: Sequence[Challenger]
    ablation: bool


def _run(
    cli: CliContext,
    settings: Settings,
    first: dt.date,
    last: dt.date,
    kind: Kind,
    contest: _Contest,
) -> _Done:
    """Evaluate, and log the evaluation as a run of the registry."""
    from models.registry import Registry
    from serving.models.backtest_text import documents
    from serving.office_values import office_minimum_wages
    from training.evaluation.ablation import ablation
    from training.evaluation.backtest import backtest
    from training.evaluation.challengers import CHALLENGER
    from training.evaluation.walk_forward import plan_walk
    from training.promotion.challengers import judge_challenger
    from training.run_log import log_backtest, opening_tags

    size, cache_dir = contest.capacity, cli.workspace.features
    registry = Registry(cli.workspace.require(), kind)
    name, tags = f"backtest {first} {last}", opening_tags(last, kind)
    with open_records(cli) as stored, progress() as step, registry.run(name, tags) as run:
        stored.minimum_wages = office_minimum_wages(cli.workspace, settings)
        store = stored.for_kind(kind)
        done = backtest(
            *(store, first, last),
            capacity=size,
            progress=step,
            cache_dir=cache_dir,
            rule_sets=contest.rule_sets,
            challengers=contest.challengers,
        )
        worths = None
        if contest.ablation:
            months = plan_walk(store, first, last)
            worths = ablation(store, months, capacity=size, progress=step, cache_dir=cache_dir)
        predictions = done.walk.predictions
        judged = {
            one.name: judge_challenger(predictions, CHALLENGER + one.name, size)
            for one in contest.challengers
        }
        log_backtest(run, done, documents(done, worths, judged))
    return done, worths, judged


def _show(
    cli: CliContext,
    kind: Kind,
    done: Backtest,
    worths: Sequence[FamilyEffect] | None,
    judged: Mapping[str, Decision],
) -> None:
    """Print the evaluation."""
    from serving.models.backtest_text import backtest_parts, challenger_part, worth_part

    parts = [*backtest_parts(done, cli.language), challenger_part(judged, cli.language)]
    for part in (*parts, *([worth_part(worths, cli.language, kind)] if worths else [])):
        for sentence in part.lines:
            print_line(sentence)
        if part.rows:
            print_table(part.heads, part.rows)
