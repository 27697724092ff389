from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from string import Formatter

import pytest

from models.cohort_scores import ScoredCohort, ScoredProject
from models.reasons import EvidenceItem, Reason
from risk.flags import MUST_VISIT
from risk.flags.flag import Evidence, RedFlag
from risk.locale import LANGUAGES, catalogue
from serving.projects.schemas import ProjectRisk
from serving.publishing.context import PublishContext, PublishHooks, PublishRequest
from serving.publishing.pipeline import (
    RegionUnknown,
    _scored_before,
    collect_extras,
    in_region,
    previous_list,
)
from serving.publishing.publication_builder import (
    PreviousList,
    PublishInputs,
    build_publication,
    sealed_contributions,
)
from serving.publishing.repository import store_publication
from serving.publishing.scoring import Probabilities, Scored
from serving.publishing.used_model import UsedModel
from serving.scores.csv import scores_csv
from serving.settings import IndicatorSettings, PolicySettings, Settings
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.schemas import Watchlist
from serving.watchlists.seal_version import REMARKS_SINCE
from serving.watchlists.texts import unlike_note

from ..conftest import make_extras

AS_OF = dt.date(2025, 6, 1)
EARLIER = dt.date(2025, 5, 1)
AT = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


def _project(number: int, probability: float, **fields) -> ScoredProject:
    reason = Reason(
        family="payments",
        contribution=probability * 4,
        feature="unpaid_share_3m",
        value=0.4,
        typical=0.02,
        article="31",
        evidence=(EvidenceItem("payrolls", f"R{number}", dt.date(2025, 4, 1)),),
    )
    known = {
        "project_id": f"P{number:02d}",
        "region_code": "990102" if number % 2 else "990201",
        "project_name": f"模拟{number}",
        "contractor_id": None,
        "contractor_name": None,
        "probability": probability,
        "raw": 0.0,
        "base": 0.0,
        "contributions": {"payments": probability * 4},
        "reasons": (reason,),
        "workers": 10,
        "amount_at_stake": 12_345,
        "last_clean_visit": None,
        "unlike_inspected": number == 2,
        "unlike": (("sector", "energy"), ("funding", None), ("size", "over_100m")),
        "inspected": 40,
    }
    return ScoredProject(**{**known, **fields})


def _scored(projects, as_of=AS_OF, kind="lightgbm", events=12) -> Scored:
    cohort = ScoredCohort(as_of, tuple(projects), ("operations",))
    return Scored(cohort, UsedModel("arrears", "3", kind, events))


def _inputs(projects, *, as_of=AS_OF, previous=None, **fields) -> PublishInputs:
    known = {
        "request": PublishRequest(as_of, 5, "", "李"),
        "settings": Settings(policy=PolicySettings(random_share=0.2)),
        "scored": _scored(projects, as_of),
        "flags": {},
        "stories": {},
        "records_digest": "0" * 64,
        "previous": previous or PreviousList(None, None),
        "scored_before": {},
    }
    return PublishInputs(**{**known, **fields})


@pytest.fixture
def projects():
    return [_project(number, 0.5 - number * 0.02) for number in range(20)]


def test_list_has_the_capacity_and_its_random_share(projects):
    entries = build_publication(_inputs(projects)).entries
    assert [entry.listing.rank for entry in entries] == [1, 2, 3, 4, 5]
    drawn = [entry.listing for entry in entries if entry.listing.selection == "random"]
    assert [listing.draw_probability for listing in drawn] == [1 / 16]
    risky = [e.assessment.project_id for e in entries if e.listing.selection == "risk"]
    assert risky == ["P00", "P01", "P02", "P03"]


def test_every_project_of_the_cohort_has_a_risk(projects):
    publication = build_publication(_inputs(projects))
    assert len(publication.risks) == 20
    listed = {risk.assessment.project_id for risk in publication.risks if risk.listing}
    assert listed == {entry.assessment.project_id for entry in publication.entries}


def test_build_publication_ignores_the_order_of_projects(projects):
    seal = build_publication(_inputs(projects)).seal()
    again = build_publication(_inputs(reversed(projects))).seal()
    assert seal.watchlist == again.watchlist


