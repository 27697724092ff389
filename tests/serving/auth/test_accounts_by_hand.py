"""Users, tokens, names and regions: each value and each edge, without a server."""

from __future__ import annotations

import base64
import datetime as dt
import re
from dataclasses import replace

import anyio
import pytest
from sqlalchemy import insert, literal, select

from serving.auth import names, passwords, project_regions
from serving.auth.accounts import LastAdmin
from serving.auth.hashing_queue import HashingQueue
from serving.auth.jurisdiction import covers, overlaps, require_covers, touches, within
from serving.auth.names import NameInvalid, clean_name, look_of
from serving.auth.passwords import PasswordTooCommon, PasswordTooShort, hash_password, is_password
from serving.auth.principal import NotAllowed, OutsideRegion, Principal, SecondFactorRequired
from serving.auth.project_regions import (
    ProjectUnknown,
    own_region,
    region_of,
    region_of_all,
    regions_of,
    save_regions,
)
from serving.auth.rate_limit import TooManyRequests
from serving.auth.repository import (
    NameTaken,
    NameUnknown,
    NewAccount,
    UserRepository,
    real_names,
    store_password,
)
from serving.auth.roles import Permission, Role
from serving.auth.second_factors import (
    MOST_FAILURES,
    PAUSE,
    Outcome,
    SecondFactors,
    confirm,
    end_sessions,
    grouped,
    has_second_factor,
    new_recovery_codes,
    remove,
    users_with_second_factor,
)
from serving.auth.secrets import token_hash
from serving.auth.sessions import SessionLimits, SessionRepository
from serving.auth.sign_in_limits import SignInLimits
from serving.auth.totp import code_of, new_secret, step_at
from serving.db.engine import writing
from serving.db.tables import PLACES, SECOND_FACTORS, USERS

from ..people import accounts, add_token, add_user

