from __future__ import annotations

import functools
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest

from risk.workspace import Workspace
from serving.auth.hashing_queue import HashingQueue
from serving.auth.names import NameInvalid, clean_name
from serving.auth.passwords import (
    PasswordTooCommon,
    PasswordTooShort,
    hash_password,
    is_password,
)
from serving.auth.rate_limit import TooManyRequests
from serving.auth.repository import NameTaken, NameUnknown, NewAccount, UserRepository
from serving.auth.roles import Role
from serving.auth.secrets import signing_key
from serving.auth.sessions import COOKIE
from serving.db.change_stamp import ChangeStamp
from serving.db.database import Database
from serving.settings import Settings, database_url

from ..conftest import NO_TLS, PUBLISHED_AT, key
from ..people import accounts, add_token, add_user
from ..site import quick_hash

PASSWORD = "sehr-geheim-1"


@pytest.fixture(scope="module")
def hashed():
    return quick_hash(PASSWORD)


@pytest.fixture
def people(database, hashed):
    found = UserRepository(database.engine)
    grant = NewAccount("王主管", Role.SUPERVISOR, "9901", "test", PUBLISHED_AT)
    add_user(database.engine, grant, password_hash=hashed)
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


def test_set_password_ends_earlier_sessions(client, people, database, hashed):
    _sign_in(client)
    assert client.get("/v1/session").status_code == 200
    with accounts(database.engine) as found:
        found.set_password("王主管", hashed)
    assert client.get("/v1/session").status_code == 401


def test_disable_user_ends_sessions(client, people, database):
    _sign_in(client)
    with accounts(database.engine) as found:
        found.disable_user("王主管", PUBLISHED_AT)
    assert client.get("/v1/session").status_code == 401
    client.cookies.clear()
    assert _sign_in(client).status_code == 401


def test_sign_out_ends_the_session_for_a_copied_cookie_too(client, people):
    csrf = _sign_in(client).json()["csrf"]
    copied = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    assert (
        httpx.get(f"{client.base_url}/v1/session", headers=copied, verify=NO_TLS).status_code == 200
    )
    client.request("DELETE", "/v1/session", headers={"X-CSRF-Token": csrf})
    assert (
        httpx.get(f"{client.base_url}/v1/session", headers=copied, verify=NO_TLS).status_code == 401
    )


def test_password_checks_beyond_the_queue_are_refused(monkeypatch):
    monkeypatch.setattr("serving.auth.hashing_queue.MOST_WAITING", 1)

    async def ask():
        waiting = HashingQueue()
        async with anyio.create_task_group() as group:
            go = threading.Event()
            group.start_soon(waiting.run, lambda: go.wait(10))
            await anyio.lowlevel.checkpoint()
            for _ in range(2):
                with pytest.raises(TooManyRequests) as refused:
                    await waiting.run(int)
                assert refused.value.retry_after() == 5
            go.set()
        assert [await waiting.run(int) for _ in range(3)] == [0, 0, 0]
        assert waiting._waiting == 0

    anyio.run(ask)


def test_session_secrets_are_not_stored(client, people, database):
    _sign_in(client)
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM sessions").all()
    assert len(rows) == 1
    assert client.cookies[COOKIE] not in repr(rows)


def test_change_of_the_own_password_needs_the_old_one_and_ends_other_sessions(client, people):
    _sign_in(client)
    elsewhere = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    client.cookies.clear()
    headers = {"X-CSRF-Token": _sign_in(client).json()["csrf"]}

    def change(old, new):
        body = {"old": old, "new": new}
        return client.put("/v1/session/password", json=body, headers=headers)

    wrong = change("falsch-falsch", "noch-geheimer-2")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "password_wrong")
    weak = change(PASSWORD, "qwertyuiop")
    assert (weak.status_code, weak.json()["code"]) == (422, "password_too_common")
    assert change(PASSWORD, "noch-geheimer-2").status_code == 204
    assert client.get("/v1/session").status_code == 200
    assert (
        httpx.get(f"{client.base_url}/v1/session", headers=elsewhere, verify=NO_TLS).status_code
        == 401
    )
    client.cookies.clear()
    assert _sign_in(client).status_code == 401
    assert _sign_in(client, "noch-geheimer-2").status_code == 200


def test_token_has_no_password_to_change(client, token):
    body = {"old": "x", "new": "noch-geheimer-2"}
    answer = client.put("/v1/session/password", json=body, headers=token("admin"))
    assert (answer.status_code, answer.json()["code"]) == (403, "password_wrong")