def test_sealed_documents_match_the_api_schemas(projects):
    sealed = build_publication(_inputs(projects)).seal()
    Watchlist.model_validate_json(sealed.watchlist.body)
    for risk in sealed.risks.values():
        ProjectRisk.model_validate_json(risk.body)
    [first, *_] = json.loads(sealed.watchlist.body)["entries"]
    assert first["amount_at_stake"] == 123.45
    assert "40" in first["reasons"][0]["text"]["zh"]
    assert first["reasons"][0]["text"]["zh"] != first["reasons"][0]["text"]["en"]


def _flag(code: str, project_id: str, *, must_visit: bool) -> RedFlag:
    return RedFlag(
        code=code,
        article="10",
        project_id=project_id,
        since=None,
        values=dict.fromkeys(_measured(code), 1),
        threshold=None,
        basis=None,
        evidence=(Evidence("complaints", "K", dt.date(2025, 5, 1)),),
        must_visit=must_visit,
    )


def test_must_visit_flag_puts_a_project_on_the_list(projects):
    flag = _flag(min(MUST_VISIT), "P19", must_visit=True)
    inputs = _inputs(projects)
    chosen = {"P19": (replace(flag, must_visit=False),)}
    assert "must" not in _selections(build_publication(replace(inputs, flags=chosen)))
    with_flag = build_publication(replace(inputs, flags={"P19": (flag,)}))
    assert _selections(with_flag)["must"] == ["P19"]


def _measured(code: str) -> set[str]:
    """What the wording of a flag's finding asks for."""
    finding = catalogue("zh")[f"flags.{code}.finding"]
    names = {name for _, name, _, _ in Formatter().parse(finding) if name}
    return names - {"since", "threshold"}


def _selections(publication):
    found: dict[str, list[str]] = {}
    for entry in publication.entries:
        found.setdefault(entry.listing.selection, []).append(entry.assessment.project_id)
    return found


def test_changes_refer_to_the_previous_list(projects, database):
    first = build_publication(_inputs(projects, as_of=EARLIER)).seal()
    store_publication(database, first, published_at=AT, published_by="李")
    previous = previous_list(WatchlistRepository(database), PublishRequest(AS_OF, 5, "", "李"))
    before = {project.project_id: project.contributions for project in projects}
    moved = [
        replace(p, probability=0.9, contributions={"payments": 3.6}) if number == 3 else p
        for number, p in enumerate(projects)
        if number != 0
    ]
    publication = build_publication(_inputs(moved, previous=previous, scored_before=before))
    changes = {e.assessment.project_id: e.change for e in publication.entries}
    assert (changes["P03"].kind, changes["P03"].reason) == ("up", "payments")
    assert "P00" in [gone.project_id for gone in publication.gone]
    assert {gone.project_name for gone in publication.gone} >= {"模拟0"}
    previous = publication.header.previous
    assert previous is not None
    assert (previous.as_of, previous.digest) == (EARLIER, first.watchlist.digest)
    risks = WatchlistRepository(database).project_risks(EARLIER, "")
    assert {key: stored.body for key, stored in risks.items()} == {
        key: sealed.body for key, sealed in first.risks.items()
    }


def test_scorecard_adds_a_model_note(projects):
    inputs = _inputs(projects, scored=_scored(projects, kind="scorecard", events=9))
    note = build_publication(inputs).header.model.note
    assert note is not None
    assert "事件 9 件，少于" in note.zh
    assert build_publication(_inputs(projects)).header.model.note is None


def test_in_region_matches_code_prefixes(projects):
    request = PublishRequest(AS_OF, 5, "9901", "李")
    scored = in_region(_scored(projects), request)
    assert {p.region_code for p in scored.cohort.projects} == {"990102"}
    with pytest.raises(RegionUnknown, match="990102, 990201"):
        in_region(_scored(projects), replace(request, region="11"))


