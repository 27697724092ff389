"""Linkage: names as people write them, probabilities, and no knowledge of the future."""

from __future__ import annotations

import datetime as dt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.linkage import link_complaints
from models.linkage.conditional_logit import Weights, fit, probabilities, shipped_weights
from models.linkage.linker import match_probabilities
from models.linkage.normalise import core_firm_name, core_name, normalise_name, shared_pieces
from models.linkage.similarity import FEATURE_COUNT
from models.linkage.snapshot import Candidate, ComplaintText
from risk.simulator import names

from ...empty_store import empty_store

DAY = dt.date(2025, 6, 1)
PLACES = ("云渡", "石桥湾", "沙坪头", "柳营", "东塬", "北汀", "青岗", "南陌", "荷塘口", "松岭")
FIRMS = ("青川", "澄原", "朗岭", "沐屿", "霁坪", "溪垚", "岚峦", "禾陌", "砚汀", "槐埠")


def target(key, name, firm, started=dt.date(2024, 1, 1), completed=None, crowd=None):
    return Candidate(key, "990101", (name,), (firm,), started, completed, crowd)


TARGETS = [
    target(f"P{n}", f"模拟·{place}中心小学教学楼000{n}号", f"模拟·{firm}建设集团有限公司")
    for n, (place, firm) in enumerate(zip(PLACES, FIRMS, strict=True))
]


def said(site="", firm="", day=DAY, workers=None):
    return ComplaintText("T", day, site, firm, workers, None, None, None)


def first(complaint, targets=TARGETS):
    """The most probable candidate, its probability, and that of "none"."""
    pairs, likely = match_probabilities([complaint], targets, shipped_weights("project"))
    best = int(likely[0, :-1].argmax())
    return targets[int(pairs.candidates[0, best])].key, likely[0, best], likely[0, -1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青川建设集团有限公司", "青川建设"),
        ("青川建设有限责任公司", "青川建设"),
        ("Ａ标", "A标"),
        ("云渡小区（一期）项目部", "云渡小区1期"),
        ("云渡小区 工地", "云渡小区"),
    ],
)
def test_core_name_is_the_same_for_all_spellings_of_a_name(one, other):
    assert core_name(one) == core_name(other)


@given(st.text(max_size=30))
def test_core_name_of_any_text_is_not_empty_unless_the_text_is(text):
    assert normalise_name(normalise_name(text)) == normalise_name(text)
    assert bool(core_name(text)) == bool(normalise_name(text))


@pytest.mark.parametrize(
    "foreman", ["王老板", "姓王的包工头", "包工头老李", "一个包工头", "", "老张"]
)
def test_a_foreman_gives_no_candidate(foreman):
    assert core_firm_name(foreman) == ""
    pairs, likely = match_probabilities([said(firm=foreman)], TARGETS, shipped_weights("project"))
    assert (pairs.candidates == -1).all()
    assert likely[0, -1] == 1


@given(said=st.text(max_size=20), name=st.text(max_size=20))
def test_shared_pieces_are_parts_of_the_name_in_order(said, name):
    pieces = shared_pieces(said, name)
    assert all(len(piece) > 1 for piece in pieces)
    rest = name
    for piece in pieces:
        _, found, rest = rest.partition(piece)
        assert found == piece


@pytest.mark.parametrize("kind", names.NAME_ERRORS)
def test_match_probabilities_find_the_project_despite_each_kind_of_name_error(kind):
    rng = np.random.default_rng(5)
    hits = 0
    for one in TARGETS:
        site = names.distort_name(rng, one.names[0], kind, names.SITE_ENDINGS)
        key, probability, _ = first(said(site, names.spoken_name(one.firms[0])))
        hits += key == one.key and probability > 0.5
    assert hits >= 9, kind


def test_match_probabilities_of_one_complaint_sum_to_one():
    asked = [said("石桥湾小学"), said(firm="青川建设"), said("别处的高楼"), said()]
    _, likely = match_probabilities(asked, TARGETS, shipped_weights("project"))
    assert likely.sum(axis=1) == pytest.approx(np.ones(4))
    assert likely[2, -1] > 0.5
    assert likely[3, -1] == 1


def test_match_probabilities_are_equal_for_twins():
    twins = [TARGETS[0], target("TWIN", TARGETS[0].names[0], TARGETS[0].firms[0]), *TARGETS[1:]]
    _, probability, _ = first(said("云渡中心小学", "青川建设"), twins)
    assert 0.3 < probability < 0.51


def test_the_other_phase_is_less_likely():
    phases = [target(str(n), f"云渡小区{n}期", "青川建设") for n in (1, 2)]
    assert first(said("云渡小区二期"), phases)[0] == "2"
    assert first(said("云渡小区一期"), phases)[0] == "1"


def test_projects_under_way_are_more_probable_than_completed_or_future_ones():
    def of(**days):
        return target("P", "云渡小区", "青川建设", **days)

    running = first(said("云渡小区"), [of()])[1]
    over = first(said("云渡小区"), [of(completed=dt.date(2023, 1, 1))])[1]
    early = first(said("云渡小区"), [of(started=dt.date(2025, 9, 1))])[1]
    assert running > max(over, early)


