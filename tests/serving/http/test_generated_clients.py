"""Clients that generators make from the API's description: whole, without warnings, working."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from risk.locale import catalogue
from serving.app import ROUTERS
from serving.http.schemas import Problem

from ...conftest import require_program, thorough
from ..conftest import AS_OF

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


READ = """
import sys
from wagewatch_client import AuthenticatedClient
from wagewatch_client.api.watchlists import list_entries, list_watchlists
url, secret = sys.argv[1:]
with AuthenticatedClient(url, secret, verify_ssl=False) as service:
    print(list_watchlists.sync(client=service).items[0].as_of)
    print(list_entries.sync("latest", client=service).items[0].tier)
"""


@pytest.fixture
def description(client, tmp_path):
    path = tmp_path / "openapi.json"
    path.write_text(client.get("/openapi.json", headers={"Accept-Language": "en"}).text)
    return path


def load(name, path):
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(path.parent)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_names_are_plain_and_everything_is_described(client, database):
    document = client.get("/openapi.json").json()
    assert document["info"]["title"] == "Wagewatch"
    operations = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names)) > 60
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
    schemas = document["components"]["schemas"]
    assert all(re.fullmatch(r"[A-Za-z]+(_[A-Za-z]+_)?", name) for name in schemas)
    assert {"MatterStepIn", "NoticeStepIn", "Tier"} <= set(schemas)
    assert schemas["Tier"]["enum"] == ["red", "orange", "yellow", "blue"]
    assert document["servers"][0]["url"] == "/"
    tags = {tag for one in operations for tag in one["tags"]}
    assert {tag["name"] for tag in document["tags"]} == tags
    for name, schema in schemas.items():
        assert schema.get("description") or "enum" in schema, name
        for prop, node in schema.get("properties", {}).items():
            assert node.get("description"), (name, prop)
            free = node.get("type") == "object" and node.get("additionalProperties") is True
            assert not free, (name, prop)
    for one in operations:
        for parameter in one.get("parameters", []):
            assert parameter["description"], (one["operationId"], parameter["name"])
        for status, response in one["responses"].items():
            assert "X-Request-ID" in response["headers"]
            assert ("Retry-After" in response["headers"]) == (status in ("429", "503"))
    risk = document["paths"]["/v1/projects/{project_id}/risk"]["get"]["responses"]["200"]
    assert "ETag" in risk["headers"]
    letter = document["paths"]["/v1/notices/{number}/file"]["get"]["responses"]["200"]
    assert "application/pdf" in letter["content"]


def test_every_text_of_a_property_has_a_property(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    used = {f"api.fields.{prop}" for one in schemas.values() for prop in one.get("properties", {})}
    used |= {
        f"api.fields_of.{name}.{prop}"
        for name, one in schemas.items()
        for prop in one.get("properties", {})
    }
    written = {key for key in catalogue("en") if key.startswith(("api.fields.", "api.fields_of."))}
    assert written - used == set()


def test_examples_of_answers_fit_the_types_that_the_service_answers_with(client):
    operations = client.get("/openapi.json").json()["paths"]
    checked = 0
    for router in ROUTERS:
        for route in router.routes:
            if not getattr(route, "include_in_schema", False) or route.response_model is None:
                continue
            (method,) = route.methods
            answer = operations[route.path_format][method.lower()]["responses"]
            status = str(route.status_code or 200)
            example = answer[status]["content"]["application/json"]["example"]
            TypeAdapter(route.response_model).validate_json(json.dumps(example))
            checked += 1
    assert checked > 60
    risk = operations["/v1/projects/{project_id}/risk"]["get"]["responses"]["200"]["content"]
    shown = risk["application/json"]["example"]
    assert (shown["project_id"], shown["tier"], shown["probability"]) == ("P-00017", "red", 0.31)


def test_examples_of_problems_are_answers_of_the_service(client, token):
    operations = client.get("/openapi.json").json()["paths"]
    headers = token("admin")

    def of(path, status):
        content = operations[path]["get"]["responses"][status]["content"]
        return content["application/problem+json"]["example"]

    path = "/v1/watchlists"
    for query, sent, status in (("?limit=0", headers, "422"), ("", {}, "401")):
        answer = client.get(f"{path}{query}", headers={**sent, "Accept-Language": "zh"})
        example = of(path, status)
        assert answer.json() == {**example, "request_id": answer.json()["request_id"]}
        described = operations[path]["get"]["responses"][status]["headers"]
        assert {name.lower() for name in described} <= set(answer.headers)
    for one in operations.values():
        for operation in one.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    [media] = answer["content"].values()
                    TypeAdapter(Problem).validate_python(media["example"])
                    assert media["example"]["status"] == int(status)


def test_limits_and_repeated_requests_are_described(client):
    document = client.get("/openapi.json", headers={"Accept-Language": "en"}).json()
    for said in ("1200 requests a minute", "2,000,000 bytes", "`next`", "Idempotency-Key"):
        assert said in document["info"]["description"]
    for path in ("/v1/watchlists/{as_of}", "/v1/projects/{project_id}/risk"):
        operation = document["paths"][path]["get"]
        assert "If-None-Match" in [one["name"] for one in operation["parameters"]]
        assert "ETag" in operation["responses"]["304"]["headers"]
    written = document["paths"]["/v1/outcomes"]["post"]["responses"]["201"]
    assert "Idempotency-Replayed" in written["headers"]


def test_an_invalid_parameter_is_answered_with_its_constraint(client, token):
    path = "/v1/watchlists/latest/entries?limit=0&change=purple&least_probability=x"
    found = client.get(path, headers={**token("admin"), "Accept-Language": "en"}).json()
    allowed = {one["field"]: one["allowed"] for one in found["errors"]}
    assert allowed["limit"] == "a number of at least 1"
    assert allowed["change"] == "one of new, up, down, same"
    assert allowed["least_probability"] == "a number"
    assert "/docs" not in found["detail"]


def test_the_client_of_openapi_python_client_reads_a_watchlist(
    client, publish, token, description, tmp_path
):
    program = require_program("openapi-python-client", ROOT / ".venv-clients" / "bin")
    made = tmp_path / "made"
    line = [program, "generate", "--path", description, "--output-path", made]
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"post_hooks": []}))
    done = subprocess.run(
        [*line, "--config", config], capture_output=True, text=True, check=True, timeout=120
    )
    assert re.findall(r"(?i)warning|unable|omitted|will not be generated", done.stdout) == []
    publish()
    secret = token("admin")["Authorization"].removeprefix("Bearer ")
    said = subprocess.run(
        [program.with_name("python"), "-c", READ, str(client.base_url), secret],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONPATH": str(made)},
    )
    assert said.stdout.split() == [str(AS_OF), "red"]


@thorough  # the description itself: above
def test_the_types_of_datamodel_code_generator_read_a_risk(
    client, publish, token, description, tmp_path
):
    pytest.importorskip("datamodel_code_generator")
    made = tmp_path / "made_types.py"
    line = ["--input", description, "--input-file-type", "openapi", "--output", made]
    options = [
        "--output-model-type",
        "pydantic_v2.BaseModel",
        "--formatters",
        "builtin",
        "--use-annotated",
    ]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "datamodel_code_generator", *line, *options],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout + done.stderr == ""
    text = made.read_text()
    assert re.findall(r"^class \w+\d+\((?:Str)?Enum", text, re.M) == []
    publish()
    types = load("made_types", made)
    body = client.get("/v1/projects/P%2F000/risk", headers=token("admin")).text
    risk = types.ProjectRisk.model_validate_json(body)
    assert risk.tier.value == "red"
    assert risk.reasons[0].family == "payments"
