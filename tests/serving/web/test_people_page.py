"""The administration page of users and tokens."""

from __future__ import annotations

import re
from contextlib import closing

import httpx
import pytest

from risk.locale import text
from serving.app import create_app
from serving.audit.command_entry import command_entry
from serving.audit.repository import write_audit_entries
from serving.auth.repository import UserRepository
from serving.auth.roles import Permission, Role
from serving.clock import now
from serving.matters.sync import rule_audit_entry
from serving.settings import Settings

from ..conftest import NO_TLS, served
from ..site import add_user, signed_in

USER = {"does": "add_user", "name": "新用户", "role": "inspector", "password": "long enough 1"}
TOKEN = {"does": "add_token", "name": "case-system", "role": "system"}


@pytest.fixture
def users(database):
    return UserRepository(database.engine)


@pytest.fixture
def app_url(database, users):
    add_user(database, "admin", Role.ADMIN)
    add_user(database, "county", Role.ADMIN, "990101")
    with served(create_app(Settings(), database)) as url:
        yield url


@pytest.fixture
def admin(app_url):
    with closing(signed_in(app_url, "admin")) as client:
        yield client


def _post(client: httpx.Client, form: dict[str, str], language: str = "zh") -> str:
    client.cookies.set("wagewatch_language", language)
    response = client.post("/supervision/people", data=form)
    assert response.status_code == 200
    return response.text


def test_people_page_adds_and_ends_users_and_tokens(admin, users):
    refused = text("pages.people_page.refused", "zh")
    assert refused not in _post(admin, {**USER, "region": "990101"})
    assert "ww_" in _post(admin, TOKEN)
    assert users.region_of("新用户") == "990101"
    _post(admin, {"does": "disable", "name": "新用户"})
    _post(admin, {"does": "revoke", "name": "case-system"})
    ended = [user.name for user in users.users() if user.disabled_at]
    assert ended == ["新用户"]
    assert [token.name for token in users.tokens() if token.revoked_at] == ["case-system"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("change", "code", "fields"),
    [
        ({"region": "99x"}, "region_invalid", {"found": "99x"}),
        ({"role": "king"}, "role_unknown", {"found": "king", "allowed": ", ".join(Role)}),
        ({"name": ""}, "name_invalid", {"found": "", "most": 100}),
        ({"password": "short"}, "password_too_short", {"least": 10, "most": 200}),
        ({"does": "promote"}, "form_invalid", {}),
        ({"name": "admin"}, "name_taken", {"name": "admin"}),
    ],
)
def test_people_page_names_the_wrong_value(admin, users, language, change, code, fields):
    before = users.users()
    page = _post(admin, {**USER, **change}, language)
    assert text(f"errors.{code}", language, **fields) in page
    assert text("pages.people_page.refused", language) in page
    assert users.users() == before


@pytest.mark.parametrize("days", ["0", "-1", "3651", "soon", "1.5", "9" * 40])
def test_people_page_refuses_wrong_days(admin, users, days):
    page = _post(admin, {**TOKEN, "days": days})
    assert text("errors.days_invalid", "zh", found=days, least=1, most=3650) in page
    assert users.tokens() == []


def test_people_page_limits_administrators_to_their_region(app_url, users):
    with closing(signed_in(app_url, "county")) as client:
        page = _post(client, {**USER, "region": "42"})
        everywhere = _post(client, USER)
    assert text("errors.outside_region", "zh", region="42", allowed="990101") in page
    assert text("errors.outside_region", "zh", region="*", allowed="990101") in everywhere


def test_people_page_keeps_administrators_of_a_region_from_the_rest(app_url, admin, users):
    _post(admin, {**TOKEN, "name": "county-wide"})
    before = (users.users(), users.tokens())
    with closing(signed_in(app_url, "county")) as client:
        ended = _post(client, {"does": "disable", "name": "admin"})
        revoked = _post(client, {"does": "revoke", "name": "county-wide"})
    assert text("pages.failures.name_unknown", "zh", name="admin") in ended
    assert text("pages.failures.name_unknown", "zh", name="county-wide") in revoked
    assert (users.users(), users.tokens()) == before


def test_people_page_enables_again(admin, users):
    _post(admin, {**USER, "region": "990101"})
    _post(admin, {"does": "disable", "name": "新用户"})
    assert users.user_by(name="新用户") is None
    _post(admin, {"does": "enable", "name": "新用户"})
    assert users.user_by(name="新用户") is not None


