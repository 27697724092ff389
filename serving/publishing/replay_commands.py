"""``wagewatch replay``: rebuilds a published list and compares it with the sealed one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import AsOf, JsonFlag, KindOption, Region
from serving.terminal.output import print_json, print_line, progress
from serving.terminal.resources import open_database, open_records, open_settings

if TYPE_CHECKING:
    from serving.publishing.replay import Replay
    from serving.publishing.replay_comparison import VersionComparison

EXIT_CODES: Final = {"same": 0, "differs": 1, "cannot_tell": 3}
_MOST_PARTS = 5


def replay(
    context: typer.Context,
    as_of: AsOf,
    region: Region = "",
    json: JsonFlag = False,
    kind: KindOption = "project",
) -> None:
    """Rebuild a published list from the records that had arrived when it was sealed.

    Exit code 1 if it is not the same or was altered since, 3 if these records, or projects of the
    list before it, are not there to tell. A list of an older
    seal version is the same if its bytes verify and only texts, fields of the format, rounding,
    the facts named in reasons and red flags differ.
    """
    from serving.publishing.hooks import publish_context
    from serving.publishing.replay import replay as run

    cli = cli_context(context)
    settings = open_settings(cli)
    with (
        open_records(cli) as store,
        open_database(cli, settings) as database,
        progress() as step,
    ):
        publishing = publish_context(cli.workspace, store, database, settings)
        done = run(publishing.for_kind(kind), as_of, region, step)
    if json:
        print_json(done.to_document())
    else:
        show_replay(cli, done)
    raise typer.Exit(EXIT_CODES[done.verdict])


def show_replay(cli: CliContext, done: Replay) -> None:
    """Print what a replay found."""
    if done.altered:
        parts = [_part(cli, name) for name in done.altered[:_MOST_PARTS]]
        parts += ["…"] * (len(done.altered) > _MOST_PARTS)
        print_line(cli.text("replay.altered", as_of=done.as_of, parts=", ".join(parts)))
    if done.verdict == "cannot_tell":
        families = _families(cli, done.redefined)
        reason = cli.text(f"replay.{_reason(done)}", file=done.archived, families=families)
        print_line(cli.text("replay.cannot_tell", as_of=done.as_of, reason=reason))
    elif done.comparison is not None:
        _show_comparison(cli, done, done.comparison)
    else:
        key = "replay.same" if done.sealed == done.replayed else "replay.differs"
        print_line(cli.text(key, as_of=done.as_of, sealed=done.sealed, replayed=done.replayed))
        for part in done.differs:
            print_line(f"- {part}")
    if done.verdict == "differs" and done.history == "changed":
        print_line(cli.text("replay.changed"))
    if done.code_differs:
        print_line(cli.text("replay.code_differs"))


def _families(cli: CliContext, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    from serving.publishing.remarks import family_names

    return family_names(names, "project", cli.language)


def _part(cli: CliContext, name: str) -> str:
    """What was altered, in words; of a project its id."""
    from serving.publishing.replay import LIST, RISKS

    return cli.text(f"replay.altered_{name}") if name in (LIST, RISKS) else name


def _reason(done: Replay) -> str:
    """Key of the text that says why the comparison is not possible."""
    if done.archived:
        return "archived"
    if done.features_missing:
        return "features_changed"
    if done.comparison is not None and done.comparison.differs_by_flags:
        return "flags_changed"
    if done.comparison is not None and done.comparison.differs_by_features:
        return "features_changed"
    return "redefined" if done.redefined else done.history


def _show_comparison(cli: CliContext, done: Replay, found: VersionComparison) -> None:
    from serving.publishing.replay_comparison import TOLERANCE

    versions = {"version": found.sealed_version, "current": found.current_version}
    print_line(cli.text("replay.older", as_of=done.as_of, sealed=done.sealed, **versions))
    facts = {
        "body": found.body_verified,
        "members": found.same_members,
        "order": found.same_order,
        "probabilities": found.same_probabilities,
    }
    difference = f"{found.max_probability_difference:.3g}"
    for name, holds in facts.items():
        key = f"replay.{name}_{'same' if holds else 'differ'}"
        print_line(f"- {cli.text(key, tolerance=f'{TOLERANCE:g}', difference=difference)}")
    for category in ("texts", "numbers", "fields", "statements", "flags", "other"):
        for one in getattr(found, category):
            print_line(f"- {cli.text(f'replay.{category}', path=one.path, count=one.count)}")