@pytest.mark.parametrize(("rest_days", "first"), [(6, "P00"), (7, "P01")])
def test_rest_days_of_the_settings_decide_who_is_listed(projects, rest_days, first):
    """P00 was found clean a week ago."""
    visited = AS_OF - dt.timedelta(days=7)
    rested = [replace(projects[0], last_clean_visit=visited), *projects[1:]]
    settings = Settings(policy=PolicySettings(rest_days=rest_days, random_share=0))
    made = build_publication(_inputs(rested, settings=settings))
    assert made.entries[0].assessment.project_id == first
    assert len(made.entries) == 5


def test_a_new_entry_of_the_second_list_has_what_raised_its_score_as_the_reason(projects, database):
    """Not listed in May, P19 was scored then; its payments and complaints got worse since."""

    def scored(payments, complaints):
        families = {"payments": payments, "complaints": complaints}
        reasons = tuple(
            replace(projects[19].reasons[0], family=name, contribution=value)
            for name, value in families.items()
        )
        return replace(projects[19], contributions=families, reasons=reasons)

    before = [*projects[:19], scored(0.5, 0.1)]
    first = build_publication(_inputs(before, as_of=EARLIER))
    assert "P19" not in {entry.assessment.project_id for entry in first.entries}
    store_publication(database, first.seal(), published_at=AT, published_by="李")
    risks = WatchlistRepository(database).project_risks(EARLIER, "")
    scored_before = {key: sealed_contributions(risk.document()) for key, risk in risks.items()}
    previous = previous_list(WatchlistRepository(database), PublishRequest(AS_OF, 5, "", "李"))
    now = [*projects[:19], replace(scored(1.0, 0.9), probability=0.9)]
    second = build_publication(_inputs(now, previous=previous, scored_before=scored_before))
    change = next(e.change for e in second.entries if e.assessment.project_id == "P19")
    assert (change.kind, change.from_rank, change.reason) == ("new", None, "complaints")


def test_rules_in_force_are_sealed(projects):
    settings = Settings(policy=PolicySettings(rest_days=7, order="expected_workers"))
    rules = build_publication(_inputs(projects, settings=settings)).header.to_document()["rules"]
    assert rules["policy"]["rest_days"] == 7
    assert rules["policy"]["order"] == "expected_workers"
    assert rules["tiers"]["red"] == settings.tiers.red


def test_must_visit_defaults_to_the_law():
    assert set(PolicySettings().must_visit) == MUST_VISIT


def test_scores_csv_has_the_whole_cohort(projects):
    by_project = {one.project_id: one.probability for one in projects}
    scored = Probabilities(by_project, _scored(projects).model)
    content = scores_csv(scored, Settings().tiers).decode().splitlines()
    assert content[0] == "project_id,probability,tier,model"
    assert content[1] == "P00,0.5,red,lightgbm 3"
    assert len(content) == 21


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_of_documents_have_texts(language):
    words = catalogue(language)
    for kind, codes in {
        "tier": ("red", "orange", "yellow", "blue"),
        "selection": ("risk", "random", "must"),
        "change": ("new", "up", "down", "same", "gone"),
        "model": ("lightgbm", "scorecard"),
    }.items():
        for code in codes:
            assert f"exports.{kind}.{code}" in words


def _equal(count: int) -> list[ScoredProject]:
    return [_project(number, 0.03) for number in range(count)]


def test_ties_at_the_cut_are_broken_by_red_flags_and_the_sealed_order_says_so():
    flag = _flag(min(MUST_VISIT), "P27", must_visit=False)
    inputs = _inputs(_equal(30), flags={"P27": (flag,)})
    built = build_publication(inputs)
    assert built.header.rules["policy"]["order"] == "probability_then_rules"
    chosen = [e for e in built.entries if e.listing.selection == "risk"]
    assert chosen[0].assessment.project_id == "P27"
    assert [e.assessment.project_id for e in chosen] != sorted(
        e.assessment.project_id for e in chosen
    )


def test_a_list_is_rebuilt_with_its_sealed_order():
    first = build_publication(_inputs(_equal(30)))
    order = first.header.rules["policy"]["order"]
    again = build_publication(
        _inputs(_equal(30), request=PublishRequest(AS_OF, 5, "", "replay", order))
    )
    assert again.seal().watchlist.body == first.seal().watchlist.body


