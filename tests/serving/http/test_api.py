from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from risk.locale import LANGUAGES, catalogue
from serving.app import ROUTERS
from serving.http.schemas import Page, Problem, Schema
from serving.outcomes.schemas import Found
from serving.projects.schemas import ProjectRisk
from serving.server import CannotListen, listen
from serving.watchlists.schemas import EntryFilters as WatchlistFilters
from serving.watchlists.schemas import Watchlist, WatchlistSummary

ROOT = Path(__file__).resolve().parents[3]


def test_get_watchlist_sends_the_sealed_bytes(client, publish, publication):
    publish()
    answer = client.get("/v1/watchlists/2025-06-01")
    sealed = publication().seal().watchlist
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == sealed.body
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    Watchlist.model_validate_json(answer.content)


def test_get_watchlist_latest_is_the_newest(client, publish):
    publish()
    assert client.get("/v1/watchlists/latest").json()["as_of"] == "2025-06-01"


@pytest.mark.parametrize("path", ["/v1/watchlists/latest", "/v1/projects/P%2F000/risk"])
def test_get_watchlist_answers_304_for_a_known_etag(client, publish, path):
    publish()
    tag = client.get(path).headers["etag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get(path, headers={"If-None-Match": header})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_list_watchlists_returns_all(client, publish):
    assert client.get("/v1/watchlists").json() == {"items": [], "next": None}
    publish()
    publish(region="990102", listed=2)
    found = Page[WatchlistSummary].model_validate_json(client.get("/v1/watchlists").content)
    assert [item.region for item in found.items] == ["", "990102"]
    assert found.items[0].published_by == "李"
    one = client.get("/v1/watchlists", params={"region": "990102"}).json()["items"]
    assert [item["entries"] for item in one] == [2]


def test_get_watchlist_of_a_region(client, publish):
    publish()
    publish(region="990102", listed=2)
    of_region = client.get("/v1/watchlists/latest", params={"region": "990102"}).json()
    assert (of_region["region"], len(of_region["entries"])) == ("990102", 2)


def test_get_risk_of_listed_and_unlisted_projects(client, publish, publication):
    publish()
    for project_id, risk in publication().seal().risks.items():
        answer = client.get(f"/v1/projects/{project_id}/risk")
        assert answer.content == risk.body
        ProjectRisk.model_validate_json(answer.content)
    answer = client.get("/v1/projects/P%2F001/risk", params={"as_of": "2025-06-01"})
    assert answer.json()["project_id"] == "P/001"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/watchlists/2024-01-01", 404, "not_published"),
        ("/v1/watchlists/latest?region=110000", 404, "not_published"),
        ("/v1/projects/none/risk", 404, "project_not_scored"),
        ("/v1/projects/P%2F000/risk?as_of=2024-01-01", 404, "not_published"),
        ("/v1/watchlists/soon", 422, "invalid_parameter"),
        ("/v1/watchlists/2025-02-30", 422, "invalid_parameter"),
        ("/v1/watchlists/1748736000", 422, "invalid_parameter"),
        ("/v1/watchlists/latest?region=x", 422, "invalid_parameter"),
        ("/v1/watchlists?region=x", 422, "invalid_parameter"),
        ("/v1/projects/P/risk?as_of=latest", 422, "invalid_parameter"),
        ("/v1/nothing", 404, "not_found"),
        ("/nowhere", 404, "not_found"),
    ],
)
def test_errors_are_problem_documents(client, publish, path, status, code):
    publish()
    answers = {
        language: client.get(path, headers={"Accept-Language": f"{language}-XX, fr;q=0.5"})
        for language in LANGUAGES
    }
    for answer in answers.values():
        assert answer.headers["content-type"] == "application/problem+json"
        problem = Problem.model_validate_json(answer.content)
        assert (answer.status_code, problem.status, problem.code) == (status, status, code)
        assert problem.detail
        assert bool(problem.errors) == (status == 422)
    assert answers["zh"].json()["detail"] != answers["en"].json()["detail"]


def test_wrong_method_is_a_problem_document(client):
    answer = client.post("/v1/watchlists")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert Problem.model_validate_json(answer.content).code == "method_not_allowed"


def test_language_defaults_to_the_settings(client):
    assert "还没有" in client.get("/v1/watchlists/latest").json()["detail"]


