"""``wagewatch notice``: send a notice on a project to a department, as a letter or as JSON."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from serving.clock import now
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import AsOfOrNone, Out
from serving.terminal.output import print_line, require_parent_folder, write_file
from serving.terminal.resources import open_database, open_settings

if TYPE_CHECKING:
    from serving.notices.repository import Notice
    from serving.notices.service import NoticeRequest

_FORMATS = ("docx", "pdf", "html", "json")


def notice(
    context: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT")],
    to: Annotated[str, typer.Option("--to", metavar="DEPARTMENT")],
    out: Out,
    as_of: AsOfOrNone = None,
) -> None:
    """Create and store a notice to a department; the file suffix selects the format."""
    from risk.departments import CODES
    from serving.notices.service import NoticeRequest

    cli = cli_context(context)
    if to not in CODES:
        wrong = cli.text("department_unknown", found=to, allowed=", ".join(CODES))
        raise typer.BadParameter(wrong, param_hint="--to")
    kind = out.suffix.lower().removeprefix(".")
    if kind not in _FORMATS:
        raise typer.BadParameter(cli.text("notice_format", found=out.suffix), param_hint="--out")
    require_parent_folder(out)
    kept = _send(cli, NoticeRequest(project, to, as_of))
    if kind == "json":
        body = json.dumps(kept.package, ensure_ascii=False, indent=2).encode() + b"\n"
    else:
        from serving.notices.letter import render_letter

        body = render_letter(kept.package, kind, cli.language)
    write_file(out, body)
    print_line(cli.text("notice_kept", number=kept.id, path=str(out), day=kept.answer_by))


def _send(cli: CliContext, wish: NoticeRequest) -> Notice:
    """Store the notice and its audit entry in one transaction."""
    from serving.audit.repository import AuditEntry, add_audit_entries
    from serving.auth.principal import OFFICE
    from serving.auth.roles import Permission
    from serving.db.engine import writing
    from serving.notices.service import Author, store_notice

    settings = open_settings(cli)
    moment, by = now(), os_user_name()
    with open_database(cli, settings) as database, writing(database.engine).begin() as connection:
        sender = Author(OFFICE, by, settings.briefing.office, moment)
        kept = store_notice(connection, database, wish, sender)
        entry = AuditEntry(
            at=moment,
            request_id=secrets.token_hex(8),
            who=by,
            role=OFFICE.role.value,
            action=Permission.SEND_NOTICES.value,
            method="CLI",
            subject=f"notice {kept.id} {kept.project_id} {kept.department}"[:500],
            region="",
            as_of=kept.as_of,
            list_digest=kept.list_digest,
            model_version=None,
            status=201,
        )
        add_audit_entries(connection, [entry])
    return kept