def test_an_order_asked_for_is_kept_and_codes_break_ties_of_lists_sealed_that_way():
    request = PublishRequest(AS_OF, 5, "", "李", "probability")
    built = build_publication(_inputs(_equal(30), request=request))
    assert built.header.rules["policy"]["order"] == "probability"
    chosen = [e.assessment.project_id for e in built.entries if e.listing.selection == "risk"]
    assert chosen == ["P00", "P01", "P02", "P03"]


def test_scores_that_rank_leave_the_order_alone():
    built = build_publication(_inputs([_project(n, 0.9 - n / 50) for n in range(30)]))
    assert built.header.rules["policy"]["order"] == "probability"


def test_a_project_of_a_kind_never_inspected_says_with_what_it_was_compared():
    made = build_publication(_inputs([_project(2, 0.4), _project(3, 0.2)]))
    marked, other = (risk.assessment.to_document() for risk in made.risks)
    assert unlike_note(marked, "en") == (
        "none of the 40 projects inspected so far shares sector (energy), funding (unknown),"
        " contract amount (over 100 million yuan) with it; the probability is a rough guide"
    )
    assert "行业（能源）、投资性质（未知）、合同额（1亿元以上）" in unlike_note(marked, "zh")
    assert (other["unlike"], unlike_note(other, "en")) == (None, "")
    employer = {"unlike_inspected": True, "unlike": {"inspected": 40, "township": "420300101"}}
    assert "in its township (420300101)" in unlike_note(employer, "en")


@pytest.mark.parametrize(("kind", "name"), [("project", "甲公司"), ("employer", None)])
def test_an_employer_has_no_contractor(kind, name):
    unit = _project(1, 0.5, contractor_name="甲公司", reasons=(), contributions={})
    made = build_publication(_inputs([unit], kind=kind))
    assert [one.assessment.contractor_name for one in made.risks] == [name]
    assert made.header.kind == kind


@pytest.mark.parametrize(("version", "told"), [(REMARKS_SINCE - 1, False), (REMARKS_SINCE, True)])
def test_remarks_on_the_model_are_sealed_since_their_version(projects, version, told):
    made = build_publication(_inputs(projects, seal_version=version))
    assert (made.header.model.remarks is not None) is told


@pytest.mark.parametrize(("kind", "on_time"), [("project", [1]), ("employer", [])])
def test_only_a_list_of_projects_has_rates_with_the_days_of_grace_of_the_office(
    world, workspace, database, kind, on_time
):
    """April's labour cost was passed on five days after its day, as the office allows."""
    world.project("P01")
    world.add("transfers", transfer_id="T", project_id="P01", period="2025-03-01", amount_due=100,
              due_on="2025-04-15", amount_paid=100, paid_on="2025-04-20",
              known_at="2025-04-20")  # fmt: skip
    settings = Settings(indicators=IndicatorSettings(transfer_days=5))
    hooks = PublishHooks(lambda *_: make_extras().model, lambda *_: (), lambda *_: None)
    context = PublishContext(workspace, world.store, database, settings, hooks, ())
    inputs = _inputs([_project(1, 0.5, reasons=(), contributions={})], kind=kind)
    found = collect_extras(context, inputs, build_publication(inputs)).rates
    rates = [one.rates["labour_cost_passed_on"] for one in found
             if "labour_cost_passed_on" in one.rates and len(one.region_code) == 6]  # fmt: skip
    assert [one["kept"] for one in rates] == on_time
    assert bool(found) == (kind == "project")


def test_scores_before_are_those_of_the_list_of_the_same_region(database, publish):
    """Two lists of one date: the whole office with six projects, a county with two of them."""
    publish(EARLIER, "", cohort=6)
    publish(EARLIER, "9901", listed=2, cohort=2)
    lists = WatchlistRepository(database)

    def before(region):
        request = PublishRequest(AS_OF, 5, region, "李")
        return _scored_before(lists, previous_list(lists, request), request)

    office, county = before(""), before("9901")
    assert (set(county), len(county)) == ({"P/000", "P/001"}, 2)
    assert len(office) == 6
    assert (county["P/001"]["payments"], office["P/005"]["payments"]) == (1.25, 1.25)
    assert "P/005" not in county
    assert before("9902") == {}
