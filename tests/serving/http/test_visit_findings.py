"""Findings of visits as practised: obstacles, money paid on the spot, measures, photos."""

from __future__ import annotations

import base64
import datetime as dt
import struct

import pytest
from sqlalchemy import func, select

from risk.store.store import RecordStore
from serving import clock
from serving.auth.principal import OFFICE
from serving.db.tables import INBOX, OUTCOME_PHOTOS, OUTCOMES
from serving.ingest.importer import import_waiting
from serving.outcomes.photo_places import HEAD, Place, place_segment, read_place
from serving.outcomes.photos import MAX_BYTES, PhotoInvalid, read_photo
from serving.outcomes.repository import newest_photo, visits_of

from ..conftest import AS_OF, key

VISIT = {"project_id": "P/000", "inspected_on": "2025-06-12"}
LATER = clock.today() + dt.timedelta(days=7)
FOUND = {**VISIT, "arrears_found": True, "workers_owed": 3, "amount_owed": 9000.0}


def _segment(kind: int, body: bytes) -> bytes:
    return bytes([0xFF, kind]) + (len(body) + 2).to_bytes(2, "big") + body


JFIF = _segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0")
TABLE = _segment(0xDB, bytes(65))
SCAN = _segment(0xDA, b"\1\1\0\0?\0") + b"\x12\x34\xff\xd9"
PLACE = _segment(0xE1, b"Exif\0\0GPS 31.2 N")
COMMENT = _segment(0xFE, b"taken at the gate")


@pytest.fixture
def inspector(client, publish, token):
    publish()
    client.headers.update(token("inspector"))
    return client


def _count(database, table):
    with database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_visit_that_could_not_look_makes_no_record(inspector, database):
    sent = {**VISIT, "obstacle": "stopped", "met": "workers"}
    answer = inspector.post("/v1/outcomes", json=sent, headers=key())
    assert answer.status_code == 201, answer.text
    assert answer.json()["arrears_found"] is None
    assert (answer.json()["obstacle"], answer.json()["met"]) == ("stopped", "workers")
    assert _count(database, INBOX) == 0
    visit = visits_of(database.engine, OFFICE, AS_OF)["P/000"]
    assert not visit.has_result


