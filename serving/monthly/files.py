"""Files of a month: scores, lists to print and briefings."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from risk.progress import Progress
from serving.briefings.period import month_of
from serving.briefings.service import create_monthly, store_briefing
from serving.clock import now
from serving.documents.formats import RENDERERS
from serving.publishing.context import PublishContext
from serving.publishing.scoring import score_probabilities
from serving.scores.csv import scores_csv
from serving.terminal.output import write_file
from serving.watchlists.pdf import watchlist_pdf
from serving.watchlists.xlsx import watchlist_xlsx

FOLDER = "monthly"


def month_folder(context: PublishContext, as_of: dt.date, region: str) -> Path:
    """Folder of the files of a list in the workspace; it is made."""
    name = f"{as_of}-{region}" if region else str(as_of)
    folder = context.workspace.root / FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def escalate_due(context: PublishContext, on: dt.date) -> None:
    """Add the matters of lists not processed yet and escalate what is overdue on ``on``."""
    from serving.matters.escalation import escalate
    from serving.matters.rules import matter_rules
    from serving.matters.sync import sync_from_lists

    rules, moment = matter_rules(context.settings.matters), now()
    sync_from_lists(context.database, rules, moment)
    escalate(context.database, rules, on, moment)


def write_briefings(
    context: PublishContext, as_of: dt.date, region: str, folder: Path, by: str
) -> list[Path]:
    """Write the briefing of the month that ended the day before ``as_of`` in every format."""
    day = as_of - dt.timedelta(days=1)
    period = month_of(day.replace(day=1))
    settings = context.settings
    made = create_monthly(context.store, context.database, settings, period, region)
    written = []
    for kind, make in RENDERERS.items():
        body = make(made.document, settings.language)
        path = folder / f"briefing-{period.start:%Y-%m}.{kind}"
        write_file(path, body)
        store_briefing(context.database, period, made.figures, kind, body, by)
        written.append(path)
    return written


def write_scores(context: PublishContext, as_of: dt.date, folder: Path, progress: Progress) -> Path:
    """Write the scores of all projects."""
    from risk.flags.minimum_wages import minimum_wages

    context.store.minimum_wages = minimum_wages(context.office_values())
    scored = score_probabilities(context.workspace, context.store, as_of, progress)
    path = folder / "scores.csv"
    write_file(path, scores_csv(scored, context.settings.tiers))
    return path


def write_list(
    context: PublishContext, as_of: dt.date, region: str, folder: Path, prefix: str = ""
) -> list[Path]:
    """Write a published list as a workbook and for paper."""
    document = context.lists.watchlist(as_of, region).document()
    written = []
    for name, make in (("inspections.xlsx", watchlist_xlsx), ("watchlist.pdf", watchlist_pdf)):
        path = folder / f"{prefix}{name}"
        write_file(path, make(document, context.settings.language))
        written.append(path)
    return written
