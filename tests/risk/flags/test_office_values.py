"""Legal values of an office: they replace shipped ones in its region, checked as a whole."""

from __future__ import annotations

import datetime as dt
import json
import math

import pytest

from features.cache.dependencies import feature_definitions
from features.families.payments import FAMILY
from features.matrix import feature_matrix
from risk.flags import read_law
from risk.flags.minimum_wages import minimum_wages
from risk.flags.office_values import (
    OfficeValuesInvalid,
    add_values,
    from_document,
    read_office_values,
    to_document,
)
from risk.locale import LANGUAGES

MINIMUM = """
[[values]]
duty = "pay_below_minimum"
name = "monthly_fen"
number = 200000
region = "4203"
from = 2024-02-01
source = "by hand"
"""


def values(tmp_path, text):
    path = tmp_path / "law.toml"
    path.write_text(text, encoding="utf-8")
    return read_office_values(path)


def test_value_of_the_office_applies_in_its_region_from_its_day(tmp_path):
    law = add_values(read_law(), values(tmp_path, MINIMUM))

    def minimum(day, region):
        found = law.value("pay_below_minimum", "monthly_fen", day, region)
        return None if found is None else (found.number, found.certainty, found.instrument)

    given = (200_000, "office", "office_rule")
    assert minimum(dt.date(2024, 2, 1), "420301") == given
    assert minimum(dt.date(2024, 1, 31), "420301") is None
    assert minimum(dt.date(2024, 2, 1), "420401") is None
    assert minimum(dt.date(2024, 2, 1), "520101")[0] == 189_000


def test_value_of_the_office_replaces_the_shipped_one_of_its_region(tmp_path):
    text = MINIMUM.replace('"4203"', '"52"')
    law = add_values(read_law(), values(tmp_path, text))
    assert law.value("pay_below_minimum", "monthly_fen", dt.date(2023, 6, 1), "520101") is None
    assert law.value("pay_below_minimum", "monthly_fen", dt.date(2024, 6, 1), "52").number == 2e5


def test_values_survive_the_sealed_document(tmp_path):
    found = values(tmp_path, MINIMUM + "to = 2025-01-01\n")
    documents = json.loads(json.dumps([to_document(value) for value in found]))
    assert tuple(from_document(one) for one in documents) == found


def test_scenes_follow_the_values_of_the_office(new_scenes, tmp_path):
    scenes = new_scenes()

    @scenes
    def mean_pay_of_1_999_yuan(site):
        site.add("projects")
        site.add("payrolls", amount_due=19_990_00)

    text = MINIMUM.replace('"4203"', '"42"')
    found = scenes.flags(law=add_values(read_law(), values(tmp_path, text)))
    flag = found["mean_pay_of_1_999_yuan"]["pay_below_minimum"]
    assert (flag.threshold, flag.values["mean_pay_fen"]) == (200_000, 199_900)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("pay_below_minimum", "no_such_duty"), "no_such_duty"),
        (("monthly_fen", "yearly_fen"), "yearly_fen"),
        (("number = 200000", "number = -1"), "number"),
        (("number = 200000", "number = true"), "number"),
        (("number = 200000", "number = nan"), "number"),
        (("number = 200000", 'number = "1"'), "number"),
        (('region = "4203"', 'region = ""'), "region"),
        (('region = "4203"', "region = 4203"), "region"),
        (("from = 2024-02-01", 'from = "2024"'), "from"),
        (("from = 2024-02-01", "from = 2024-02-01\nto = 2024-02-01"), "to"),
        (("from = 2024-02-01", 'from = 2024-02-01\nto = "2025"'), "to"),
        (('source = "by hand"', ""), "source"),
        (('source = "by hand"', 'source = " "'), "source"),
        ((MINIMUM, "values = []"), "values"),
        ((MINIMUM, "values = [1]"), "values"),
        ((MINIMUM, "[values]"), "values"),
        (('source = "by hand"', 'source = "x"\nsize = 1'), "size"),
        (("[[values]]", "[values]"), "values"),
        (("[[values]]", "]"), "law.toml"),
    ],
)
def test_invalid_values_are_refused_with_what_was_found(tmp_path, change, named):
    with pytest.raises(OfficeValuesInvalid) as refused:
        values(tmp_path, MINIMUM.replace(*change))
    for language in LANGUAGES:
        assert named in refused.value.message(language)


@pytest.mark.parametrize(("text", "found"), [("[duties]", "duties"), ("", "-")])
def test_a_file_without_values_is_refused_with_its_tables(tmp_path, text, found):
    with pytest.raises(OfficeValuesInvalid) as refused:
        values(tmp_path, text)
    assert refused.value.fields["found"] == found


@pytest.mark.parametrize(
    ("duty", "name", "unit"),
    [
        ("pay_below_minimum", "monthly_fen", "fen"),
        ("labour_share_low", "share", "share"),
        ("account_missing", "days", "days"),
    ],
)
def test_a_value_has_the_unit_of_the_shipped_one(tmp_path, duty, name, unit):
    text = MINIMUM.replace("pay_below_minimum", duty).replace("monthly_fen", name)
    (found,) = values(tmp_path, text)
    assert found.unit == unit


@pytest.mark.parametrize("number", [0, 0.5])
def test_a_value_may_be_nothing_or_less_than_one(tmp_path, number):
    (found,) = values(tmp_path, MINIMUM.replace("200000", str(number)))
    assert found.number == number


def test_all_problems_are_named_at_once(tmp_path):
    text = MINIMUM.replace("200000", "-1") + MINIMUM.replace('"4203"', '""')
    with pytest.raises(OfficeValuesInvalid) as refused:
        values(tmp_path, text)
    assert "1: number" in refused.value.message("zh")
    assert "2: region" in refused.value.message("zh")


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(OfficeValuesInvalid, match=r"absent\.toml"):
        read_office_values(tmp_path / "absent.toml")


def test_minimum_wage_of_the_office_enters_the_feature_as_the_flag(world, tmp_path):
    """Mean pay of 2,000 yuan is below 2,500: for the office, and for nobody where none is set."""
    world.project(region_code="420301")
    world.payroll("R1", "2024-05-10", amount_due=10_000_00, workers=5)
    world.payment("none", "2024-05-20", 1)  # the county reports payments
    given = values(tmp_path, MINIMUM.replace("200000", "250000"))

    def share(store):
        matrix = feature_matrix(store, [dt.date(2024, 6, 1)], families=[FAMILY])
        return matrix.values[0, matrix.columns.index("below_minimum_share_3m")]

    assert math.isnan(share(world.store))
    codes = [feature_definitions(world.store)["payments"]]
    world.store.minimum_wages = minimum_wages(given)
    assert share(world.store) == 1
    assert share(world.store.for_kind("project")) == 1
    codes.append(feature_definitions(world.store)["payments"])
    # Cached values and models of other minimum wages are of another definition.
    assert codes[0] != codes[1]
