"""Reasons: complete, in words of both languages, with records that were known."""

from __future__ import annotations

import datetime as dt
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.feature_sets import ALL_FEATURES, FEATURE_SETS
from features.value_text import value_text
from models.cohort_scores import score_cohort
from models.reason_text import peers_text, reason_text
from models.reasons import Basis, Reason, _leads, _may_be_stated, statement_of
from risk.contract import TABLES
from risk.flags import red_flags
from risk.store.store import RecordStore
from risk.unit_kinds import KINDS

AS_OF = dt.date(2025, 9, 1)
FEATURES = {feature.name: feature for feature in ALL_FEATURES}


@pytest.fixture(scope="module")
def cohort(county, county_trained):
    with RecordStore(county.records, read_only=True) as store:
        return score_cohort(store, county_trained.model, AS_OF)


def test_base_and_family_contributions_equal_the_raw_score(cohort):
    assert cohort.projects
    for project in cohort.projects:
        assert project.base + sum(project.contributions.values()) == pytest.approx(
            project.raw, abs=1e-6
        )


def test_probability_is_monotone_in_the_raw_score(cohort):
    ordered = sorted(cohort.projects, key=lambda p: p.raw)
    probabilities = [p.probability for p in ordered]
    assert probabilities == sorted(probabilities)


def test_every_project_has_reasons_strongest_first_low_risk_too(cohort):
    for project in cohort.projects:
        strengths = [abs(reason.contribution) for reason in project.reasons]
        assert strengths
        assert strengths == sorted(strengths, reverse=True)
    lowest = min(cohort.projects, key=lambda p: p.raw)
    assert any(reason.contribution < 0 for reason in lowest.reasons)


def test_reasons_read_as_sentences_in_both_languages(cohort):
    shown = [reason for project in cohort.projects[:30] for reason in project.reasons]
    assert {reason.basis for reason in shown} == set(Basis)
    for reason in shown:
        for language in ("zh", "en"):
            sentence = reason_text(reason, language)
            assert "{" not in sentence
            assert "nan" not in sentence.lower().split()


def test_no_stated_reason_can_be_refuted_from_its_own_figures(cohort):
    """Known, atypical, within its bounds, in the sense of its direction, with records."""
    facts = [r for p in cohort.projects for r in p.reasons if r.basis is Basis.FACT]
    assert len(facts) > 50
    for reason in facts:
        feature = FEATURES[reason.feature]
        statement = statement_of(feature, reason.contribution)
        assert reason.value is not None
        assert statement.at_least is None or reason.value >= statement.at_least
        assert statement.at_most is None or reason.value <= statement.at_most
        assert reason.evidence
        if reason.typical is not None:
            excess = feature.direction * (reason.value - reason.typical)
            assert (excess > 0) == (reason.contribution > 0)
            texts = [value_text(feature, one, "zh") for one in (reason.value, reason.typical)]
            assert texts[0] != texts[1]


def test_wages_owed_on_the_books_are_never_less_than_those_of_the_flag(county, cohort):
    with RecordStore(county.records, read_only=True) as store:
        flags = red_flags(store, AS_OF)
    owed = {p.project_id: p.amount_owed for p in cohort.projects}
    overdue = {
        project_id: flag.values["unpaid_fen"]
        for project_id, found in flags.items()
        for flag in found
        if flag.code == "wages_overdue" and project_id in owed
    }
    assert len(overdue) > 10
    assert all(owed[project_id] >= amount for project_id, amount in overdue.items())


def test_other_reasons_quote_no_value(cohort):
    others = [r for p in cohort.projects for r in p.reasons if r.basis is not Basis.FACT]
    for reason in others:
        assert reason.evidence == ()
        assert (reason.value is None) == (reason.basis is Basis.NOT_REPORTED)
        assert not any(sign.isdigit() for sign in reason_text(reason, "en"))