AT = dt.datetime(2025, 6, 2, 9, 0, 15, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
HERE = Principal("u", "李", Role.ADMIN, "9901")


def account(name, role=Role.INSPECTOR, region=""):
    return NewAccount(name, role, region, "建账人", AT)


def user(database, name):
    return next(one for one in UserRepository(database.engine).users() if one.name == name)


def test_each_change_of_access_raises_the_stamp_by_one(database):
    """A stamp never comes back, so a session that has ended stays ended."""
    engine = database.engine
    add_user(engine, account("王"), password_hash="x")
    stamps = [user(database, "王").stamp]

    def change(name, *values):
        with accounts(engine) as found:
            getattr(found, name)("王", *values)
        stamps.append(user(database, "王").stamp)

    change("set_password", "y")
    change("disable_user", AT)
    change("enable_user")
    change("set_second_factor", SecondFactors("k"), new_secret(), AT)
    change("remove_second_factor")
    change("set_real_name", "王五")  # no change of access
    with writing(engine).begin() as connection:
        end_sessions(connection, user(database, "王").id)
    with writing(engine).begin() as connection:
        own = store_password(connection, UserRepository(engine).user_by(name="王"), "z")
    stamps += [own.stamp, user(database, "王").stamp]
    assert stamps == [1, 2, 3, 4, 5, 6, 6, 8, 8]
    assert (own.password_hash, user(database, "王").password_hash) == ("z", "z")


def test_only_an_unchanged_active_user_changes_the_own_password(database):
    engine = database.engine
    for name in ("王", "张"):
        add_user(engine, account(name), password_hash="x")
    before = user(database, "王")
    with accounts(engine) as found:
        found.set_password("王", "new")
    with writing(engine).begin() as connection, pytest.raises(NameUnknown):
        store_password(connection, before, "z")
    with accounts(engine) as found:
        found.disable_user("王", AT)
    with writing(engine).begin() as connection, pytest.raises(NameUnknown):
        store_password(connection, user(database, "王"), "z")
    assert [user(database, name).password_hash for name in ("王", "张")] == ["new", "x"]


def test_the_owner_of_a_token_is_the_person_who_made_it(database):
    engine = database.engine
    add_token(engine, account("a"))
    add_token(engine, account("b"), owner="张")
    through = Principal("t", "脚本", Role.ADMIN, owner="孙")
    for name, by in (("c", Principal("u", "李", Role.ADMIN)), ("d", through)):
        with accounts(engine, by) as found:
            found.add_token(account(name))
    owners = {one.name: one.owner for one in UserRepository(engine).tokens()}
    assert owners == {"a": "建账人", "b": "张", "c": "李", "d": "孙"}


def test_a_token_is_found_by_its_secret_with_its_scopes(database):
    engine = database.engine
    users = UserRepository(engine)
    assert not users.has_any()
    secret = add_token(engine, account("a"), scopes=[Permission.WRITE_NOTES], expires_at=AT)
    add_token(engine, account("b"))
    assert users.has_any()
    found = users.token_by_secret(secret)
    assert (found.name, found.scopes, found.expires_at) == ("a", (Permission.WRITE_NOTES,), AT)
    assert users.token_by_secret(secret + "x") is None
    assert [one.scopes for one in users.tokens()] == [(Permission.WRITE_NOTES,), None]
    assert found.principal().scopes == {Permission.WRITE_NOTES}


def test_users_are_found_as_they_typed_their_name(database):
    engine = database.engine
    users = UserRepository(engine)
    add_user(engine, account("wang", region="9901"), password_hash="x")
    assert users.has_any()
    assert users.user_to_sign_in(" ｗａｎｇ ").name == "wang"
    assert users.user_to_sign_in("zhang") is None
    assert users.user_by(name="wang", region="9902") is None
    real = replace(account("li", region="9902"), real_name="李明")
    add_user(engine, real, password_hash="x")
    assert users.region_of("wang") == "9901"
    assert real_names(engine) == {"li": "李明"}
    with accounts(engine) as found:
        found.disable_user("wang", AT)
    assert users.user_to_sign_in("wang") is None
    for name in ("wang", "zhang"):
        with pytest.raises(NameUnknown):
            users.region_of(name)


def test_the_last_administrator_of_all_regions_stays(database):
    engine = database.engine
    for name, role, region in (
        ("甲", Role.ADMIN, ""), ("乙", Role.ADMIN, ""), ("丙", Role.ADMIN, "9901"),
        ("丁", Role.SUPERVISOR, ""),
    ):  # fmt: skip
        add_user(engine, account(name, role, region), password_hash="x")

    def disable(name):
        with accounts(engine) as found:
            found.disable_user(name, AT)

    disable("甲")
    with pytest.raises(LastAdmin):
        disable("乙")
    disable("丁")
    assert [one.name for one in UserRepository(engine).users() if one.disabled_at] == ["丁", "甲"]
    with accounts(engine) as found:
        found.enable_user("甲")
    disable("乙")
    with pytest.raises(NameUnknown):
        disable("乙")
    with accounts(engine) as found, pytest.raises(NameUnknown):
        found.enable_user("甲")


def test_an_administrator_changes_people_of_the_own_region(database):
    engine = database.engine
    for name, region in (("近", "990102"), ("远", "420301"), ("全", "")):
        add_user(engine, account(name, region=region), password_hash="x")
    for name, is_here in (("近", True), ("远", False), ("全", False)):
        for change, values in (
            ("set_password", ("y",)), ("set_real_name", ("某",)),
            ("set_second_factor", (SecondFactors("k"), new_secret(), AT)),
        ):  # fmt: skip
            with accounts(engine, HERE) as found:
                if is_here:
                    getattr(found, change)(name, *values)
                else:
                    with pytest.raises(NameUnknown):
                        getattr(found, change)(name, *values)
    assert [user(database, name).password_hash for name in ("近", "远", "全")] == ["y", "x", "x"]
    with accounts(engine, HERE) as found, pytest.raises(NameUnknown):
        found.remove_second_factor("远")


def test_a_disabled_user_is_given_no_second_factor_and_keeps_the_one_there_is(database):
    engine = database.engine
    for name in ("王", "张"):
        add_user(engine, account(name), password_hash="x")
    with accounts(engine) as found:
        found.set_second_factor("王", SecondFactors("k"), new_secret(), AT)
        for name in ("王", "张"):
            found.disable_user(name, AT)
    with accounts(engine) as found:
        with pytest.raises(NameUnknown):
            found.set_second_factor("张", SecondFactors("k"), new_secret(), AT)
        with pytest.raises(NameUnknown):
            found.remove_second_factor("王")
    with engine.connect() as connection:
        assert users_with_second_factor(connection) == {user(database, "王").id}


def test_a_revoked_token_is_revoked_once_and_no_other_with_it(database):
    engine = database.engine
    for name in ("a", "b"):
        add_token(engine, account(name))
    with accounts(engine) as found:
        found.revoke_token("a", AT)
        with pytest.raises(NameUnknown):
            found.revoke_token("a", AT + SECOND)
    revoked = {one.name: one.revoked_at for one in UserRepository(engine).tokens()}
    assert revoked == {"a": AT, "b": None}


def test_two_passwords_are_hashed_at_the_same_time_and_forty_wait():
    """Each takes 64 MB; the forty-first is asked to come again."""
    slots = [passwords._SLOTS.acquire(blocking=False) for _ in range(3)]
    for taken in slots:
        if taken:
            passwords._SLOTS.release()
    assert slots == [True, True, False]

    async def ask(waiting):
        queue = HashingQueue()
        queue._waiting = waiting
        return queue._limiter.total_tokens, await queue.run(lambda: "answer")

    assert anyio.run(ask, 39) == (2, "answer")
    with pytest.raises(TooManyRequests):
        anyio.run(ask, 40)


def test_names_and_subjects_are_taken_once(database):
    engine = database.engine
    add_user(engine, account("王"), subject="s")
    for name, subject in (("王", None), ("张", "s")):
        with pytest.raises(NameTaken):
            add_user(engine, account(name), subject=subject)
    add_token(engine, account("王"))
    with pytest.raises(NameTaken):
        add_token(engine, account("王"))


def test_names_have_one_to_a_hundred_characters_of_one_script():
    assert clean_name("x" * names.MAX_LENGTH) == "x" * 100
    for name in ("x" * 101, "", "王ㆍ", "a王ག", "ཀ王"):
        with pytest.raises(NameInvalid):
            clean_name(name)
    with pytest.raises(NameInvalid) as refused:
        clean_name("甲\n乙")
    assert refused.value.fields == {"found": "\\u7532\\n\\u4e59", "most": 100}
    for name in ("王a1", "7", "王 a·-_.@/:()", "བོད"):
        assert clean_name(name) == name


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Wang Wu", "wáng wu", True),
        ("admin", "adm1n", True),
        ("o0", "00", True),
        ("lı", "11", True),
        ("wang\u200b", "wang", True),
        ("wang", "wong", False),
        ("王", "玉", False),
    ],
)
def test_names_that_look_alike(one, other, alike):
    assert (look_of(one) == look_of(other)) is alike


