"""A pull brings what an import of the same records brings, and nothing of persons."""

from __future__ import annotations

from .conftest import imported, pull, records
from .platform import Platform
from .server import serving


def test_a_pull_brings_what_an_import_of_the_same_records_brings(county, workspace, tmp_path):
    with serving(Platform(county)) as server:
        report = pull(workspace, server.url)
    assert (report.fetched.state, report.fetched.refused) == ("complete", ())
    books = records(imported(county, tmp_path / "books"))
    assert records(workspace) == books
    assert all(len(rows) >= 3 for rows in books.values()), {t: len(r) for t, r in books.items()}