def test_the_records_behind_a_reason_were_known_and_exist(county, cohort):
    items = {item for p in cohort.projects for r in p.reasons for item in r.evidence}
    assert items
    with RecordStore(county.records, read_only=True) as store:
        for item in items:
            assert item.known_at < AS_OF
            key = TABLES[item.table].key
            if len(key) == 1:
                found = store.rows(
                    f"SELECT count(*) FROM {item.table} WHERE {key[0]} = ? AND known_at = ?",
                    [item.record_id, item.known_at],
                )
                assert found[0][0] >= 1


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_the_lead_is_the_strongest_that_may_be_stated_then_the_strongest_known(seed, members):
    """Against the rule row by row, with equal contributions and unknown values."""
    drawn = np.random.default_rng(seed)
    parts = np.round(drawn.normal(size=(30, members)), 1)
    known = drawn.random(parts.shape) < 0.5
    may = known & (drawn.random(parts.shape) < 0.5)
    totals = parts.sum(axis=1)
    leads, stated = _leads(parts, known, may, totals)
    for row, lead in enumerate(leads):
        sign = 1.0 if totals[row] > 0 else -1.0
        agree = sign * parts[row] > 0
        order = [
            (
                2 * bool(may[row, i] and agree[i]) or bool(known[row, i] and agree[i]),
                sign * parts[row, i],
                -i,
            )
            for i in range(members)
        ]
        assert lead == -max(order)[2]
        assert stated[row] == (max(order)[0] == 2)


def _states(value, typical, contribution, rest=0.0, name="unpaid_share_3m"):
    """Whether the reason of a model with only ``name`` and one feature of ``rest`` states it."""
    feature = FEATURES[name]
    cells = [np.nan if one is None else one for one in (value, typical)]
    found = _may_be_stated(
        [feature, FEATURES["age_months"]],
        np.array([[cells[0], 1.0]]),
        np.array([[cells[1], 1.0]]),
        np.array([[contribution, rest]]),
    )
    assert not found[0, 1]  # a feature without a statement
    return bool(found[0, 0])


@pytest.mark.parametrize(
    ("value", "typical", "contribution", "rest", "may"),
    [
        (0.3, 0.02, 0.4, 0.0, True),
        (0.3, None, 0.4, 0.0, True),  # no peers to compare with
        (None, 0.02, 0.4, 0.0, False),  # unknown
        (0.3, 0.3, 0.4, 0.0, False),  # typical
        (0.3, 0.29, 0.4, 0.0, False),  # as good as typical
        (0.009, 0.0, 0.4, 0.0, False),  # below the bound of 1 %
        (0.01, 0.0, 0.4, 0.0, True),
        (0.3, 0.5, 0.4, 0.0, False),  # less than typical cannot raise
        (0.3, 0.02, -0.4, 0.0, False),  # unpaid wages cannot lower
        (0.0, 0.02, -0.4, 0.0, True),  # all paid, where others are not
        (0.0, 0.0, -0.4, 0.0, False),
        (0.3, 0.02, 0.0099, 0.9901, False),  # less than 1 % of all contributions
        (0.3, 0.02, 0.0101, 0.9899, True),
        (0.3, 0.02, 0.0198, 1.9802, False),
        (0.3, 0.02, 0.0202, 1.9798, True),
    ],
)
def test_when_a_feature_may_be_stated(value, typical, contribution, rest, may):
    assert _states(value, typical, contribution, rest) == may


def test_a_fall_of_insured_staff_raises_only_below_the_bound_and_the_typical_value():
    assert _states(0.5, 1.0, 0.4, name="contractor_insured_ratio")
    assert not _states(0.81, 1.0, 0.4, name="contractor_insured_ratio")
    assert not _states(0.5, 0.4, 0.4, name="contractor_insured_ratio")


@pytest.mark.parametrize("kind", KINDS)
def test_statements_agree_with_the_direction_of_their_feature(kind):
    stated = 0
    for feature in FEATURE_SETS[kind].features:
        for sign in (1, -1):
            statement = statement_of(feature, sign)
            if statement is None:
                continue
            stated += 1
            assert feature.direction != 0
            # More of a feature of direction 1 raises: it is stated from a bound up.
            bound = statement.at_least if sign * feature.direction > 0 else statement.at_most
            assert bound is not None, feature.name
            for text in (statement.zh, statement.en):
                assert ("{value}" in text) == (
                    feature.unit != "yes/no" and "全部" not in statement.zh
                ), feature.name
    assert stated >= 10


