"""Contributions of single features: stored when a list is published, shown, drawn, refused."""

from __future__ import annotations

import json
import math
from urllib.parse import quote

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from models.registry import Registry
from serving.app import create_app
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.cli.main import main
from serving.db.database import Database
from serving.settings import Settings
from serving.watchlists.repository import WatchlistRepository

from ..conftest import LISTS, NO_TLS, PUBLISHED_AT, served
from ..people import add_token


@pytest.fixture(scope="module")
def risk(office):
    with Database(f"sqlite:///{office.service_database}") as database:
        first = WatchlistRepository(database).watchlist(LISTS[1], "").document()["entries"][0]
        return WatchlistRepository(database).project_risk(first["project_id"], LISTS[1]).document()


def written(office, risk, path):
    line = ["explain", risk["project_id"], "--as-of", str(LISTS[1]), "--shap", str(path)]
    return main(["-w", str(office.root), "--lang", "en", *line])


def test_contributions_of_features_add_up_to_the_probability_and_to_the_reasons(
    office, risk, tmp_path
):
    path = tmp_path / "c.parquet"
    assert written(office, risk, path) == 0
    table = pq.read_table(path)
    about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    rows = table.to_pylist()
    assert [row["feature"] for row in rows] == list(Registry(office).champion()[0].columns)
    raw = json.loads(about["base"]) + sum(row["contribution"] for row in rows)
    chance = 1 / (1 + math.exp(-(float(about["slope"]) * raw + float(about["intercept"]))))
    # Of some 150 figures each may be wrong by 5e-7; the slope of the curve is a quarter at most.
    assert chance == pytest.approx(risk["probability"], abs=2e-5)
    for reason in risk["reasons"]:
        family = [row["contribution"] for row in rows if row["family"] == reason["family"]]
        assert sum(family) == pytest.approx(reason["contribution"], abs=len(family) * 5.1e-7)
        [value] = [row["value"] for row in rows if row["feature"] == reason["feature"]]
        assert value == reason["value"]


# shap draws with matplotlib, in ways matplotlib advises against.
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore:Glyph:UserWarning", "ignore::DeprecationWarning")
def test_waterfalls_are_drawn(office, risk, tmp_path):
    path = tmp_path / "w.png"
    assert written(office, risk, path) == 0
    with Image.open(path) as picture:
        assert picture.size[0] > 400
        assert picture.size[1] > 800
        assert np.asarray(picture.convert("L")).std() > 5


def test_other_formats_are_refused(office, risk, tmp_path, capsys):
    assert written(office, risk, tmp_path / "w.svg") == 1
    assert ".png or .parquet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_service_answers_with_what_was_stored_in_the_region_only(copy, risk):
    with Database(f"sqlite:///{copy.service_database}") as database:

        def headers(region):
            account = NewAccount(f"r{region}", Role.SYSTEM, region, "test", PUBLISHED_AT)
            return {"Authorization": f"Bearer {add_token(database.engine, account)}"}

        path = f"/v1/projects/{quote(risk['project_id'], safe='')}/contributions"
        with (
            served(create_app(Settings(), database)) as url,
            httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as client,
        ):
            found = client.get(path, headers=headers("")).json()
            elsewhere = client.get(path, headers=headers("42"))
            unknown = client.get("/v1/projects/none/contributions", headers=headers("11"))
            (register,) = [client.get(f"{path}?as_of=2020-01-01", headers=headers("99"))]
    assert found["probability"] == risk["probability"]
    assert found["as_of"] == str(LISTS[1])
    total = found["base"] + sum(one["contribution"] for one in found["features"])
    assert found["raw"] == pytest.approx(total, abs=1e-9)
    assert {"name", "family", "value", "contribution"} == set(found["features"][0])
    assert (elsewhere.status_code, unknown.status_code, register.status_code) == (404, 404, 404)
