"""``wagewatch race``: picks of the model and of inspectors, visited in one order."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.clock import now, office_date
from serving.ingest.open_complaints import day_after_today
from serving.ingest.resources import import_submissions
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import AsOfOrNone, JsonFlag, KindOption, Region
from serving.terminal.output import print_json, print_line, print_note, print_table
from serving.terminal.resources import open_database, open_records, open_settings

if TYPE_CHECKING:
    from serving.races.repository import StoredRace
    from serving.races.service import ArmResult, RaceResult, Visit

GROUP = typer.Typer(rich_markup_mode=None)

Picks = Annotated[Path, typer.Option("--picks", metavar="FILE", dir_okay=False, exists=True)]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1)]

_MAX_BYTES = 1_000_000


@GROUP.command("start")
def start(
    context: typer.Context,
    picks: Picks,
    as_of: AsOfOrNone = None,
    region: Region = "",
    kind: KindOption = "project",
) -> None:
    """Seal the picks of both arms and print the order of the visits."""
    from risk.contract import TABLES
    from serving.db.engine import writing
    from serving.races.repository import RaceHead, add_race, ranked_projects
    from serving.races.service import make_race, order_of, parse_picks
    from serving.watchlists.repository import WatchlistRepository

    cli = cli_context(context)
    field = TABLES["projects"].field("project_id")
    headings = (field.name, field.zh)
    chosen = parse_picks(_read(picks), headings)
    with open_database(cli, open_settings(cli)) as database:
        stored = WatchlistRepository(database, kind).watchlist(as_of, region)
        day = as_of or dt.date.fromisoformat(stored.document()["as_of"])
        ranked = ranked_projects(database.engine, day, region, kind)
        sealed = make_race(ranked, chosen, stored.digest, secrets.randbits(64))
        head = RaceHead(day, region, kind, os_user_name(), now())
        with writing(database.engine).begin() as connection:
            number = add_race(connection, head, sealed)
    for project in order_of(sealed):
        print_line(project)
    print_note(cli.text("race.started", number=number, picks=len(chosen), digest=sealed.digest))


@GROUP.command("show")
def show(context: typer.Context, number: Number) -> None:
    """Print the order of the visits; it does not show who picked what."""
    from serving.races.service import order_of

    for project in order_of(_race(cli_context(context), number).sealed):
        print_line(project)


@GROUP.command("result")
def result(
    context: typer.Context,
    number: Number,
    early: Annotated[bool, typer.Option("--early")] = False,
    json: JsonFlag = False,
) -> None:
    """Show what the visits found, by arm."""
    from serving.races.service import race_result

    cli = cli_context(context)
    race = _race(cli, number)
    found = race_result(race.sealed, _visits(cli, race), early=early)
    if json:
        print_json({"number": number, "digest": race.sealed.digest, **asdict(found)})
        return
    _print_result(cli, found)


def _print_result(cli: CliContext, found: RaceResult) -> None:
    heads = [cli.text(f"race.columns.{name}") for name in ("arm", "picks", "visited", "found")]
    rows = [
        [cli.text(f"race.arms.{arm}"), str(one.picks), str(one.visited), _found(one)]
        for arm, one in found.arms.items()
    ]
    print_table(heads, rows)
    print_line(cli.text("race.shared", shared=found.shared))
    verdict = "race.different" if found.p_value < 0.05 else "race.level"
    print_line(cli.text(verdict, p=f"{found.p_value:.2f}"))
    if found.visits_needed is not None:
        print_line(cli.text("race.needed", visits=found.visits_needed))


def _found(one: ArmResult) -> str:
    if one.share is None or one.low is None or one.high is None:
        return "–"
    return f"{one.found} ({one.share:.0%}, {one.low:.0%} – {one.high:.0%})"


def _race(cli: CliContext, number: int) -> StoredRace:
    from serving.races.repository import get_race

    with open_database(cli, open_settings(cli)) as database:
        return get_race(database.engine, number)


def _visits(cli: CliContext, race: StoredRace) -> list[Visit]:
    from serving.races.service import first_visits
    from training.dataset.observation import observations_before

    import_submissions(cli, open_settings(cli))
    with open_records(cli) as store:
        known = observations_before(store.for_kind(race.head.kind), day_after_today())
    found = [(visit.project_id, visit.on, visit.arrears_found) for visit in known.inspections]
    return first_visits(found, office_date(race.head.started_at))


def _read(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")