@pytest.mark.parametrize(
    ("password", "name", "refused"),
    [
        ("a1b2c3d4e", "", PasswordTooShort),
        ("q7w2x9r4k1", "", None),
        ("x1y2z3" * 33 + "ab", "", None),
        ("x1y2z3" * 33 + "abc", "", PasswordTooShort),
        ("abcdabcdabcd", "", PasswordTooCommon),
        ("abcdeabcdeab", "", None),
        ("zhangsan2025", "ZhangSan", PasswordTooCommon),
        ("zhangsan20257", "ZhangSan", None),
        ("password123", "", PasswordTooCommon),
        ("password12345x", "password12345x", PasswordTooCommon),
    ],
)
def test_passwords_at_each_limit(monkeypatch, password, name, refused):
    class Quick:
        def hash(self, typed):
            return f"hash of {typed}"

    monkeypatch.setattr("argon2.PasswordHasher", Quick)
    if refused is None:
        assert hash_password(password, name) == f"hash of {password}"
    else:
        with pytest.raises(refused):
            hash_password(password, name)


def test_a_password_is_compared_as_typed_and_normalised(monkeypatch):
    from argon2.exceptions import VerifyMismatchError

    asked = []

    class Quick:
        def verify(self, hashed, typed):
            asked.append(typed)
            if hashed != typed:
                raise VerifyMismatchError
            return True

    monkeypatch.setattr("argon2.PasswordHasher", Quick)
    assert is_password("abc", "ａｂｃ")
    assert is_password("ａｂｃ", "ａｂｃ")
    assert not is_password("abd", "abc")
    assert not is_password(None, "abc")
    assert asked == ["abc", "abc", "ａｂｃ", "abc", "abc"]
    assert is_password("x" * 200, "x" * 201)
    assert not is_password("x" * 199, "x" * 201)
    monkeypatch.setattr(passwords, "_DUMMY_HASH", "abc")
    assert not is_password(None, "abc")


