"""``wagewatch link``: complaints without a project, and decisions on them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from risk.locale import text
from serving.clock import now, office_date
from serving.complaint_links.terminal import render_candidates, render_named
from serving.ingest.open_complaints import day_after_today
from serving.ingest.resources import import_submissions
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import AsOfOrNone, OutOrNone
from serving.terminal.output import print_bytes, print_line, print_note, write_file
from serving.terminal.resources import open_database, open_records, open_settings

if TYPE_CHECKING:
    from serving.complaint_links.repository import Decision
    from serving.complaint_links.service import LinkChoice
    from serving.settings import Settings

GROUP = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

Format = Literal["table", "json", "csv"]


@GROUP.callback()
def link(
    context: typer.Context,
    as_of: AsOfOrNone = None,
    shape: Annotated[Format, typer.Option("--format")] = "table",
    out: OutOrNone = None,
) -> None:
    """List undecided complaints without a project, with their candidates."""
    if context.invoked_subcommand is not None:
        return
    from serving.complaint_links.current import day_after_newest
    from serving.snapshot.complaint_candidates import unlinked_complaints

    cli = cli_context(context)
    import_submissions(cli, open_settings(cli))
    with open_records(cli) as store:
        day = as_of or day_after_newest(store) or day_after_today()
        found = list(unlinked_complaints(store, day, ""))
    content = render_candidates(
        [row for row in found if row["decided"] is None], shape, cli.language
    )
    if out is not None:
        write_file(out, content)
        print_line(cli.text("written", path=str(out)))
    else:
        print_bytes(content)


@GROUP.command("decide")
def decide(
    context: typer.Context,
    complaint: Annotated[str, typer.Argument(metavar="COMPLAINT")],
    project: Annotated[str | None, typer.Option("--project", metavar="P")] = None,
    org: Annotated[str | None, typer.Option("--org", metavar="O")] = None,
    none: Annotated[bool, typer.Option("--none")] = False,
) -> None:
    """Record a decision; it takes effect the day after."""
    from serving.complaint_links.service import LinkChoice, LinkUnclear

    if none == bool(project or org):
        raise LinkUnclear(complaint_id=complaint)
    cli = cli_context(context)
    choice = LinkChoice(complaint, "refused" if none else "linked", project, org)
    _store(cli, choice, now())
    said = text(f"links.{choice.decision}", cli.language)
    print_line(text("links.decided", cli.language, complaint_id=complaint, decision=said))


@GROUP.command("exact")
def exact(
    context: typer.Context,
    confirm: Annotated[bool, typer.Option("--confirm")] = False,
    since_known: Annotated[bool, typer.Option("--since-known")] = False,
    only_equal: Annotated[bool, typer.Option("--only-equal")] = False,
    shape: Annotated[Format, typer.Option("--format")] = "table",
) -> None:
    """List complaints that give the name of exactly one project; confirm them all at once."""
    from models.linkage.named_projects import open_complaints
    from serving.complaint_links.named import named_decisions

    cli = cli_context(context)
    settings = open_settings(cli)
    import_submissions(cli, settings)
    with open_records(cli) as store:
        found = open_complaints(store, day_after_today())
    named = [one for one in found.named if one.likeness == "equal" or not only_equal]
    print_bytes(render_named(named, shape, cli.language))
    if confirm:
        at = now()
        decisions = named_decisions(named, os_user_name(), at, since_known=since_known)
        _save(cli, settings, decisions, "link exact --confirm")
        line = text("links.confirmed", cli.language, links=len(named))
    else:
        line = text("links.open", cli.language, complaints=found.count, named=len(named))
    (print_line if shape == "table" else print_note)(line)


def _store(cli: CliContext, choice: LinkChoice, at: dt.datetime) -> None:
    """Store the decision with its audit entry and import it into the record store."""
    from serving.complaint_links.repository import Decision

    decision = Decision(
        complaint_id=choice.complaint_id,
        decision=choice.decision,
        project_id=choice.project_id,
        org_id=choice.org_id,
        region_code=_region_code(cli, choice),
        probability=None,
        decided_on=office_date(at),
        decided_by=os_user_name(),
        decided_at=at,
    )
    _save(cli, open_settings(cli), [decision], f"link decide {choice.complaint_id}")


def _save(cli: CliContext, settings: Settings, decisions: Sequence[Decision], subject: str) -> None:
    """Store decisions of one moment with one audit entry, and import them."""
    from serving.audit.repository import AuditEntry, add_audit_entries
    from serving.auth.principal import OFFICE
    from serving.auth.roles import Permission
    from serving.complaint_links.service import store_decisions
    from serving.db.engine import writing

    if not decisions:
        return
    entry = AuditEntry(
        at=decisions[0].decided_at,
        request_id=secrets.token_hex(8),
        who=os_user_name(),
        role=OFFICE.role.value,
        action=Permission.WRITE_LINKS.value,
        method="CLI",
        subject=subject,
        region="",
        as_of=None,
        list_digest=None,
        model_version=None,
        status=201,
    )
    with open_database(cli, settings) as database, writing(database.engine).begin() as connection:
        store_decisions(connection, OFFICE, decisions)
        add_audit_entries(connection, [entry])
    import_submissions(cli, settings)


def _region_code(cli: CliContext, choice: LinkChoice) -> str:
    """Return the region of the target.

    Raises:
        ComplaintNotWaiting, ProjectUnknown, OrganisationUnknown: not in the records.
    """
    from serving.auth.project_regions import ProjectUnknown
    from serving.complaint_links.service import ComplaintNotWaiting, OrganisationUnknown

    with open_records(cli) as store:

        def last(sql: str, number: str | None) -> tuple[Any, ...] | None:
            rows = store.rows(f"{sql} = $1 ORDER BY known_at DESC, arrival DESC LIMIT 1", [number])
            return rows[0] if rows else None

        said = last("SELECT project_id FROM complaints WHERE complaint_id", choice.complaint_id)
        site = last("SELECT region_code FROM projects WHERE project_id", choice.project_id)
        firm = last("SELECT region_code FROM organizations WHERE org_id", choice.org_id)
    if said is None or said[0] is not None:
        raise ComplaintNotWaiting(complaint_id=choice.complaint_id)
    if choice.project_id is not None and site is None:
        raise ProjectUnknown(project_id=choice.project_id)
    if choice.org_id is not None and firm is None:
        raise OrganisationUnknown(org_id=choice.org_id)
    return str((site or firm or ("",))[0] or "")
