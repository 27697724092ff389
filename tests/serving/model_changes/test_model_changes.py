"""Promotion, rollback and comments over the API and on the page, and what the job then does."""

from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from models.registry import Registry
from models.scorecard import Scorecard
from risk.locale import text
from serving.app import create_app
from serving.audit.repository import list_audit_entries
from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.jobs.repository import list_jobs
from serving.model_changes.repository import list_steps, list_versions, replace_versions
from serving.model_changes.service import ChampionChanged, carry_out, refresh
from serving.settings import Settings, TrainingSettings

from ..conftest import NO_TLS, key, registry_version, served
from ..site import add_user, signed_in

PROMOTED = {"version": "1", "before": None, "who": "train", "why": "gate: first_model"}
CHANGES = (
    {"action": "promoted", "at": "2025-05-01", **PROMOTED},
    {"action": "promoted", "at": "2025-06-01", **PROMOTED, "version": "2", "before": "1"},
)
GATE = {"checks": [{"name": "calibration", "passed": False}], "passed": False, "grounds": "worse"}
PROMOTE = {"action": "promote", "version": "3", "text": "新数据，问13800138000"}


@pytest.fixture
def registered(database):
    """Three versions, of which the second is in use and the third did not pass the gate."""
    first = registry_version("1", aliases=(), changes=CHANGES)
    second = registry_version("2", changes=CHANGES[1:])
    third = registry_version("3", aliases=("challenger",), evidence={"gate": GATE})
    replace_versions(database.engine, [first, second, third])
    return database


@pytest.fixture(params=[False, True], ids=["one person", "two people"])
def api(registered, request):
    """A client of an office that asks for a second person, or not."""
    settings = Settings(training=TrainingSettings(second_person=request.param))
    with (
        served(create_app(settings, registered)) as url,
        httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as client,
    ):
        client.second_person = request.param
        yield client


def ask(client, headers, change, path="/v1/model-changes"):
    return client.post(path, json=change, headers={**headers, **key()})


def steps(database):
    found = list_steps(database.engine, PageRequest(20)).items
    return [(one.step, one.action, one.version) for one in reversed(found)]


def queued(database):
    return [job.kind for job in list_jobs(database.engine, OFFICE, PageRequest(20)).items]


def test_a_promotion_takes_one_person_or_two(api, registered, token):
    asker, other = token("supervisor", owner="甲"), token("supervisor", owner="乙")
    answer = ask(api, asker, PROMOTE)
    assert answer.status_code == 201
    assert "13800138000" not in answer.json()["text"]
    change = f"/v1/model-changes/{answer.json()['change_id']}/decision"
    approval = {"approve": True, "text": "同意"}
    if not api.second_person:
        assert queued(registered) == ["model_change"]
        refused = ask(api, other, approval, change)
        assert (refused.status_code, refused.json()["code"]) == (409, "model_change_decided")
        return
    assert (queued(registered), answer.json()["step"]) == ([], "asked")
    refused = ask(api, asker, approval, change)
    assert (refused.status_code, refused.json()["code"]) == (409, "second_person_needed")
    assert ask(api, other, approval, change).json()["step"] == "approved"
    assert ask(api, other, approval, change).status_code == 409
    assert queued(registered) == ["model_change"]
    assert steps(registered) == [("asked", "promote", "3"), ("approved", "promote", "3")]
    written = list_audit_entries(registered.engine, OFFICE, PageRequest(50)).items
    assert [one.action for one in written if one.status == 201] == ["change_models"] * 2


def test_nobody_approves_their_own_change_through_another_token(registered, token):
    add_user(registered, "甲", Role.SUPERVISOR)
    add_user(registered, "乙", Role.SUPERVISOR)
    settings = Settings(training=TrainingSettings(second_person=True))
    approval = {"approve": True, "text": "同意"}
    with served(create_app(settings, registered)) as url, closing(signed_in(url, "甲")) as client:
        mine, second, of_other = (token("supervisor", owner=name) for name in ("甲", "甲", "乙"))
        change = ask(client, client.headers, PROMOTE).json()["change_id"]
        decision = f"/v1/model-changes/{change}/decision"
        with httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as other:
            refused = ask(other, mine, approval, decision)
            assert (refused.status_code, refused.json()["code"]) == (409, "second_person_needed")
            change = ask(other, mine, PROMOTE).json()["change_id"]
            decision = f"/v1/model-changes/{change}/decision"
            assert ask(other, second, approval, decision).status_code == 409
            assert ask(client, client.headers, approval, decision).status_code == 409
            assert queued(registered) == []
            assert ask(other, of_other, approval, decision).json()["step"] == "approved"
    assert queued(registered) == ["model_change"]


def test_the_person_who_asked_may_withdraw(api, registered, token):
    if not api.second_person:
        pytest.skip("nothing waits where one person is enough")
    asker = token("admin")
    change = ask(api, asker, PROMOTE).json()["change_id"]
    rejection = {"approve": False, "text": "撤回"}
    answer = ask(api, asker, rejection, f"/v1/model-changes/{change}/decision")
    assert answer.json()["step"] == "rejected"
    assert queued(registered) == []


