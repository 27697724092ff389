"""The second factor: codes, their replay, set-up, recovery, reset and the setting."""

from __future__ import annotations

import base64
import datetime as dt
import re
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import select

from risk.workspace import Workspace
from serving.app import create_app
from serving.audit.repository import list_audit_entries
from serving.auth.principal import OFFICE, Principal
from serving.auth.repository import NameUnknown, NewAccount, UserRepository
from serving.auth.roles import Role
from serving.auth.second_factors import (
    MOST_FAILURES,
    PAUSE,
    Outcome,
    SecondFactors,
    SecondFactorUnreadable,
    confirm,
    new_recovery_codes,
)
from serving.auth.sessions import COOKIE
from serving.auth.totp import SECONDS, code_of, enrolment_uri, matching_step, new_secret, step_at
from serving.backup.service import written_files
from serving.clock import now
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.db.tables import RECOVERY_CODES, SECOND_FACTORS
from serving.settings import SessionSettings, Settings
from serving.users.qr_code import as_svg, as_text

from ..conftest import NO_TLS, PUBLISHED_AT, served
from ..people import accounts, add_user
from ..site import quick_hash

PASSWORD = "sehr-geheim-1"
AT = dt.datetime(2025, 6, 2, 9, 0, 15, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=SECONDS)
HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds, code):
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert code_of(secret, seconds // SECONDS, digits=8) == code
    assert code_of(secret, seconds // SECONDS) == code[2:]


def test_codes_of_one_step_before_and_after_are_accepted():
    secret = new_secret()
    present = step_at(AT)
    found = [matching_step(secret, code_of(secret, present + k), AT) for k in (-2, -1, 0, 1, 2)]
    assert found == [None, present - 1, present, present + 1, None]
    assert enrolment_uri("ABC", "王 主管").endswith("?secret=ABC&issuer=Wagewatch")


def test_qr_codes_are_drawn_without_anything_from_elsewhere():
    """Version 7 (45 modules) with a border of 4."""
    address = enrolment_uri("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "王主管")
    svg = as_svg(address)
    assert svg.startswith('<svg width="212" height="212">')
    assert "ABCD" not in svg
    # The policy of pages allows no style attributes, and no other host.
    assert not re.search(r"style=|http|script|href|<image", svg)
    lines = as_text(address).splitlines()
    assert {len(line) for line in lines} == {53}
    assert set("".join(lines)) == set(" ▀▄█")


@pytest.fixture(scope="module")
def hashed():
    return quick_hash(PASSWORD)


@pytest.fixture
def user(database, hashed):
    account = NewAccount("管", Role.ADMIN, "", "test", PUBLISHED_AT)
    add_user(database.engine, account, password_hash=hashed)
    return UserRepository(database.engine).user_by(name="管")


@pytest.fixture
def factors():
    return SecondFactors("a key")


@pytest.fixture
def enrolled(database, user, factors):
    """The secret and the recovery codes of the user."""
    secret = new_secret()
    with writing(database.engine).begin() as connection:
        factors.store(connection, user.id, secret, None)
        confirm(connection, user.id, PUBLISHED_AT)
        return secret, new_recovery_codes(connection, user.id)


@pytest.fixture
def check(database, user, factors):
    def checked(code, at=AT):
        with writing(database.engine).begin() as connection:
            return factors.check(connection, user.id, code, at)

    return checked


def test_a_code_is_accepted_once_and_none_before_it(enrolled, check):
    secret, _ = enrolled
    codes = [code_of(secret, step_at(AT) + k) for k in (-1, 0, 1)]
    assert check(f"{codes[1][:3]} {codes[1][3:]}") is Outcome.ACCEPTED
    assert check(codes[1]) is Outcome.WRONG
    assert check(codes[0]) is Outcome.WRONG
    assert check(codes[2]) is Outcome.ACCEPTED


def test_codes_pause_after_five_wrong_ones_and_recovery_codes_do_not(enrolled, check):
    secret, recovery = enrolled
    right = code_of(secret, step_at(AT))
    wrong = str((int(right) + 1) % 10**6).zfill(6)
    assert wrong not in {code_of(secret, step_at(AT) + k) for k in (-1, 1)}
    assert [check(wrong) for _ in range(MOST_FAILURES)] == [Outcome.WRONG] * 5
    assert check(right) is Outcome.PAUSED
    assert check(recovery[0].upper()) is Outcome.RECOVERED
    assert check(recovery[0]) is Outcome.WRONG
    later = AT + PAUSE
    assert check(code_of(secret, step_at(later)), later - STEP / 2) is Outcome.PAUSED
    assert check(code_of(secret, step_at(later)), later) is Outcome.ACCEPTED


@pytest.mark.parametrize("back", [dt.timedelta(hours=1), dt.timedelta(days=1)])
def test_a_clock_that_goes_back_accepts_no_used_code_and_a_recovery_code(enrolled, check, back):
    secret, recovery = enrolled
    assert check(code_of(secret, step_at(AT))) is Outcome.ACCEPTED
    earlier = AT - back
    assert check(code_of(secret, step_at(earlier)), earlier) is Outcome.WRONG
    assert check(recovery[3], earlier) is Outcome.RECOVERED


def test_the_database_holds_neither_secret_nor_recovery_codes(database, user, enrolled, check):
    secret, recovery = enrolled
    with database.engine.connect() as connection:
        rows = connection.execute(select(SECOND_FACTORS)).all()
        hashes = connection.execute(select(RECOVERY_CODES.c.code_hash)).scalars().all()
    assert len(rows) == 1
    assert secret not in repr(rows)
    assert len(hashes) == len(recovery) == 8
    assert not any(code.replace("-", "") in repr(hashes) for code in recovery)
    with (
        writing(database.engine).begin() as connection,
        pytest.raises(SecondFactorUnreadable, match=r"second-factor\.key"),
    ):
        SecondFactors("another key").check(connection, user.id, "123456", AT)


def test_the_key_is_in_no_backup(tmp_path):
    workspace = Workspace(tmp_path)
    (tmp_path / "second-factor.key").write_text("x")
    (tmp_path / "wagewatch.toml").write_text("")
    assert [str(path) for path in written_files(workspace)] == ["wagewatch.toml"]


@contextmanager
def office(database, setting="optional"):
    settings = Settings(sessions=SessionSettings(second_factor=setting))
    with (
        served(create_app(settings, database, factor_key="a key")) as url,
        httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as client,
    ):
        yield client


def sign_in(client, **more):
    answer = client.post("/v1/session", json={"name": "管", "password": PASSWORD, **more})
    if answer.status_code == 200:
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


def shown_key(page):
    return re.search(r"<code>([A-Z2-7 ]{39})</code>", page.text)[1].replace(" ", "")


def shown_codes(page):
    return re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", page.text)


def fresh(secret, ahead=0):
    return code_of(secret, step_at(now()) + ahead)


def set_up(client):
    page = client.post("/second-factor", data={"does": "begin"})
    secret = shown_key(page)
    assert as_svg(enrolment_uri(secret, "管")) in page.text
    page = client.post("/second-factor", data={"does": "confirm", "code": fresh(secret, -1)})
    return secret, shown_codes(page)


def actions(database):
    entries = list_audit_entries(database.engine, OFFICE, PageRequest(50)).items
    return [(entry.action, entry.status) for entry in reversed(entries)]


def test_set_up_on_the_page_then_sign_in_with_a_code(database, user):
    with office(database) as client:
        sign_in(client)
        secret, recovery = set_up(client)
        assert len(recovery) == 8
        client.cookies.clear()
        answer = sign_in(client)
        assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_needed")
        used = sign_in(client, code=fresh(secret, -1))
        assert (used.status_code, used.json()["code"]) == (401, "code_wrong")
        assert sign_in(client, code=fresh(secret)).status_code == 200
        client.cookies.clear()
        assert sign_in(client, code=recovery[0]).status_code == 200
        client.cookies.clear()
        assert sign_in(client, code=recovery[0]).status_code == 401
        wrong = client.post("/v1/session", json={"name": "管", "password": "x", "code": "1"})
        assert wrong.json()["code"] == "sign_in_failed"
    assert actions(database) == [
        *(("sign_in", 200), ("enrol_second_factor", 200), ("second_factor", 401)),
        *(("second_factor", 401), ("sign_in", 200), ("recovery_code", 200), ("sign_in", 200)),
        *(("second_factor", 401), ("sign_in", 401)),
    ]


def test_the_sign_in_page_asks_for_the_code_after_the_password(database, user, enrolled):
    secret, _ = enrolled
    with office(database) as client:
        page = client.post("/sign-in", data={"name": "管", "password": PASSWORD, "next": "/map"})
        assert page.status_code == 200
        assert PASSWORD not in page.text
        assert not client.cookies
        proof = re.search(r'name="proof" value="([^"]+)"', page.text)[1]
        form = {"proof": proof, "next": "/map"}
        wrong = client.post("/sign-in", data={**form, "code": "000000"})
        assert wrong.status_code == 401
        assert f'value="{proof}"' in wrong.text
        forged = client.post("/sign-in", data={**form, "proof": proof[:-2], "code": fresh(secret)})
        assert forged.status_code == 401
        done = client.post("/sign-in", data={**form, "code": fresh(secret)})
        assert (done.status_code, done.headers["location"]) == (303, "/map")
        assert client.get("/v1/session").json()["name"] == "管"


def test_an_admin_without_a_second_factor_may_only_set_one_up(database, user):
    with office(database, "admins") as client:
        session = sign_in(client).json()
        assert session["actions"] == []
        refused = client.get("/v1/watchlists")
        assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")
        page = client.get("/watchlist", headers=HTML)
        assert (page.status_code, page.headers["location"]) == (303, "/second-factor")
        form = {"does": "add_user", "name": "b", "role": "admin", "password": "long enough 1"}
        assert client.post("/supervision/people", data=form).status_code == 403
        set_up(client)
        assert client.get("/v1/watchlists").status_code == 200
        client.headers["X-CSRF-Token"] = client.get("/v1/session").json()["csrf"]
        kept = client.post("/second-factor", data={"does": "remove", "code": "000000"})
        assert "不能停用" in kept.text
    assert "remove_second_factor" not in dict(actions(database))


@pytest.mark.parametrize(("setting", "status"), [("admins", 200), ("everyone", 403)])
def test_other_roles_need_one_only_where_everyone_does(database, hashed, setting, status):
    account = NewAccount("管", Role.SUPERVISOR, "", "test", PUBLISHED_AT)
    add_user(database.engine, account, password_hash=hashed)
    with office(database, setting) as client:
        sign_in(client)
        assert client.get("/v1/watchlists").status_code == status


def test_the_owner_removes_it_with_a_code_and_other_sessions_end(database, user):
    with office(database) as client:
        sign_in(client)
        secret, recovery = set_up(client)
        client.headers["X-CSRF-Token"] = client.get("/v1/session").json()["csrf"]
        before = client.cookies[COOKIE]
        client.post("/second-factor", data={"does": "remove", "code": fresh(secret, -1)})
        assert client.cookies[COOKIE] == before, "a used code changes nothing"
        client.post("/second-factor", data={"does": "remove", "code": recovery[0]})
        assert client.cookies[COOKIE] != before
        client.cookies.clear()
        assert sign_in(client).status_code == 200
    assert ("remove_second_factor", 200) in actions(database)


def test_an_administrator_of_the_region_removes_it_and_no_other(database, user, enrolled):
    elsewhere = Principal("user:9", "x", Role.ADMIN, "9901")
    for by, name in ((elsewhere, "管"), (OFFICE, "nobody")):
        with pytest.raises(NameUnknown), accounts(database.engine, by) as found:
            found.remove_second_factor(name)
    with office(database) as client:
        assert sign_in(client).json()["code"] == "second_factor_needed"
        with accounts(database.engine, OFFICE) as found:
            found.remove_second_factor("管")
        assert sign_in(client).status_code == 200


def test_the_command_sets_one_up_and_removes_it(database, user, wagewatch, workspace):
    unknown = wagewatch("users", "second-factor", "nobody")
    assert (unknown.returncode, "nobody" in unknown.stderr) == (1, True)
    lines = wagewatch("users", "second-factor", "管").stdout.splitlines()
    secret, uri, recovery = lines[0].replace(" ", ""), lines[1], lines[2:]
    assert f"secret={secret}" in uri
    assert len(recovery) == 8
    key_file = workspace.root / "second-factor.key"
    assert key_file.stat().st_mode & 0o777 == 0o600
    found = SecondFactors(key_file.read_text())
    with writing(database.engine).begin() as connection:
        code = code_of(secret, step_at(AT))
        assert found.check(connection, user.id, code, AT) is Outcome.ACCEPTED
    assert wagewatch("users", "second-factor", "管", "--remove").returncode == 0
    assert wagewatch("users", "second-factor", "管", "--remove").returncode == 1
    written = [entry for entry in actions(database) if entry[0] == "manage_people"]
    assert len(written) == 2
