"""``wagewatch backtest``: walk-forward evaluation of past months."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.terminal.context import cli_context
from serving.terminal.options import Challengers, From, JsonFlag, KindOption, To
from serving.terminal.output import print_json, print_line, print_table, progress
from serving.terminal.resources import open_records, open_settings

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
    from models.registry import Registry
    from models.rule_set import read_rule_sets
    from serving.models.backtest_text import (
        backtest_parts,
        challenger_part,
        documents,
        worth_part,
    )
    from serving.office_values import office_minimum_wages
    from serving.settings import capacity_of
    from training.evaluation.ablation import ablation as run_ablation
    from training.evaluation.backtest import backtest as run_backtest
    from training.evaluation.challengers import CHALLENGER, load_challenger
    from training.evaluation.walk_forward import plan_walk
    from training.promotion.challengers import judge_challenger
    from training.run_log import log_backtest, opening_tags

    cli = cli_context(context)
    cache_dir = cli.workspace.features
    rule_sets = read_rule_sets([*cli.workspace.rule_sets(), *(rules or [])], kind)
    challengers = [load_challenger(name) for name in challenger or ()]
    settings = open_settings(cli)
    list_size = capacity or capacity_of(settings, kind)
    registry = Registry(cli.workspace.require(), kind)
    name, tags = f"backtest {first} {last}", opening_tags(last, kind)
    with open_records(cli) as stored, progress() as step, registry.run(name, tags) as run:
        stored.minimum_wages = office_minimum_wages(cli.workspace, settings)
        store = stored.for_kind(kind)
        done = run_backtest(
            store,
            first,
            last,
            capacity=list_size,
            progress=step,
            cache_dir=cache_dir,
            rule_sets=rule_sets,
            challengers=challengers,
        )
        worths = None
        if ablation:
            months = plan_walk(store, first, last)
            worths = run_ablation(
                store, months, capacity=list_size, progress=step, cache_dir=cache_dir
            )
        predictions = done.walk.predictions
        judged = {
            one.name: judge_challenger(predictions, CHALLENGER + one.name, list_size)
            for one in challengers
        }
        log_backtest(run, done, documents(done, worths, judged))
    if json:
        print_json(documents(done, worths, judged))
        return
    parts = [*backtest_parts(done, cli.language), challenger_part(judged, cli.language)]
    for part in (*parts, *([worth_part(worths, cli.language, kind)] if worths else [])):
        for sentence in part.lines:
            print_line(sentence)
        if part.rows:
            print_table(part.heads, part.rows)
