from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import pytest

from risk.workspace import Workspace
from serving.auth.passwords import PasswordTooShort, hash_password, is_password
from serving.auth.repository import NameTaken, NameUnknown, NewAccount, UserRepository
from serving.auth.roles import Role
from serving.auth.secrets import signing_key
from serving.auth.sessions import COOKIE, open_session, seal_session
from serving.db.change_stamp import ChangeStamp
from serving.db.database import Database
from serving.settings import Settings, database_url

from ..conftest import PUBLISHED_AT, key
from ..site import quick_hash

PASSWORD = "sehr-geheim-1"


@pytest.fixture(scope="module")
def hashed():
    return quick_hash(PASSWORD)


@pytest.fixture
def people(database, hashed):
    found = UserRepository(database.engine)
    grant = NewAccount("王主管", Role.SUPERVISOR, "9901", "test", PUBLISHED_AT)
    found.add_user(grant, password_hash=hashed, subject=None)
    return found


def _sign_in(client, password=PASSWORD):
    return client.post("/v1/session", json={"name": "王主管", "password": password})


def test_session_allows_writes_until_sign_out(client, people, publish):
    publish()
    told = _sign_in(client).json()
    assert (told["role"], told["region"]) == ("supervisor", "9901")
    cookie = next(iter(client.cookies.jar))
    assert cookie.name == COOKIE
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert client.get("/v1/watchlists/latest").status_code == 200
    found = {"project_id": "P/000", "inspected_on": "2025-06-12", "arrears_found": False}
    forged = client.post("/v1/outcomes", json=found, headers=key())
    assert (forged.status_code, forged.json()["code"]) == (403, "csrf_missing")
    meant = {**key(), "X-CSRF-Token": told["csrf"]}
    assert client.post("/v1/outcomes", json=found, headers=meant).status_code == 201
    assert client.request("DELETE", "/v1/session", headers=meant).status_code == 204
    assert client.get("/v1/watchlists/latest").status_code == 401


def test_sign_in_does_not_reveal_which_names_exist(client, people):
    answers = [
        client.post("/v1/session", json={"name": name, "password": "falsch-falsch"})
        for name in ("王主管", "nobody")
    ]
    assert {one.status_code for one in answers} == {401}
    assert len({one.json()["detail"] for one in answers}) == 1


def test_sign_in_refuses_further_attempts_after_ten_a_minute(client, people):
    statuses = [_sign_in(client, "falsch-falsch").status_code for _ in range(10)]
    assert statuses == [401] * 10
    # An attempt becomes free every six seconds, and a busy machine may need longer for ten hashes.
    assert 429 in (_sign_in(client).status_code for _ in range(10))


def test_set_password_ends_earlier_sessions(client, people, hashed):
    _sign_in(client)
    assert client.get("/v1/session").status_code == 200
    people.set_password("王主管", hashed)
    assert client.get("/v1/session").status_code == 401


def test_disable_user_ends_sessions(client, people):
    _sign_in(client)
    people.disable_user("王主管", PUBLISHED_AT)
    assert client.get("/v1/session").status_code == 401
    client.cookies.clear()
    assert _sign_in(client).status_code == 401


def test_session_cookie_is_signed():
    cookie, session = seal_session("key", 3, 1)
    assert open_session("key", cookie) == session
    assert open_session("other", cookie) is None
    assert open_session("key", cookie[:-2]) is None
    assert open_session("key", "") is None


def test_add_user_refuses_a_taken_name(people, hashed):
    grant = NewAccount("王主管", Role.ADMIN, "", "test", PUBLISHED_AT)
    with pytest.raises(NameTaken):
        people.add_user(grant, password_hash=hashed, subject=None)
    with pytest.raises(NameUnknown):
        people.revoke_token("none", PUBLISHED_AT)


def test_hash_password_checks_the_length():
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert is_password(hashed, PASSWORD)
    assert not is_password(hashed, "other")
    assert not is_password(None, PASSWORD)
    for password in ("short", "x" * 201):
        with pytest.raises(PasswordTooShort):
            hash_password(password)


def test_users_and_tokens_commands(wagewatch, database_url):
    run = functools.partial(wagewatch, "--lang", "en")
    made = run("tokens", "add", "case", "--role", "system", "--region", "99", "--json")
    assert '"token": "ww_' in made.stdout
    assert run("tokens", "add", "case", "--role", "system").returncode == 1
    assert "allowed" not in run("tokens", "list").stdout
    assert run("tokens", "revoke", "case").returncode == 0
    assert run("tokens", "revoke", "case").returncode == 1
    wrong = run("tokens", "add", "x", "--role", "king")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    assert "inspector" in wrong.stderr
    assert run("tokens", "add", "x", "--role", "system", "--region", "9x").returncode == 1
    assert run("users", "add", "li", "--role", "admin", input="geheim-geheim\n").returncode == 0
    assert run("users", "add", "wu", "--role", "admin", input="kurz\n").returncode == 1
    listed = run("users", "list").stdout
    assert "li" in listed
    assert "geheim" not in listed
    assert run("users", "revoke", "li").returncode == 0


def test_signing_key_is_created_once_with_owner_permissions(tmp_path):
    path = tmp_path / "mit leer%zeichen" / "session.key"
    path.parent.mkdir()
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: signing_key(path), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["session.key"]


def test_database_path_may_have_any_characters(tmp_path):
    workspace = Workspace(tmp_path / "县 b%20?#c")
    workspace.root.mkdir()
    with Database(database_url(workspace, Settings())) as database:
        assert workspace.service_database.exists()
        freshness = ChangeStamp(database.engine)
        before = freshness.current()
        grant = NewAccount("x", Role.ADMIN, "", "test", PUBLISHED_AT)
        UserRepository(database.engine).add_token(grant)
        assert freshness.current() != before
        freshness.close()