@pytest.mark.parametrize(
    ("reason", "zh", "en"),
    [
        (
            Reason("payments", 0.4, "unpaid_overdue_share", 0.358, 0.002, "31", (), peers=12),
            "近一年到期、已逾期超过31天的工资有35.8%未付（同类为合同额较大的房建项目，中位数0.2%）",
            "35.8% of wages due in the last year and more than 31 days overdue unpaid"
            " (median of building projects with large contracts: 0.2%)",
        ),
        (
            Reason("payments", 0.4, "oldest_unpaid_days", 195.0, 0.0, "31", ()),
            "近一年到期而未付清的工资最早一笔已逾期195天（同类有数据的不足20个，全部在建项目中位数0天）",
            "Oldest of the unpaid wages due in the last year 195 days overdue"
            " (fewer than 20 comparable units reported; median of all projects under way: 0 days)",
        ),
        (
            Reason("payments", -0.4, "unpaid_share_3m", 0.0, 0.25, "31", (), peers=1),
            "近三个月到期工资已全部付清（同类为合同额居中的非房建项目，中位数25%）",
            "All wages due in the last three months paid"
            " (median of non-building projects with medium contracts: 25%)",
        ),
        (
            Reason("stage", 0.2, "advance_funded", 1.0, 0.0, "23", (), peers=3),
            "登记为施工单位垫资施工",
            "Recorded as pre-financed by the contractor",
        ),
        (
            Reason("payments", 0.5, "unpaid_share_3m", None, 0.0, "31", (), Basis.NOT_REPORTED),
            "工资发放：没有工资表或工资发放数据，或该时段没有到期工资，情况无法核实",
            "wage payment: no payrolls or payments feed, or no wages fell due in the window;"
            " cannot be verified",
        ),
        (
            Reason("stage", 0.2, "age_months", 7.0, 9.0, None, (), Basis.COMBINED, peers=3),
            "季节与工程阶段：由模型综合评估，没有可单独陈述的事实",
            "season and stage: assessed by the model as a whole; no single fact to state",
        ),
    ],
)
def test_sentences(reason, zh, en):
    assert (reason_text(reason, "zh"), reason_text(reason, "en")) == (zh, en)


SECTORS = {0: "非房建", 10: "房建", 20: "未登记行业的"}
SIZES = {0: "合同额较小的", 1: "合同额居中的", 2: "合同额较大的", 3: "未登记合同额的"}
STAFF = {0: "参保人数较少的", 1: "参保人数居中的", 2: "参保人数较多的", 3: "未登记参保人数的"}


def test_a_reason_that_moves_nothing_reads_as_one_that_lowers():
    lowers, none = (
        Reason("payments", moved, "unpaid_share_3m", 0.0, 0.25, "31", (), peers=1)
        for moved in (-0.4, 0.0)
    )
    assert reason_text(none, "zh") == reason_text(lowers, "zh")


def test_every_group_of_peers_has_its_name():
    for sector, size in product(SECTORS, SIZES):
        assert peers_text(sector + size, "zh") == f"{SIZES[size]}{SECTORS[sector]}项目"
    for staff, name in STAFF.items():
        assert peers_text(staff, "zh", "employer") == f"{name}用人单位"
    assert (peers_text(None, "zh"), peers_text(None, "zh", "employer")) == (
        *("全部在建项目", "全部用人单位"),
    )


def test_reason_text_does_not_depend_on_earlier_calls():
    """Cached sentences are reused only where they are the same."""
    feature = FEATURES["unpaid_share_3m"]
    for value, typical in product((0.05, 0.25, 1.0), (None, 0.0, -0.0, 0.25)):
        reason = Reason("payments", 0.4, feature.name, value, typical, "31", (), peers=1)
        sentence = reason_text(reason, "en")
        assert value_text(feature, value, "en") in sentence
        assert (typical is None) or value_text(feature, typical, "en") in sentence
        assert sentence == reason_text(reason, "en")
