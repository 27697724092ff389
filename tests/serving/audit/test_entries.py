"""What audit entries say, and when they are stored."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from serving.audit.request_entry import request_subject, storable_subject

from ..conftest import until_seen


@pytest.mark.parametrize(
    ("path", "query", "subject"),
    [
        ("/v1/outcomes", b"limit=5&state=open", "/v1/outcomes?limit=5&state=open"),
        ("/v1/x", b"access_token=abc&x=1", "/v1/x?access_token=***&x=1"),
        ("/v1/x", b"Pass%77ord=abc", "/v1/x?Pass%77ord=***"),
        ("/v1/x/ww_abc-DEF_1", b"", "/v1/x/***"),
        ("/v1/x", b"q=whsec_MDEy=&y=2", "/v1/x?q=***&y=2"),
        ("/projects", b"q=13912345678", "/projects?q=139****5678"),
        ("/v1/\x00a\ud800\n", b"", "/v1/%00a%D800%0A"),
    ],
)
def test_subject_is_the_url_without_secrets(path, query, subject):
    assert request_subject({"path": path, "query_string": query}) == subject


def test_subject_has_at_most_500_characters():
    assert len(storable_subject("x" * 501)) == 500


def test_file_is_audited_before_its_first_byte_and_refused_if_that_fails(
    client, database, publish, token
):
    publish()
    until_seen(database)
    headers = token("supervisor")
    given = client.get("/watchlist.xlsx", headers=headers)
    assert given.content.startswith(b"PK")
    with database.engine.begin() as connection:
        query = "SELECT count(*) FROM audit WHERE subject = '/watchlist.xlsx'"
        assert connection.execute(text(query)).scalar_one() == 1
        connection.execute(text("ALTER TABLE audit RENAME TO elsewhere"))
    refused = client.get("/watchlist.xlsx", headers=headers)
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO audit"))
    assert refused.status_code in (500, 503)
    assert b"PK" not in refused.content


def test_published_list_is_audited_in_its_transaction(database, publish):
    publish(region="9901")
    publish(region="9901")
    with database.engine.connect() as connection:
        query = "SELECT who, method, subject, as_of, length(list_digest), model_version FROM audit"
        rows = [tuple(map(str, row)) for row in connection.execute(text(query))]
    assert rows == [("李", "CLI", "publish 2025-06-01 9901", "2025-06-01", "64", "1")]


def test_import_by_command_is_audited(wagewatch, database, tmp_path):
    file = tmp_path / "projects.csv"
    file.write_text(
        "project_id,project_name,region_code,started_on\nP/1,x,990102,2025-01-01\n",
        encoding="utf-8",
    )
    wagewatch("import", str(file))
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT action, method, subject FROM audit")).all()
    assert [tuple(row) for row in rows] == [("import_files", "CLI", "import 1 files 0 failed")]
