"""A site to look at: a copy of the small office, people of every role, the real server."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from argon2 import PasswordHasher

from risk.workspace import Workspace
from serving.app import create_app
from serving.auth.repository import NameTaken, NewAccount
from serving.auth.roles import Role
from serving.db.database import Database
from serving.settings import load_settings
from serving.watchlists.repository import WatchlistRepository

from . import people
from .conftest import NO_TLS, served

PASSWORD = "ein langes Passwort"


def quick_hash(password: str) -> str:
    """A hash that is checked in no time; those of the service take a tenth of a second."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


_HASH = quick_hash(PASSWORD)


@dataclass(frozen=True)
class Site:
    """Where it is, what is behind it, and projects of its newest list."""

    url: str
    database: Database
    workspace: Workspace
    listed: tuple[str, ...]


@contextmanager
def site_of(workspace: Workspace) -> Iterator[Site]:
    """Serve ``workspace``; everybody's name is their role."""
    with Database(f"sqlite:///{workspace.service_database}") as database:
        for role in Role:
            add_user(database, role.value, role)
        from serving.watchlists.snapshot_repository import load_register

        newest = WatchlistRepository(database).latest_as_of()
        assert newest is not None
        found = load_register(database.engine, newest)
        rows = sorted(found.document["projects"], key=lambda r: r["rank"] or 999) if found else []
        listed = tuple(row["project_id"] for row in rows if row["rank"])
        app = create_app(load_settings(workspace), database, key="k" * 43, workspace=workspace)
        with served(app) as url:
            yield Site(url, database, workspace, listed)


def add_user(database: Database, name: str, role: Role, region: str = "") -> None:
    """A user with the password of this module, unless there is one."""
    grant = NewAccount(name, role, region, "test", dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    with suppress(NameTaken):
        people.add_user(database.engine, grant, password_hash=_HASH)


def copied(office: Workspace, folder: Path) -> Workspace:
    """The office, to be written to."""
    made = Workspace(folder / "site")
    shutil.copytree(office.root, made.root)
    return made


def signed_in(url: str, name: str) -> httpx.Client:
    """A browser of somebody who has signed in."""
    client = httpx.Client(
        verify=NO_TLS, base_url=url, timeout=60, trust_env=False, headers={"Accept": "text/html"}
    )
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert answer.status_code == 303
    found = re.search(r'data-csrf="([^"]+)"', client.get("/watchlist").text)
    assert found
    client.headers["X-CSRF-Token"] = found[1]
    return client