def test_a_rollback_names_the_version_before(api, registered, token):
    answer = ask(api, token("admin"), {"action": "rollback", "text": "名单变差"})
    assert answer.json()["version"] == "1"
    replace_versions(registered.engine, [registry_version("1", changes=CHANGES[:1])])
    answer = ask(api, token("admin"), {"action": "rollback", "text": "名单变差"})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_before")


def test_changes_need_all_regions_and_a_known_version(api, registered, token):
    assert ask(api, token("supervisor", "9901"), PROMOTE).status_code == 403
    comment = {"action": "comment", "version": "3", "text": "待观察"}
    assert ask(api, token("supervisor", "9901"), comment).status_code == 201
    assert ask(api, token("inspector"), comment).status_code == 403
    answer = ask(api, token("admin"), {**PROMOTE, "version": "9"})
    assert (answer.status_code, answer.json()["code"]) == (404, "model_version_unknown")
    assert ask(api, token("admin"), {**PROMOTE, "text": " "}).status_code == 422
    assert ask(api, token("admin"), {"action": "promote", "text": "x"}).status_code == 422
    assert steps(registered) == [("done", "comment", "3")]
    found = api.get("/v1/model-versions", headers=token("admin")).json()["items"]
    assert [one["version"] for one in found] == ["1", "2", "3"]
    assert found[2]["about"]["evidence"]["gate"] == GATE
    card = api.get("/v1/model-versions/2/card?format=md", headers=token("admin"))
    assert "2" in card.text


@pytest.fixture
def office(copy):
    """An office whose second model is no champion, and its database."""
    registry = Registry(copy)
    about = registry.champion()[1].about
    made = registry.register(Scorecard(), about, parameters={}, metrics={})
    assert made.version == "2"
    with Database(f"sqlite:///{copy.root / 'service.sqlite'}") as database:
        refresh(copy, database)
        yield copy, registry, database


def asked(database, change):
    settings = Settings(training=TrainingSettings(second_person=True))
    with served(create_app(settings, database)) as url:
        add_user(database, "甲", Role.ADMIN)
        add_user(database, "乙", Role.ADMIN)
        for name in ("甲", "乙"):
            with closing(signed_in(url, name)) as client:
                if name == "甲":
                    answer = client.post("/v1/model-changes", json=change, headers=key())
                    path = f"/v1/model-changes/{answer.json()['change_id']}/decision"
                else:
                    client.post(path, json={"approve": True, "text": "同意"}, headers=key())
    return answer.json()["change_id"]


def aliases(database):
    with database.engine.connect() as connection:
        return [one.aliases for one in list_versions(connection) if one.unit == "project"]


def test_the_job_changes_the_champion_once_and_names_both_people(office):
    workspace, registry, database = office
    assert aliases(database) == [["champion"], ["challenger"]]
    change = asked(database, {"action": "promote", "version": "2", "text": "理由"})
    for _ in range(2):  # a job whose runner died is run again
        assert carry_out(workspace, database, change)["version"] == "2"
    assert registry.champion()[1].version == "2"
    last = registry.changes()[-1]
    assert (last.who, last.why) == ("甲 / 乙", "理由 / 同意")
    assert len(registry.changes()) == 2
    assert [step for step, *_ in steps(database)] == ["asked", "approved", "done"]
    assert aliases(database) == [[], ["challenger", "champion"]]


def test_a_rollback_to_another_version_than_was_approved_fails(office):
    workspace, registry, database = office
    registry.promote("2", who="a", why="b")
    refresh(workspace, database)
    change = asked(database, {"action": "rollback", "text": "理由"})
    third = registry.register(Scorecard(), registry.get("2").about, parameters={}, metrics={})
    registry.promote(third.version, who="a", why="b")
    with pytest.raises(ChampionChanged):
        carry_out(workspace, database, change)
    assert steps(database)[-1] == ("failed", "rollback", "1")
    assert registry.champion()[1].version == "3"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_the_evidence_and_takes_the_change(registered, language):
    settings = Settings(training=TrainingSettings(second_person=True))
    add_user(registered, "甲", Role.SUPERVISOR)
    with served(create_app(settings, registered)) as url, closing(signed_in(url, "甲")) as client:
        client.cookies.set("wagewatch_language", language)
        form = {"unit": "project", "action": "promote", "version": "3", "text": ""}
        refused = client.post("/supervision/model-changes", data=form).text
        assert text("errors.change_form_invalid", language) in refused
        shown = client.post("/supervision/model-changes", data={**form, "text": "理由一"}).text
        assert text("pages.model_changes.another", language) in shown
        assert text("pages.model_changes.not_passed", language) in shown
        assert "理由一" in shown
        change = list_steps(registered.engine, PageRequest(1)).items[0].change_id
        path = f"/supervision/model-changes/{change}"
        own = client.post(path, data={"decision": "approve", "text": "x"}).text
        assert text("errors.second_person_needed", language, by="甲") in own
        done = client.post(path, data={"decision": "reject", "text": "撤回"}).text
        assert text("pages.model_changes.steps.rejected", language) in done
        card = client.get("/supervision/model-versions/3/card").text
        assert "3" in card
        client.post("/supervision/model-versions")
    assert queued(registered) == ["models"]