def test_people_page_refuses_to_disable_the_last_administrator(admin, users):
    page = _post(admin, {"does": "disable", "name": "admin"})
    assert text("errors.last_admin", "zh", name="admin") in page
    assert users.user_by(name="admin") is not None
    _post(admin, {**USER, "name": "second", "role": "admin"})
    _post(admin, {"does": "disable", "name": "second"})
    assert users.user_by(name="second") is None


def test_people_page_says_in_the_audit_log_what_it_did_to_whom(admin, database):
    _post(admin, {**USER, "region": "990101"})
    _post(admin, {"does": "disable", "name": "新用户"})
    with database.engine.connect() as connection:
        query = "SELECT subject FROM audit WHERE action = 'manage_people' ORDER BY id"
        subjects = list(connection.exec_driver_sql(query).scalars())
    assert subjects == [
        "/supervision/people#add user 新用户 inspector 990101",
        "/supervision/people#disable user 新用户",
    ]


def test_a_refused_form_keeps_what_was_typed_and_says_why_beside_the_field(admin):
    page = _post(admin, {**USER, "region": "99x", "role": "briefer"})
    beside = text("errors.region_invalid", "zh", found="99x")
    assert f'<span id="user-region-wrong" class="wrong">{beside}</span>' in page
    assert 'aria-describedby="user-region-wrong"' in page
    assert 'value="新用户"' in page
    assert '<option value="briefer" selected>' in page
    assert USER["password"] not in page


def test_a_wrong_password_keeps_the_user_name(app_url):
    answer = httpx.post(
        f"{app_url}/sign-in", data={"name": "王某", "password": "wrong"}, verify=NO_TLS
    )
    assert answer.status_code == 401
    assert 'value="王某"' in answer.text
    assert "wrong" not in re.findall(r'id="password"[^>]*>', answer.text)[0]


def test_pages_of_errors_speak_to_people(app_url, database):
    add_user(database, "inspector", Role.INSPECTOR)
    with closing(signed_in(app_url, "inspector")) as client:
        missing = client.get("/nowhere", headers={"Accept": "text/html"})
        refused = client.get("/supervision/audit", headers={"Accept": "text/html"})
        client.cookies.set("wagewatch_language", "en")
        english = client.get("/supervision/audit", headers={"Accept": "text/html"})
    assert (missing.status_code, refused.status_code) == (404, 403)
    assert text("pages.failures.not_found", "zh") in missing.text
    assert text("pages.failures.not_allowed", "zh") in refused.text
    assert 'href="/help/reference/errors/#not_allowed"' in english.text
    for page in (missing.text, refused.text):
        assert "/docs" not in page
        assert "read_audit" not in page


def test_the_audit_page_shows_commands_and_rules(admin, database):
    add = [
        command_entry(Permission.IMPORT_FILES, "import 3 files 0 failed", "李"),
        rule_audit_entry("escalate_matter", "matters/case:A?level=1", "990101", now()),
    ]
    write_audit_entries(database.engine, add)
    page = admin.get("/supervision/audit")
    assert page.status_code == 200
    assert "李" in page.text
    assert "导入了账册" in page.text
    assert "上报了一件超期事项" in page.text
    assert "import_files" not in page.text


def test_pages_show_the_real_names_of_users(admin, database, users):
    added = _post(admin, {**USER, "name": "wang", "real_name": " 王 某 "})
    assert 'value="王 某"' in added
    assert "新增用户：wang" in admin.get("/supervision/audit").text
    page = _post(admin, {"does": "name_user", "name": "admin", "real_name": "赵某"})
    assert [one.real_name for one in users.users()] == ["赵某", None, "王 某"]
    assert "<b>赵某</b>" in admin.get("/supervision/audit").text
    assert "赵某 · 管理员" in page
    assert "修改用户姓名：admin" in admin.get("/supervision/audit").text
    refused = _post(admin, {"does": "name_user", "name": "wang", "real_name": "王\u200b某"})
    assert "形似的字符" in refused
    _post(admin, {"does": "name_user", "name": "admin", "real_name": " "})
    assert [one.real_name for one in users.users()] == [None, None, "王 某"]
    assert "<b>admin</b>" in admin.get("/supervision/audit").text


def test_administrators_of_a_region_name_no_users_outside_it(app_url, database, users):
    with closing(signed_in(app_url, "county")) as client:
        page = _post(client, {"does": "name_user", "name": "admin", "real_name": "某"})
        assert text("pages.failures.name_unknown", "zh", name="admin") in page
    assert {one.real_name for one in users.users()} == {None}
