"""The models of published lists: which is the champion's, in which order they come."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.indicators.repository import CountyRates, list_rates, save_rates
from serving.models.repository import ModelNotPublished, list_models, save_model, stored_model
from serving.publishing.repository import store_publication

from ..conftest import PUBLISHED_AT, make_extras, make_publication


@pytest.fixture
def engine(database, publish):
    """Version 1 scored the newest list, version 2, stored later, the one before."""
    publish(dt.date(2025, 6, 1), version="1")
    publish(dt.date(2025, 5, 1), version="2")
    one = make_extras().model
    with writing(database.engine).begin() as connection:
        save_model(connection, one, PUBLISHED_AT)
        save_model(connection, replace(one, version="2"), PUBLISHED_AT + dt.timedelta(hours=1))
        save_model(connection, replace(one, kind="changed"), PUBLISHED_AT + dt.timedelta(hours=2))
    return database.engine


def test_a_model_is_stored_once_and_the_last_added_comes_first(engine):
    assert [one.version for one in list_models(engine)] == ["2", "1"]
    assert {one.kind for one in list_models(engine)} == {"scorecard"}


def test_champion_is_the_model_of_the_newest_list(engine):
    assert stored_model(engine, "champion").version == "1"
    assert stored_model(engine, "2").version == "2"
    with pytest.raises(ModelNotPublished):
        stored_model(engine, "3")


def test_champion_is_of_projects_and_of_the_list_of_a_day_that_was_sealed_last(database):
    june, july = dt.date(2025, 6, 1), dt.date(2025, 7, 1)
    lists = (june, "9901", "project"), (june, "", "project"), (july, "", "employer")
    for version, (as_of, region, kind) in enumerate(lists, start=1):
        made = make_publication(as_of, region, version=str(version))
        made = replace(made, header=replace(made.header, kind=kind))
        store_publication(database, made.seal(), published_at=PUBLISHED_AT, published_by="x")
        with writing(database.engine).begin() as connection:
            one = replace(make_extras().model, version=str(version))
            save_model(connection, one, PUBLISHED_AT)
    assert stored_model(database.engine, "champion").version == "2"


def test_rates_are_of_the_newest_date_the_region_and_the_level(database):
    may, june = dt.date(2025, 5, 1), dt.date(2025, 6, 1)
    codes = ("990102", "990103", "990102001", "9901")
    rates = [
        CountyRates(as_of, code, may, {"as_of": as_of.month})
        for as_of in (june, may)
        for code in codes
    ]
    with writing(database.engine).begin() as connection:
        save_rates(connection, rates[:4])
        save_rates(connection, rates[4:])
        save_rates(connection, [replace(rates[0], rates={}), replace(rates[0], month=june)])

    def found(region, as_of, digits):
        principal = Principal("e", "e", Role.INSPECTOR, region) if region else OFFICE
        page = list_rates(database.engine, principal, PageRequest(9), as_of, digits)
        return [(one.region_code, one.month.month, one.rates["as_of"]) for one in page.items]

    assert found("", None, 6) == [("990102", 5, 6), ("990103", 5, 6), ("990102", 6, 6)]
    assert found("", may, 6) == [("990102", 5, 5), ("990103", 5, 5)]
    assert found("990103", may, 6) == [("990103", 5, 5)]
    assert found("990102001", may, 6) == [("990102", 5, 5)]
    assert found("990102001", may, 9) == [("990102001", 5, 5)]
