"""Pre-financing concerns government projects since July 2019; guarantees private projects."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()

    def project(name, **values):
        def scene(site):
            site.add("projects", known_at="2024-01-10", **values)

        scene.__name__ = name
        scenes(scene)

    prefinanced = {"advance_funded": True, "funding": "government"}
    project("started_with_the_ban", **prefinanced, started_on="2019-07-01")
    project("started_before_the_ban", **prefinanced, started_on="2019-06-30")
    project("private_prefinanced", advance_funded=True, funding="private")
    without = {"payment_guarantee": False}
    project("private_without", **without, funding="private")
    project("private_before_the_decree", **without, funding="private", started_on="2020-04-30")
    project("government_without", **without, funding="government")
    project("unknown_funding_without", **without)
    project("private_with", payment_guarantee=True, funding="private")
    project("private_unknown", funding="private")
    return scenes.flags()


def flagged(found, code):
    return {name for name, flags in found.items() if code in flags}


def test_ban_on_prefinancing_dates_from_july_2019_and_binds_government_projects(found):
    assert flagged(found, "government_project_prefinanced") == {"started_with_the_ban"}
    flag = found["started_with_the_ban"]["government_project_prefinanced"]
    assert (flag.article, flag.basis) == ("23", "decree_712_22")


def test_payment_guarantee_is_asked_of_private_projects(found):
    assert flagged(found, "payment_guarantee_missing") == {"private_without"}
    assert found["private_without"]["payment_guarantee_missing"].article == "24"
