"""``wagewatch link``: complaints without a project, and decisions on them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from risk.locale import Language, text
from serving.clock import now, office_date, today
from serving.ingest.resources import import_submissions
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import AsOfOrNone, OutOrNone
from serving.terminal.output import print_bytes, print_line, write_file
from serving.terminal.resources import open_database, open_records, open_settings

if TYPE_CHECKING:
    from serving.complaint_links.service import LinkChoice

GROUP = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

Format = Literal["table", "json", "csv"]
_COLUMNS = (
    *("complaint", "received", "said_site", "said_firm", "kind", "candidate", "name"),
    *("probability", "words"),
)


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
    from serving.snapshot.complaint_candidates import unlinked_complaints

    cli = cli_context(context)
    import_submissions(cli, open_settings(cli))
    with open_records(cli) as store:
        found = unlinked_complaints(store, as_of or today(), "")
    content = _rendered([row for row in found if row["decided"] is None], shape, cli.language)
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


def _store(cli: CliContext, choice: LinkChoice, at: dt.datetime) -> None:
    """Store the decision with its audit entry and import it into the record store."""
    from serving.audit.repository import AuditEntry, add_audit_entries
    from serving.auth.principal import OFFICE
    from serving.auth.roles import Permission
    from serving.complaint_links.repository import Decision
    from serving.complaint_links.service import store_decision
    from serving.db.engine import writing

    settings = open_settings(cli)
    place = _region_code(cli, choice)
    decision = Decision(
        choice.complaint_id,
        choice.decision,
        choice.project_id,
        choice.org_id,
        place,
        None,
        office_date(at),
        os_user_name(),
        at,
    )
    entry = AuditEntry(
        at=at,
        request_id=secrets.token_hex(8),
        who=os_user_name(),
        role=OFFICE.role.value,
        action=Permission.WRITE_LINKS.value,
        method="CLI",
        subject=f"link decide {choice.complaint_id}",
        region="",
        as_of=None,
        list_digest=None,
        model_version=None,
        status=201,
    )
    with open_database(cli, settings) as database, writing(database.engine).begin() as connection:
        store_decision(connection, OFFICE, decision)
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


def _rendered(rows: Sequence[dict[str, Any]], shape: Format, language: Language) -> bytes:
    if shape == "json":
        # Amounts are stored in fen and shown in yuan.
        yuan = [
            {**row, "amount": None if row["amount"] is None else row["amount"] / 100}
            for row in rows
        ]
        return (json.dumps(yuan, ensure_ascii=False, indent=2) + "\n").encode()
    headings = [text(f"links.{name}", language) for name in _COLUMNS]
    cells = [cells for row in rows for cells in _cells(row, language)]
    if shape == "csv":
        file = io.StringIO(newline="")
        from serving.documents.sanitize import xml_safe

        csv.writer(file).writerows([headings, *([xml_safe(cell) for cell in row] for row in cells)])
        return file.getvalue().encode("utf-8-sig")
    if not cells:
        return (text("links.none", language) + "\n").encode()
    from serving.documents.text_table import format_table

    return format_table(headings, cells, (7,)).encode()


def _cells(row: dict[str, Any], language: Language) -> list[list[str]]:
    said = [row["complaint_id"], row["received_on"], row["project_text"], row["employer_text"]]
    if not row["candidates"]:
        return [[*said, "", "", "", "", ""]]
    return [
        [
            *said,
            text(f"links.{candidate['kind']}", language),
            candidate["id"],
            candidate["name"] or candidate["firm"],
            f"{min(candidate['probability'], 0.99):.2f}",
            " ".join([*candidate["site_words"], *candidate["firm_words"]]),
        ]
        for candidate in row["candidates"]
    ]