def test_sign_ins_and_outs_are_in_the_audit_log(client, people, database):
    _sign_in(client, "falsch-falsch")
    client.post("/v1/session", json={"name": "my password 1", "password": "x"})
    csrf = _sign_in(client).json()["csrf"]
    client.request("DELETE", "/v1/session", headers={"X-CSRF-Token": csrf})
    with database.engine.connect() as connection:
        query = "SELECT action, who, region, status FROM audit ORDER BY id"
        rows = [tuple(row) for row in connection.exec_driver_sql(query)]
    assert rows == [
        ("sign_in", "王主管", "9901", 401),
        ("sign_in", "", "", 401),
        ("sign_in", "王主管", "9901", 200),
        ("sign_out", "王主管", "9901", 204),
    ]


def test_sign_in_takes_full_width_letters_for_plain_ones(client, database, hashed):
    account = NewAccount("wang wu", Role.INSPECTOR, "", "test", PUBLISHED_AT)
    add_user(database.engine, account, password_hash=hashed)
    answer = client.post("/v1/session", json={"name": "ｗａｎｇ wu", "password": PASSWORD})
    assert answer.json()["name"] == "wang wu"


def test_many_sign_ins_do_not_hold_up_reads(client, people, monkeypatch):
    began, go = threading.Semaphore(0), threading.Event()

    def slow(hashed, password):
        began.release()
        go.wait(10)
        return False

    monkeypatch.setattr("serving.users.sign_in.is_password", slow)
    names = [f"user {number}" for number in range(6)]

    def attempt(name):
        body = {"name": name, "password": "x"}
        return httpx.post(f"{client.base_url}/v1/session", json=body, verify=NO_TLS).status_code

    with ThreadPoolExecutor(len(names)) as pool:
        asked = [pool.submit(attempt, name) for name in names]
        assert began.acquire(timeout=10)
        assert began.acquire(timeout=10)
        assert client.get("/healthz").status_code == 200
        assert not began.acquire(timeout=0.05)
        go.set()
        statuses = [one.result() for one in asked]
    assert statuses == [401] * 6


def test_add_user_refuses_a_taken_name(people, database, hashed):
    grant = NewAccount("王主管", Role.ADMIN, "", "test", PUBLISHED_AT)
    with pytest.raises(NameTaken):
        add_user(database.engine, grant, password_hash=hashed)
    with pytest.raises(NameUnknown), accounts(database.engine) as found:
        found.revoke_token("none", PUBLISHED_AT)


def test_hash_password_checks_the_length():
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert is_password(hashed, PASSWORD)
    assert not is_password(hashed, "other")
    assert not is_password(None, PASSWORD)
    for password in ("short", "x" * 201):
        with pytest.raises(PasswordTooShort):
            hash_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "Password123",
        "1234567890",
        "woaini1314",
        "ababababab",
        "ｑｗｅｒｔｙｕｉｏｐ",
        "zhangsan2025",
    ],
)
def test_hash_password_refuses_common_passwords_and_the_name(password):
    with pytest.raises(PasswordTooCommon):
        hash_password(password, "ZhangSan")


def test_hash_password_admits_five_characters_besides_the_name():
    assert hash_password("zhangsan20257", "ZhangSan")


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        (" 王 主管 ", "王 主管"),
        ("ｗａｎｇ", "wang"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("José", "José"),
    ],
)
def test_clean_name_returns_the_stored_form(name, cleaned):
    assert clean_name(name) == cleaned


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "x" * 101,
        "ad\u200bmin",
        "\u0430dmin",
        "admin\x00",
        "ad\u202emin",
        "a\nb",
        "\ud800",
        "ɑdmin",
        "王ι",
    ],
)
def test_clean_name_refuses_what_hides_or_looks_like_another(name):
    with pytest.raises(NameInvalid):
        clean_name(name)


@pytest.mark.parametrize("name", ["王主管", "王主管\u200b", "王 主管 "])
def test_add_user_refuses_names_that_look_like_another(people, database, hashed, name):
    account = NewAccount(name.replace(" ", ""), Role.ADMIN, "", "test", PUBLISHED_AT)
    with pytest.raises(NameTaken):
        add_user(database.engine, account, password_hash=hashed)


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
    last = run("users", "revoke", "li")
    assert (last.returncode, last.stderr.count("\n")) == (1, 1)
    second = run("users", "add", "hu", "--role", "admin", input="geheim-geheim\n")
    assert second.returncode == 0
    assert run("users", "revoke", "li").returncode == 0
    assert run("users", "enable", "li").returncode == 0
    with Database(database_url) as database, database.engine.connect() as connection:
        query = "SELECT method, action, subject FROM audit ORDER BY id"
        rows = [tuple(row) for row in connection.exec_driver_sql(query)]
    assert rows == [
        ("CLI", "manage_people", subject)
        for subject in (
            *("tokens add case system 99", "tokens revoke case", "users add li admin *"),
            *("users add hu admin *", "users revoke li", "users enable li"),
        )
    ]


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
        add_token(database.engine, grant)
        assert freshness.current() != before
        freshness.close()