@pytest.mark.parametrize(
    ("own", "code", "covered", "touched"),
    [
        ("", "990102", True, True),
        ("9901", "990102", True, True),
        ("9901", "9901", True, True),
        ("9901", "99", False, True),
        ("9901", "", False, True),
        ("9901", "9902", False, False),
        ("9901", "9_01", False, False),
        ("99_1", "990102", False, False),
        ("", "", True, True),
    ],
)
def test_regions_cover_what_is_below_and_touch_what_is_above(database, own, code, covered, touched):
    who = Principal("u", "李", Role.INSPECTOR, own)
    assert (covers(who, code), touches(who, code)) == (covered, touched)
    column = literal(code)
    with database.engine.connect() as connection:
        found = connection.execute(select(within(column, who), overlaps(column, who))).one()
    assert tuple(map(bool, found)) == (covered, touched)
    assert not covers(who, None)


def test_a_region_outside_is_refused_by_name():
    require_covers(HERE, "990102")
    for code, shown in (("42", "42"), ("", "*")):
        with pytest.raises(OutsideRegion) as refused:
            require_covers(HERE, code)
        assert refused.value.fields == {"region": shown, "allowed": "9901"}


@pytest.mark.parametrize(
    ("changed", "has"),
    [
        ({}, True),
        ({"scopes": frozenset({Permission.WRITE_NOTES})}, True),
        ({"scopes": frozenset({Permission.READ_OUTCOMES})}, False),
        ({"scopes": frozenset()}, False),
        ({"must_enrol": True}, False),
        ({"must_enrol": True, "scopes": frozenset({Permission.WRITE_NOTES})}, False),
        ({"role": Role.AUDITOR}, False),
        ({"role": Role.AUDITOR, "scopes": frozenset({Permission.WRITE_NOTES})}, False),
        ({"role": Role.ADMIN}, True),
        ({"role": Role.ADMIN, "separated": True}, False),
    ],
)
def test_a_permission_needs_role_scope_and_second_factor(changed, has):
    who = Principal(**{"key": "u", "name": "李", "role": Role.INSPECTOR, **changed})
    assert who.has(Permission.WRITE_NOTES) is has
    expected = SecondFactorRequired if changed.get("must_enrol") else NotAllowed
    if has:
        who.require(Permission.WRITE_NOTES)
    else:
        with pytest.raises(expected):
            who.require(Permission.WRITE_NOTES)


def test_regions_of_projects_are_read_and_replaced_in_batches(database, monkeypatch):
    monkeypatch.setattr(project_regions, "_BATCH", 2)
    first = {f"P{number}": f"42030{number}" for number in range(5)}
    moved = {**first, "P0": "990102", "P3": "990103", "P4": "990104", "P5": "990105"}
    with database.engine.begin() as connection:
        save_regions(connection, first)
        assert regions_of(connection, [*first, "none"]) == first
        assert regions_of(connection, ["P3", "none"]) == {"P3": "420303"}
        save_regions(connection, moved)
        assert regions_of(connection, moved) == moved
        rows = connection.execute(select(PLACES.c.project_id)).scalars().all()
        assert sorted(rows) == sorted(moved)
        save_regions(connection, {})
        assert region_of(connection, "P3", HERE) == "990103"
        for project in ("P1", "none"):
            with pytest.raises(ProjectUnknown):
                region_of(connection, project, HERE)