def test_fit_stays_near_the_prior_with_few_complaints_and_leaves_it_with_many():
    start = shipped_weights("project")
    rng = np.random.default_rng(3)

    def toy(rows):
        parts = np.zeros((rows, 3, FEATURE_COUNT))
        parts[:, :2, 0] = rng.random((rows, 2))
        parts[:, 2, FEATURE_COUNT - 3] = 1
        real = np.ones((rows, 3), dtype=bool)
        meant = np.zeros((rows, 3), dtype=bool)
        meant[:, 2] = True
        return fit(parts, real, meant, start=start)

    def none(one):
        return one.values[FEATURE_COUNT - 3] - start.values[FEATURE_COUNT - 3]

    assert fit(*(np.zeros((0, 3, FEATURE_COUNT)),) * 3, start=start) == start
    assert 0 <= none(toy(3)) < 0.5 < none(toy(3000))


def test_fit_recovers_the_weights_that_made_the_choices():
    rng = np.random.default_rng(4)
    true = np.zeros(FEATURE_COUNT)
    true[[0, 4, FEATURE_COUNT - 3]] = [4, 2, 3]
    parts = np.zeros((4000, 4, FEATURE_COUNT))
    parts[:, :3, 0], parts[:, :3, 4] = rng.random((2, 4000, 3))
    parts[:, 3, FEATURE_COUNT - 3] = 1
    real = np.ones((4000, 4), dtype=bool)
    odds = probabilities(parts, real, Weights(tuple(true), 0))
    drawn = (odds.cumsum(axis=1) > rng.random((4000, 1))).argmax(axis=1)
    found = fit(parts, real, np.eye(4, dtype=bool)[drawn], prior_strength=1e-6)
    assert np.array(found.values)[[0, 4, FEATURE_COUNT - 3]] == pytest.approx(
        true[[0, 4, FEATURE_COUNT - 3]], abs=0.5
    )


@pytest.fixture
def store():
    with empty_store() as opened:
        yield opened


AS_OF = dt.date(2025, 7, 1)


def put(store, table, day, **values):
    names = ", ".join([*values, "known_at", "arrival"])
    marks = ", ".join(f"${n + 1}" for n in range(len(values) + 1))
    store.connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks}, nextval('arrivals'))",
        [*values.values(), day],
    )


def fill(store):
    for n, (place, firm) in enumerate(zip(PLACES, FIRMS, strict=True)):
        day = dt.date(2024, 1, 5)
        name = f"{firm}建设有限公司"
        put(store, "organizations", day, org_id=f"O{n}", org_name=name, org_kind="employer")
        put(
            store,
            "projects",
            day,
            project_id=f"P{n}",
            project_name=f"{place}中心小学",
            region_code="990101",
            contractor_id=f"O{n}",
            started_on=day,
        )
    put(store, "organizations", dt.date(2023, 1, 1), org_id="O3", org_name="禾舟路桥有限公司")
    asked = [("柳营小学", "王老板"), ("", "禾舟路桥"), ("石桥湾中心小学", "澄原"), ("", "")]
    for n, (site, firm) in enumerate(asked):
        put(
            store,
            "complaints",
            DAY,
            complaint_id=f"T{n}",
            received_on=DAY,
            project_text=site,
            employer_text=firm,
        )


def test_link_complaints_knows_earlier_names(store):
    fill(store)
    found = link_complaints(store, AS_OF).complaints[1]
    assert found.organisations[0].key == "O3"
    assert found.projects[0].key == "P3"


def test_candidates_show_the_matching_words(store):
    fill(store)
    best = link_complaints(store, AS_OF).complaints[2].projects[0]
    assert (best.key, best.site_words, best.firm_words) == ("P1", ("石桥湾中心小学",), ("澄原",))
    assert best.under_way


def test_a_complaint_without_names_has_no_candidate(store):
    fill(store)
    last = link_complaints(store, AS_OF).complaints[3]
    assert last.projects == last.organisations == ()


@pytest.mark.parametrize(("days", "seed"), [(0, 0), (0, 1), (0, 2), (1, 0), (200, 0)])
def test_what_became_known_later_changes_nothing(store, days, seed):
    fill(store)
    before = link_complaints(store, AS_OF)
    random, later = Random(seed), AS_OF + dt.timedelta(days=days)
    for n in range(10):
        name = f"{random.choice(PLACES)}中心小学{random.choice(['', '二期'])}"
        put(
            store,
            "projects",
            later,
            project_id=random.choice([f"P{n}", f"N{n}"]),
            project_name=name,
            region_code="990102",
            contractor_id=f"O{random.randrange(10)}",
            started_on=dt.date(2024, 1, 1),
            completed_on=dt.date(2024, 3, 1),
        )
        put(store, "organizations", later, org_id=f"O{n}", org_name=random.choice(FIRMS))
        put(
            store,
            "complaints",
            later,
            complaint_id=f"T{n}",
            received_on=DAY,
            project_id=f"P{random.randrange(10)}",
            project_text=name,
        )
        put(
            store,
            "cases",
            later,
            case_id=f"C{n}",
            org_id="O1",
            complaint_id=f"T{n % 4}",
            opened_on=DAY,
            status="filed",
        )
    put(
        store,
        "links",
        later,
        complaint_id="T0",
        decision="linked",
        project_id="P9",
        decided_on=later,
    )
    assert link_complaints(store, AS_OF) == before


def test_what_was_known_before_does_change_it(store):
    fill(store)
    before = link_complaints(store, AS_OF)
    put(
        store,
        "projects",
        AS_OF - dt.timedelta(days=1),
        project_id="N",
        project_name="柳营小学",
        region_code="990102",
        started_on=dt.date(2024, 1, 1),
    )
    assert link_complaints(store, AS_OF) != before
