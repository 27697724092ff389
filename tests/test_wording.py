"""Both catalogues are complete and take the same fields; every failure has its wording."""

from __future__ import annotations

import importlib
import pkgutil
import string

import pytest

from risk.errors import WagewatchError
from risk.locale import LANGUAGES, catalogue

FLOORS = ("risk", "features", "models", "training", "serving")


def fields_of(wording: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(wording) if name}


def all_failures() -> set[type[WagewatchError]]:
    for floor in FLOORS:
        package = importlib.import_module(floor)
        for module in pkgutil.walk_packages(package.__path__, f"{floor}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    found, todo = set(), [WagewatchError]
    while todo:
        children = todo.pop().__subclasses__()
        found.update(children)
        todo.extend(children)
    return {failure for failure in found if failure.__module__.split(".")[0] in FLOORS}


def test_both_languages_have_the_same_keys():
    assert set(catalogue("zh")) == set(catalogue("en"))


# Ten thousand yuan are a unit of their own in Chinese only.
MONEY_KEYS = {"values.wan"}


@pytest.mark.parametrize("key", sorted(set(catalogue("zh")) - MONEY_KEYS))
def test_both_wordings_take_the_same_fields(key):
    zh, en = (fields_of(catalogue(language)[key]) for language in LANGUAGES)
    assert zh == en


def test_every_failure_is_worded_in_both_languages():
    codes = {failure.code for failure in all_failures() if failure.code != "error"}
    assert len(codes) > 20
    for language in LANGUAGES:
        assert {code for code in codes if f"errors.{code}" not in catalogue(language)} == set()