@pytest.mark.parametrize(
    ("codes", "whole"),
    [
        ((), ""),
        (("420301101", "420301102"), "420301"),
        (("420301", "420302101"), "4203"),
        (("420301", "420401"), "42"),
        (("420301", "990102"), ""),
        (("4203", "420301"), "4203"),
        (("42",), "42"),
        (("4",), ""),
    ],
)
def test_the_region_of_all_projects_is_the_smallest_that_holds_them(database, codes, whole):
    with database.engine.begin() as connection:
        for number, code in enumerate(codes):
            connection.execute(insert(PLACES).values(project_id=f"P{number}", region_code=code))
        assert region_of_all(connection) == whole
        for own in ("", "42", "4203", "420301"):
            who = Principal("u", "李", Role.INSPECTOR, own)
            assert own_region(connection, who) == ("" if whole.startswith(own) else own)


def test_a_second_factor_counts_once_it_is_confirmed(database):
    engine, factors = database.engine, SecondFactors("k")
    for name in ("王", "张"):
        add_user(engine, account(name), password_hash="x")
    one, other = user(database, "王").id, user(database, "张").id
    secret = new_secret()
    with writing(engine).begin() as connection:
        factors.store(connection, one, secret, None)
        assert factors.unconfirmed(connection, one) == secret
        assert factors.unconfirmed(connection, other) is None
        assert not has_second_factor(connection, one)
        factors.store(connection, other, secret, AT)
        assert not has_second_factor(connection, one)
        assert users_with_second_factor(connection) == {other}
        confirm(connection, one, AT)
        assert factors.unconfirmed(connection, one) is None
        assert has_second_factor(connection, one)
        assert users_with_second_factor(connection) == {one, other}
        replaced = new_recovery_codes(connection, one)
        codes = [new_recovery_codes(connection, who) for who in (other, one)][::-1]
        assert factors.check(connection, one, replaced[0], AT) is Outcome.WRONG
        assert factors.check(connection, one, codes[0][1], AT) is Outcome.RECOVERED
        assert remove(connection, one)
        assert not remove(connection, one)
        assert users_with_second_factor(connection) == {other}
        # The codes of another are not those of the one.
        assert factors.check(connection, other, codes[0][0], AT) is Outcome.WRONG
        assert factors.check(connection, other, codes[1][0].upper(), AT) is Outcome.RECOVERED
        assert factors.check(connection, one, code_of(secret, step_at(AT)), AT) is Outcome.WRONG
    assert all(re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", code) for code in codes[0])
    assert len(set(codes[0])) == 8
    assert grouped("ABCDEFGHIJ") == "ABCD EFGH IJ"


def test_what_one_does_with_codes_changes_nothing_of_another(database):
    engine, factors, secret = database.engine, SecondFactors("k"), new_secret()
    for name in ("王", "张"):
        add_user(engine, account(name), password_hash="x")
    one, other = user(database, "王").id, user(database, "张").id
    with writing(engine).begin() as connection:
        for who in (one, other):
            factors.store(connection, who, secret, None)
        codes = new_recovery_codes(connection, other)
        theirs = select(SECOND_FACTORS, USERS.c.stamp).join(USERS).where(USERS.c.id == other)
        before = connection.execute(theirs).one()
        assert factors.check(connection, one, "x", AT) is Outcome.WRONG
        assert factors.check(connection, one, codes[0], AT) is Outcome.WRONG
        assert factors.check(connection, one, code_of(secret, step_at(AT)), AT) is Outcome.ACCEPTED
        confirm(connection, one, AT)
        assert connection.execute(theirs).one() == before


def test_codes_change_every_thirty_seconds_and_secrets_have_160_bits():
    at = [dt.datetime.fromtimestamp(seconds, dt.UTC) for seconds in (0, 29, 30, 59, 60)]
    assert [step_at(one) for one in at] == [0, 0, 1, 1, 2]
    assert len(base64.b32decode(new_secret())) == 20


def test_five_wrong_codes_pause_for_a_quarter_of_an_hour(database):
    engine, factors, secret = database.engine, SecondFactors("k"), new_secret()
    add_user(engine, account("王"), password_hash="x")
    one = user(database, "王").id

    def check(code, at):
        with writing(engine).begin() as connection:
            return factors.check(connection, one, code, at)

    def right(at):
        return code_of(secret, step_at(at))

    def failures():
        with engine.connect() as connection:
            return connection.execute(select(SECOND_FACTORS.c.failures)).scalar_one()

    with writing(engine).begin() as connection:
        factors.store(connection, one, secret, AT)
    assert failures() == 0
    valid = {code_of(secret, step_at(AT) + k) for k in (-1, 0, 1)}
    wrong = next(code for code in ("000000", "111111", "222222", "333333") if code not in valid)
    for attempts in range(MOST_FAILURES - 1):
        assert check(wrong, AT) is Outcome.WRONG
        assert failures() == attempts + 1
    assert check(right(AT), AT) is Outcome.ACCEPTED
    assert failures() == 0
    for _ in range(MOST_FAILURES):
        assert check(wrong, AT) is Outcome.WRONG
    assert check(right(AT + PAUSE - SECOND), AT + PAUSE - SECOND) is Outcome.PAUSED
    assert check(right(AT), AT) is Outcome.PAUSED
    # What cannot be a code of the app is taken for a recovery code, which no pause keeps out.
    for typed in ("abcdef", "1234567", "12345"):
        assert check(typed, AT) is Outcome.WRONG
    assert dt.timedelta(minutes=15) == PAUSE
    assert check(right(AT + PAUSE), AT + PAUSE) is Outcome.ACCEPTED
    assert check(right(AT + PAUSE), AT + PAUSE) is Outcome.WRONG


@pytest.mark.parametrize("spelling", ["fullwidth", "spaced"])
def test_codes_are_taken_as_an_input_method_writes_them(database, spelling):
    engine, factors, secret = database.engine, SecondFactors("k"), new_secret()
    add_user(engine, account("王"), password_hash="x")
    one = user(database, "王").id

    def written(code):
        if spelling == "spaced":
            return f" {code[:3]}\u3000{code[3:]}"
        return "".join(chr(ord(letter) + 0xFEE0) for letter in code)

    with writing(engine).begin() as connection:
        factors.store(connection, one, secret, AT)
        code = code_of(secret, step_at(AT))
        recovery = new_recovery_codes(connection, one)[0]
        assert factors.check(connection, one, written(code), AT) is Outcome.ACCEPTED
        assert factors.check(connection, one, written(recovery), AT) is Outcome.RECOVERED


def test_a_session_is_of_its_user_and_ends_alone(database):
    engine = database.engine
    for name in ("王", "张"):
        add_user(engine, account(name), password_hash="x")
    people = UserRepository(engine)
    sessions = SessionRepository(engine, SessionLimits())
    with engine.begin() as connection:
        first, second = (
            sessions.start(connection, people.user_by(name=name), AT, second_factor=strong)
            for name, strong in (("王", True), ("张", False))
        )
    found = [sessions.find(one.secret, AT) for one in (first, second)]
    assert [(one.user.name, one.second_factor) for one in found] == [("王", True), ("张", False)]
    assert [one.csrf for one in found] == [first.csrf, second.csrf]
    assert sessions.find(token_hash(first.secret), AT) is None
    with engine.begin() as connection:
        sessions.end(connection, first.secret)
    assert sessions.find(first.secret, AT) is None
    assert sessions.find(second.secret, AT) is not None
    with accounts(engine) as changed:
        changed.disable_user("张", AT)
    assert sessions.find(second.secret, AT) is None
    with engine.begin() as connection:
        late = sessions.start(connection, user(database, "张"), AT, second_factor=False)
    assert sessions.find(late.secret, AT) is None
    sessions.close()
    assert SessionLimits() == SessionLimits(dt.timedelta(minutes=60), dt.timedelta(hours=12))


def test_the_oldest_of_too_many_known_addresses_is_forgotten(monkeypatch):
    monkeypatch.setattr("serving.auth.sign_in_limits._MOST_KNOWN", 2)
    limits = SignInLimits()
    for name, address in (("a", "1"), ("b", "2"), ("a", "1"), ("c", "3")):
        limits.remember(name, address)
    assert list(limits._known) == [("a", "1"), ("c", "3")]
