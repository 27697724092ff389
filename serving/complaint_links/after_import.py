"""Linking by the office's rule at the end of an import."""

from __future__ import annotations

from risk.locale import text
from serving.terminal.context import CliContext
from serving.terminal.output import print_note
from serving.terminal.resources import open_database, open_settings


def link_after_import(cli: CliContext) -> None:
    """Link the complaints that the office's rule covers, if it has one, and say how many."""
    settings = open_settings(cli)
    if settings.links.equal_names != "link":
        return
    from serving.complaint_links.named import link_equal_names

    with open_database(cli, settings) as database:
        links = link_equal_names(cli.workspace, settings, database)
    if links:
        print_note(text("links.by_rule", cli.language, links=links))
