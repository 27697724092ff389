"""Every operation of the API under made-up requests: no failure of its own, nothing undescribed."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from serving.app import create_app
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.db.database import Database
from serving.publishing.repository import store_publication
from serving.settings import LimitSettings, Settings

from ...conftest import MUST_RUN_ALL
from ..conftest import PUBLISHED_AT, make_extras, make_publication, served
from ..people import add_token

# Of each of some hundred operations.
CASES = int(os.environ.get("WAGEWATCH_FUZZ_CASES", "8" if MUST_RUN_ALL else "2"))


@pytest.fixture(scope="module")
def services(request, tmp_path_factory):
    """Services with two published lists, one over each kind of database, and the token of each."""
    with ExitStack() as opened:
        yield [
            opened.enter_context(_service(address))
            for address in _addresses(request, tmp_path_factory.mktemp("fuzz"))
        ]


def _addresses(request, folder):
    """The addresses of empty service databases; without WAGEWATCH_TEST_ALL=1 of SQLite alone."""
    template = request.getfixturevalue("sqlite_template")
    found = [f"sqlite:///{shutil.copyfile(template, folder / 'service.sqlite')}"]
    if MUST_RUN_ALL:
        server = request.getfixturevalue("postgresql")
        on_postgresql = request.getfixturevalue("on_postgresql")
        on_postgresql("CREATE DATABASE fuzz")
        request.addfinalizer(lambda: on_postgresql("DROP DATABASE fuzz WITH (FORCE)"))
        found.append(f"{server}/fuzz")
    return found


@contextmanager
def _service(address):
    """The address of a service over a database, and what an administrator sends."""
    with Database(address) as database:
        for as_of in (dt.date(2025, 5, 1), dt.date(2025, 6, 1)):
            store_publication(
                database,
                make_publication(as_of).seal(),
                published_at=PUBLISHED_AT,
                published_by="李",
                extras=make_extras(),
            )
        grant = NewAccount("admin", Role.ADMIN, "", "test", PUBLISHED_AT)
        headers = {"Authorization": f"Bearer {add_token(database.engine, grant)}"}
        with served(create_app(Settings(limits=LimitSettings(per_minute=0)), database)) as url:
            yield url, headers


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fuzzed_requests_conform_to_the_description(services):
    import schemathesis  # here: only one of the processes that test side by side needs it

    url = services[0][0]
    description = httpx.get(f"{url}/openapi.json", timeout=60, trust_env=False).json()
    schema = schemathesis.openapi.from_dict(description)
    total = 0
    for result in schema.get_all_operations():
        total += _tried(result.ok(), services)
    assert total >= CASES * 30


KNOWN = {"project_id": "P/000", "as_of": "2025-06-01", "version": "champion"}


def _name_what_there_is(case):
    """Made-up names find nothing; let every second request ask for something that exists."""
    for part in (case.path_parameters, case.body):
        if isinstance(part, dict):
            part.update({name: value for name, value in KNOWN.items() if name in part})


def _tried(operation, services):
    """How many requests were made up for ``operation``, right ones and wrong ones.

    Each is sent to every service: to make one up takes longer than to answer it.
    """
    from schemathesis import GenerationMode

    count, checks = 0, _checks()

    @settings(
        max_examples=CASES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        operation.as_strategy(GenerationMode.POSITIVE)
        | operation.as_strategy(GenerationMode.NEGATIVE)
    )
    def test(case):
        nonlocal count
        count += 1
        if count % 2:
            _name_what_there_is(case)
        for url, headers in services:
            case.call_and_validate(base_url=url, headers=headers, checks=checks)

    test()
    return count


def _checks():
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    return [
        not_a_server_error,
        checks.content_type_conformance,
        checks.response_schema_conformance,
        checks.status_code_conformance,
    ]