@pytest.mark.parametrize("result", [{"arrears_found": False}, {"obstacle": "nobody"}])
@pytest.mark.parametrize("day", ["2999-12-31", "1900-01-01"])
def test_a_visit_of_a_day_that_cannot_be_is_refused(inspector, database, result, day):
    sent = {**VISIT, "inspected_on": day, **result}
    answer = inspector.post("/v1/outcomes", json=sent, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (422, "outcome_invalid")
    assert (_count(database, OUTCOMES), _count(database, INBOX)) == (0, 0)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"rectified_on": "2025-06-11"}, "“整改完成日期”是“2025-06-11”，早于“检查日期 2025-06-12”"),
        ({"rectify_by": "2025-06-11"}, "“整改期限”是“2025-06-11”，早于“检查日期 2025-06-12”"),
        ({"rectified_on": f"{LATER}"}, f"“整改完成日期”是“{LATER}”，晚于今天"),
    ],
    ids=["before", "order before", "to come"],
)
def test_what_follows_a_visit_is_neither_before_it_nor_still_to_come(
    inspector, database, days, said
):
    answer = inspector.post("/v1/outcomes", json={**FOUND, **days}, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (422, "outcome_invalid")
    assert said in answer.json()["texts"]["zh"]
    assert (_count(database, OUTCOMES), _count(database, INBOX)) == (0, 0)
    first = inspector.post("/v1/outcomes", json=FOUND, headers=key()).json()
    body = {"version": 1, "reason": "误录", "inspected_on": "2025-06-12", "arrears_found": True}
    path = f"/v1/outcomes/{first['id']}/versions"
    refused = inspector.post(path, json={**body, **days}, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (422, "outcome_invalid")


def test_an_order_may_run_until_a_day_to_come_and_be_met_on_the_day_of_the_visit(inspector):
    days = {"rectify_by": f"{LATER}", "rectified_on": "2025-06-12"}
    answer = inspector.post("/v1/outcomes", json={**FOUND, **days}, headers=key())
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "result", [{}, {"arrears_found": False, "obstacle": "refused"}, {"arrears_found": None}]
)
def test_a_visit_has_a_result_or_an_obstacle(inspector, database, result):
    answer = inspector.post("/v1/outcomes", json={**VISIT, **result}, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (422, "outcome_contradictory")
    assert _count(database, OUTCOMES) == 0


def test_a_result_on_record_is_corrected_but_not_withdrawn(inspector):
    first = inspector.post("/v1/outcomes", json=FOUND, headers=key()).json()
    path = f"/v1/outcomes/{first['id']}/versions"
    body = {"version": 1, "reason": "误录", "inspected_on": "2025-06-12"}
    refused = inspector.post(path, json={**body, "obstacle": "nobody"}, headers=key())
    assert refused.json()["code"] == "outcome_contradictory"
    made = inspector.post(path, json={**body, "arrears_found": False}, headers=key())
    assert (made.status_code, made.json()["version"]) == (201, 2)


@pytest.mark.parametrize(
    ("paid", "rectified"), [(9000.0, "2025-06-12"), (8999.99, None), (None, None)]
)
def test_arrears_paid_in_full_on_the_spot_are_rectified(
    inspector, database, workspace, paid, rectified
):
    sent = {**FOUND, "paid_on_spot": paid, "measures": ["filed", "ordered", "filed"]}
    answer = inspector.post("/v1/outcomes", json=sent, headers=key()).json()
    assert (answer["paid_on_spot"], answer["rectified_on"]) == (paid, rectified)
    assert answer["measures"] == ["filed", "ordered"]
    import_waiting(workspace, database)
    with RecordStore(workspace.records, read_only=True) as store:
        [(kept,)] = store.rows("SELECT rectified_on FROM inspections")
    assert (kept and kept.isoformat()) == rectified


def test_a_photo_is_stored_without_its_metadata(inspector, database):
    body = b"\xff\xd8" + JFIF + PLACE + COMMENT + TABLE + SCAN + b"\xff\xd8" + PLACE + b"\xff\xd9"
    sent = {**FOUND, "photo": base64.b64encode(body).decode()}
    made = inspector.post("/v1/outcomes", json=sent, headers=key())
    assert made.status_code == 201, made.text
    assert "photo" not in made.json()
    stored = newest_photo(database.engine, made.json()["id"], OFFICE)
    assert stored == b"\xff\xd8" + JFIF + TABLE + SCAN
    shown = inspector.get(f"/visits/{made.json()['id']}/photo")
    assert (shown.status_code, shown.content) == (200, stored)


def test_an_outcome_with_an_unreadable_photo_is_not_stored(inspector, database):
    sent = {**FOUND, "photo": base64.b64encode(b"GIF89a").decode()}
    answer = inspector.post("/v1/outcomes", json=sent, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (422, "photo_invalid")
    assert (_count(database, OUTCOMES), _count(database, OUTCOME_PHOTOS)) == (0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + JFIF + b"\xff\xd9",
        b"\xff\xd8\x00" + JFIF + SCAN,
        b"\xff\xd8" + JFIF + SCAN[:-2] + bytes(MAX_BYTES) + SCAN[-2:],
    ],
)
def test_what_is_no_small_jpeg_is_refused(body):
    with pytest.raises(PhotoInvalid):
        read_photo(base64.b64encode(body).decode())
    with pytest.raises(PhotoInvalid):
        read_photo("not base64")


def _exif(order, latitude, longitude):
    """An Exif segment as a phone writes it: a maker's name, and where the photo was taken."""
    mark = {"<": b"II", ">": b"MM"}[order]
    first = struct.pack(f"{order}2sHIH", mark, 42, 8, 2)
    first += struct.pack(f"{order}HHI4s", 0x010F, 2, 4, b"ACM\0")
    first += struct.pack(f"{order}HHIII", 0x8825, 4, 1, 38, 0)
    gps = struct.pack(f"{order}H", 4)
    for tag, (side, _), at in ((1, latitude, 92), (3, longitude, 116)):
        gps += struct.pack(f"{order}HHI4s", tag, 2, 2, side)
        gps += struct.pack(f"{order}HHII", tag + 1, 5, 3, at)
    gps += struct.pack(f"{order}I", 0)
    for _, (degrees, minutes, hundredths) in (latitude, longitude):
        gps += struct.pack(f"{order}6I", degrees, 1, minutes, 1, hundredths, 100)
    segment = HEAD + first + gps
    return b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photo_retains_its_place_alone_where_the_office_wants_it(order):
    taken = _exif(order, (b"S\0\0\0", (30, 15, 3600)), (b"E\0\0\0", (104, 30, 0)))
    body = b"\xff\xd8" + taken + JFIF + TABLE + SCAN
    text = base64.b64encode(body).decode()
    assert b"ACM" not in read_photo(text)
    assert HEAD not in read_photo(text)
    stored = read_photo(text, with_place=True)
    assert b"ACM" not in stored
    size = int.from_bytes(stored[4:6], "big")
    # 30 degrees 15 minutes 36 seconds south, 104 degrees 30 minutes east.
    assert read_place(stored[6 : 4 + size]) == Place(-30.26, 104.5)


@pytest.mark.parametrize("segment", [b"", HEAD, HEAD + b"II*\0\xff\xff\xff\xff", HEAD + b"XX" * 9])
def test_a_photo_without_a_readable_place_has_none(segment):
    assert read_place(segment) is None


def test_places_are_written_as_they_are_read():
    for place in (Place(0.0, 0.0), Place(89.9999, -179.5), Place(-12.5, 7.25)):
        found = read_place(place_segment(place)[4:])
        assert found is not None
        assert found.latitude == pytest.approx(place.latitude, abs=1e-7)
        assert found.longitude == pytest.approx(place.longitude, abs=1e-7)
