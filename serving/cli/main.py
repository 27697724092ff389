"""The command ``wagewatch``: global options, commands and error handling."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.exceptions import TyperException

from models.lean_lightgbm import import_lightgbm_alone
from risk.errors import WagewatchError
from serving.archives import commands as archive
from serving.audit import commands as audit
from serving.backup import commands as backup
from serving.briefings import commands as briefing
from serving.campaigns import commands as campaign
from serving.cli import demo, init, monthly, serve, simulate
from serving.complaint_links import commands as link
from serving.complaint_links.after_import import link_after_import
from serving.deposits import commands as deposits
from serving.ingest import commands as import_
from serving.ingest import layouts_commands as layouts
from serving.ingest import records_commands as records
from serving.ingest import template_command as template
from serving.matters import commands as digest
from serving.models import backtest_command as backtest
from serving.models import check_command as check
from serving.models import commands as models
from serving.models import train_command as train
from serving.notices import commands as notice
from serving.notices import elements_command as elements
from serving.projects import commands as explain
from serving.publishing import commands as publish
from serving.publishing import replay_commands as replay
from serving.races import commands as race
from serving.scores import commands as score
from serving.scores import features_command as features
from serving.scores import training_set_command as training_set
from serving.sources import commands as source
from serving.terminal.context import (
    DEFAULT_WORKSPACE,
    WORKSPACE_VARIABLE,
    CliContext,
    cli_context,
    context_from_arguments,
    workspace_at,
)
from serving.terminal.dates import repeat_date_option
from serving.terminal.localise import localise
from serving.terminal.output import print_line, print_note
from serving.terminal.usage_errors import usage_error
from serving.users import commands as access
from serving.watchlists import commands as watchlist

COMMANDS: Mapping[str, Callable[..., None]] = {
    "init": init.init,
    "import": import_.import_,
    "pull": source.pull,
    "template": template.template,
    "simulate": simulate.simulate,
    "features": features.features,
    "training-set": training_set.training_set,
    "train": train.train,
    "backtest": backtest.backtest,
    "check": check.check,
    "score": score.score,
    "publish": publish.publish,
    "watchlist": watchlist.watchlist,
    "explain": explain.explain,
    "elements": elements.elements,
    "notice": notice.notice,
    "deposits": deposits.deposits,
    "briefing": briefing.briefing,
    "monthly": monthly.monthly,
    "campaign": campaign.campaign,
    "digest": digest.digest,
    "replay": replay.replay,
    "serve": serve.serve,
    "backup": backup.backup,
    "restore": backup.restore,
    "demo": demo.demo,
}
GROUPS: Mapping[str, typer.Typer] = {
    "link": link.GROUP,
    "records": records.GROUP,
    "layouts": layouts.GROUP,
    "models": models.GROUP,
    "race": race.GROUP,
    "users": access.USERS,
    "tokens": access.TOKENS,
    "archive": archive.GROUP,
    "audit": audit.GROUP,
}

DONE, FAILED, INTERRUPTED = 0, 1, 130

_OPTIONS_BEFORE = ("-w", "--workspace", "--lang")
"""Options of all commands that take a value."""

_OBJECTS_PER_COLLECTION = 20_000
"""Python looks for garbage after 700 new objects, and by default does so five hundred times while
a list is published, nearly always among modules and documents that are in use."""


def run() -> None:
    """The entry point."""
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
    import_lightgbm_alone()
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors never end in a traceback."""
    cli = context_from_arguments(arguments)
    try:
        run_command = command(cli, named_command(arguments))
        return _exit_code(
            run_command(
                repeat_date_option(arguments or ["--help"]),
                "wagewatch",
                standalone_mode=False,
                obj=cli,
            )
        )
    except WagewatchError as error:
        print_note(error.message(cli.language))
        return FAILED
    except TyperException as error:
        print_note(cli.text("wrong_use", detail=usage_error(error.format_message(), cli.language)))
        return error.exit_code
    except typer.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader closed standard output, as head does; Python must not report it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        return _write_failure(cli, error) or _unexpected_error(cli, error)


def named_command(arguments: Sequence[str]) -> str | None:
    """Return the command or group that a command line calls.

    None if that is not certain: without one, for an unknown one, after an option that says more
    than the workspace and the language.

    >>> named_command(["-w", "office", "score", "--help"])
    'score'
    """
    rest = iter(arguments)
    for argument in rest:
        if argument in _OPTIONS_BEFORE:
            next(rest, None)
        elif not argument.startswith(("--workspace=", "--lang=")):
            return argument if argument in {*COMMANDS, *GROUPS} else None
    return None


def command(cli: CliContext, only: str | None = None) -> Any:
    """Return the command line with its help in the language of the call.

    With ``only`` it has no other command or group; to build all takes some 30 ms.
    """
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(_root)
    for name, function in COMMANDS.items():
        if only in (None, name):
            app.command(name)(function)
    for name, group in GROUPS.items():
        if only in (None, name):
            app.add_typer(group, name=name)
    root = typer.main.get_command(app)
    localise(root, cli.language)
    return root


def _root(
    context: typer.Context,
    workspace: Annotated[
        Path, typer.Option("-w", "--workspace", envvar=WORKSPACE_VARIABLE, metavar="FOLDER")
    ] = Path(DEFAULT_WORKSPACE),
    lang: Annotated[Literal["zh", "en"] | None, typer.Option("--lang")] = None,
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version)] = False,
) -> None:
    before = cli_context(context)
    # What stood before the parser may have taken another folder for the workspace.
    found = before.workspace if before.workspace.root == workspace else workspace_at(workspace)
    context.obj = CliContext(found, lang or before.language, link_after_import)


def _version(requested: bool) -> None:
    if requested:
        from serving.version import package_version

        print_line(f"wagewatch {package_version()}")
        raise typer.Exit


def _exit_code(result: object) -> int:
    return result if isinstance(result, int) else DONE


def _write_failure(cli: CliContext, error: Exception) -> int | None:
    """Print what kept the command from writing and return its exit code; None if nothing did."""
    from serving.db.failures import write_failure

    failure = write_failure(error)
    if failure is None:
        return None
    print_note(cli.text(f"failures.{failure}", path=str(cli.workspace.root)))
    return FAILED


def _unexpected_error(cli: CliContext, error: Exception) -> int:
    log = cli.workspace.root / "error.log"
    kind = f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        # Nothing is written to a folder that is no workspace.
        cli.workspace.require()
        with log.open("a", encoding="utf-8") as file:
            traceback.print_exception(error, file=file)
    except (OSError, WagewatchError):
        print_note(cli.text("unforeseen", detail=kind))
    else:
        print_note(cli.text("unforeseen_logged", detail=kind, log=str(log)))
    return FAILED
