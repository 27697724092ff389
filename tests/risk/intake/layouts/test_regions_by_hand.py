"""Codes of counties by their names, and names in titles."""

from __future__ import annotations

import pytest

from risk.intake.layouts.regions import (
    code_of,
    county_in,
    county_of_address,
    may_be_below_county,
    name_of,
    place_code,
)

LONGEST = "积石山保安族东乡族撒拉族自治县"


@pytest.mark.parametrize(
    ("name", "region", "code"),
    [
        ("利州区", "510822", "510802"),
        ("鼓楼区", "350104", "350102"),
        ("市中区", "511181", "511102"),  # in the same city, with another fifth digit
        ("市中区", "510822", None),
        ("郧西县", "510822", "420322"),
        ("郧西", "510822", None),
        ("郧西 县", "", "420322"),
        ("乔庄镇", "510822", None),
    ],
)
def test_a_place_is_a_county_of_the_city_or_one_called_so_in_full(name, region, code):
    assert place_code(name, region) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("青川县", "510822"),
        ("青川", "510822"),
        ("广元市青川县", "510822"),
        ("四川省青川县", "510822"),
        ("四川省广元市青川县", "510822"),
        ("四川省绵阳市青川县", None),
        ("川青川县", None),
        ("攀枝花市东区", "510402"),
        ("重庆市市辖区万州区", "500101"),
        ("通州", None),
        ("寿县", "340422"),
        ("寿", None),
        ("鼓楼区", None),
        ("", None),
    ],
)
def test_a_county_may_be_named_with_its_city_and_province(name, code):
    assert code_of(name) == code


def test_of_several_counties_of_a_name_the_one_within_is_meant():
    assert code_of("鼓楼区", within="3501") == "350102"
    assert code_of("青川县", within="3501") is None


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("青川县2025年10月在建项目台账", "510822"),
        ("青川县", "510822"),
        ("青川 县台账", "510822"),
        ("在建项目台账", None),
        ("攀枝花市东区", None),  # two characters are part of too many words
        ("青川县与剑阁县", None),
        ("赤峰市元宝山区", "150403"),  # 宝山区 is in it
        ("鼓楼区", None),
        ("福建省鼓楼区", "350102"),
        ("福州市鼓楼区", "350102"),
        ("北京市朝阳区", "110105"),
        (f"{LONGEST}台账", "622927"),
        ("甲" * 197 + "青川县", "510822"),
        ("甲" * 198 + "青川县", None),
    ],
)
def test_a_title_names_one_county_in_full(title, code):
    assert county_in(title) == code


def test_names_below_a_county_are_not_those_of_counties():
    names = ("乔庄镇", "高新区", "老城区", "鼓楼区", "县", "12", "乔庄 镇")
    assert [may_be_below_county(name) for name in names] == [
        *(True, True, True, False, True, False, True),
    ]


def test_a_longer_code_has_the_name_of_its_county():
    assert [name_of(code) for code in ("510822", "510822100", "51082", "")] == [
        *("青川县", "青川县", None, None),
    ]


def test_cities_and_provinces_have_names_too():
    assert [name_of(code) for code in ("5108", "51", "1101", "11", "429004", "4290", "99")] == [
        *("广元市", "四川省", None, "北京市", "仙桃市", None, None),
    ]


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("青川县乔庄镇", "510822", "510822"),
        ("利州区东坝街道", "510822", "510802"),
        ("四川省广元市利州区 回龙河街道", "510822", "510802"),
        ("青川县境内", "", "510822"),
        ("鼓楼区东街街道", "350104", "350102"),
        ("鼓楼区东街街道", "", None),
        ("郧西县城关镇", "510822", "420322"),
        ("老城区东街", "510822", None),  # any old town, and a district of Luoyang
        ("乔庄镇", "510822", None),
        ("青川县", "510822", None),
        ("青川县、利州区", "510822", None),
        ("青川县和利州区", "510822", None),
        ("青川县乔庄镇、利州区东坝街道", "510822", None),
        ("广元市", "510822", None),
        ("", "510822", None),
    ],
)
def test_an_address_is_in_the_county_it_begins_with(text, region, code):
    assert county_of_address(text, region) == code
