"""No function writes people, tokens, subscriptions or jobs without the principal who does it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SERVING = Path(__file__).parents[3] / "serving"
TABLES = {"USERS", "TOKENS", "SUBSCRIPTIONS", "JOBS"}
WRITES = {"insert", "update", "delete"}
OF_THE_RUNNER = {"claim_job", "_set"}
"""Writes that no principal asks for: the runner's progress of a job."""

OF_ONESELF = {
    "store_password": {"users/sign_in.py"},
    "end_sessions": {"auth/accounts.py", "auth/second_factors.py", "users/second_factor.py"},
}
"""Writes of the own password and sessions, and the modules that may call them: those of one's own
sign-in, and :class:`Accounts`, which has a principal."""


def writers():
    """Yield module, function and parameters of each function that writes one of the tables."""
    for path in sorted(SERVING.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for holder in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(holder, ast.FunctionDef) and _writes(holder):
                names = {argument.arg for argument in holder.args.args}
                yield path.relative_to(SERVING).as_posix(), holder.name, names


def _writes(function):
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(
        isinstance(call.func, ast.Name)
        and call.func.id in WRITES
        and any(isinstance(one, ast.Name) and one.id in TABLES for one in call.args)
        for call in calls
    ) or any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr in WRITES
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in TABLES
        for call in calls
    )


def test_every_write_of_people_tokens_subscriptions_and_jobs_takes_the_principal():
    found = list(writers())
    assert {("events/outbox.py", "add_subscription"), ("jobs/repository.py", "queue_job")} <= {
        (module, name) for module, name, _ in found
    }
    for module, name, parameters in found:
        assert "principal" in parameters or name in {*OF_THE_RUNNER, *OF_ONESELF}, (module, name)


@pytest.mark.parametrize("name", OF_ONESELF)
def test_writes_of_oneself_are_called_where_one_signs_in(name):
    callers = {
        path.relative_to(SERVING).as_posix()
        for path in SERVING.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    }
    assert callers == OF_ONESELF[name]


def test_users_and_tokens_are_written_for_a_principal_only():
    tree = ast.parse((SERVING / "auth" / "accounts.py").read_text(encoding="utf-8"))
    [accounts] = [
        one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Accounts"
    ]
    [make] = [one for one in accounts.body if getattr(one, "name", "") == "__init__"]
    assert [one.arg for one in make.args.args] == ["self", "connection", "by"]