def test_nothing_published_says_what_to_do(client):
    answer = client.get("/v1/watchlists/latest", headers={"Accept-Language": "en"})
    assert answer.json()["code"] == "nothing_published"
    assert "wagewatch publish" in answer.json()["detail"]


def test_health(client, publish):
    assert client.get("/healthz").json()["latest_as_of"] is None
    publish()
    health = client.get("/healthz").json()
    assert (health["status"], health["latest_as_of"]) == ("ok", "2025-06-01")


def test_broken_database_is_a_problem_without_traceback(client, database, caplog):
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE project_risks")
    answer = client.get("/v1/projects/P/risk")
    assert answer.status_code == 500
    assert Problem.model_validate_json(answer.content).code == "internal_server_error"
    assert "Traceback" not in answer.text
    assert "project_risks" not in answer.text
    assert "project_risks" in caplog.text


def test_docs_page_needs_no_other_host(client):
    page = client.get("/docs")
    assert page.status_code == 200
    assert not re.search(r"https?://|[\"']//", page.text)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(assets) == 3
    for asset in assets:
        answer = client.get(asset.removeprefix("."))
        assert answer.status_code == 200
        assert len(answer.content) > 1000


def test_openapi_describes_errors_as_problems(client):
    description = client.get("/openapi.json").json()
    for path, operations in description["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            assert {"200", "201", "202", "204", "303"} & set(operation["responses"])
            if path.startswith("/v1"):
                for status in ("404", "422"):
                    content = operation["responses"][status]["content"]
                    assert list(content) == ["application/problem+json"]
    watchlist = description["components"]["schemas"]["Watchlist"]
    assert "entries" in watchlist["required"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_openapi_follows_accept_language(client, language):
    headers = {"Accept-Language": language}
    response = client.get("/openapi.json", headers=headers)
    paths = response.json()["paths"]
    texts = catalogue(language)
    operation = paths["/v1/watchlists/{as_of}"]["get"]
    assert response.json()["info"]["title"] == "Wagewatch"
    assert operation["description"] == texts["api.operations.get_watchlist"]
    assert operation["responses"]["404"]["description"] == texts["api.responses.404"]
    [as_of] = [each for each in operation["parameters"] if each["name"] == "as_of"]
    assert as_of["description"] == texts["api.parameters.as_of_or_latest"]
    assert "api." not in re.findall(r'"description":"(\w+\.)', response.text)


def response_schemas() -> list[type[BaseModel]]:
    """Return all schemas but those of requests; request bodies have an example."""
    pending, schemas = [Schema], []
    while pending:
        for schema in pending.pop().__subclasses__():
            pending.append(schema)
            if "json_schema_extra" not in schema.model_config:
                schemas.append(schema)
    requests = {Found, WatchlistFilters}
    return [schema for schema in schemas if not issubclass(schema, tuple(requests))]


def test_response_schemas_have_no_defaults(client):
    schemas = response_schemas()
    assert len({schema.__module__ for schema in schemas}) > 10
    # A list of projects published before there were others does not name its kind, and one of
    # seal version 1 has none of the fields of version 2; few offices state values of law.
    # A risk is served as sealed; only the newest one may name the date of a case file.
    optional = {
        "case_file_as_of",
        "view",
        "kind",
        "seal_version",
        "basis",
        "grade",
        "amount_owed",
        "law",
        "remarks",
        "unlike",
    }
    assert [
        f"{schema.__name__}.{name}"
        for schema in schemas
        for name, field in schema.model_fields.items()
        if not field.is_required() and name not in optional
    ] == []


def test_every_resource_has_schemas_beside_its_endpoints():
    folders = [path.parent for path in (ROOT / "serving").glob("*/endpoints.py")]
    assert len(folders) == len(ROUTERS)
    assert [folder.name for folder in folders if not (folder / "schemas.py").exists()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_problems_of_the_framework_have_texts(language):
    for key in ("404", "405", "422", "500", "not_found", "method_not_allowed"):
        assert f"problems.{key}" in catalogue(language)


def test_listen_names_a_taken_port():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=str(port)):
            listen("127.0.0.1", port)


def test_app_imports_no_engine_and_no_model():
    heavy = ("duckdb", "lightgbm", "pandas", "numpy", "pyarrow", "mlflow", "shap", "sklearn")
    code = (
        "import sys; import serving.app, serving.server, serving.cli.serve;"
        f" print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
