"""A province's dialect: what it may change, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk.sources.realname.dialect import load_dialect
from risk.sources.realname.errors import DialectInvalid


def dialect(folder: Path, content: str):
    file = folder / "province.toml"
    file.write_text(content, encoding="utf-8")
    return load_dialect(file)


def test_a_dialect_overrides_what_it_names_and_nothing_else(tmp_path):
    own = dialect(
        tmp_path,
        """
        [call]
        version = "1.1"
        page_start = 1
        [call.extra]
        area = "51"
        [methods.passes]
        name = "Attendance.Query"
        [methods.passes.fields]
        date = ["passTime", "date"]
        [methods.teams]
        name = ""
        [codes.sector]
        "13" = "transport"
        """,
    )
    national = load_dialect()
    passes = own.methods["passes"]
    assert (own.call["version"], own.call["page_start"], own.call["extra"]) == (
        "1.1",
        1,
        {"area": "51"},
    )
    assert passes.name == "Attendance.Query"
    assert passes.fields["date"] == ("passTime", "date")
    assert passes.fields["corp"] == national.methods["passes"].fields["corp"]
    assert own.methods["teams"].name == ""
    assert own.term("sector", "13") == "transport"
    assert own.methods["payrolls"] == national.methods["payrolls"]


def test_codes_that_lost_their_zeros_are_the_same_codes():
    national = load_dialect()
    assert [national.term("sector", code) for code in ("01", "1", "7", "99")] == [
        "building",
        "building",
        "water",
        "other",
    ]
    assert national.term("org_kind", "9") == "general_contractor"
    assert national.term("sector", "77") is national.term("sector", None) is None


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("[calls]\nversion = '1'", "calls"),
        ("[call]\nretries = 3", "call.retries"),
        ("[call]\npage_start = '0'", "call.page_start"),
        ("[call]\npage_start = 2", "call.page_start"),
        ("[call]\npage_start = true", "call.page_start"),
        ("[call]\npage_size_min = 60", "call.page_size_min"),
        ("[call.extra]\narea = 51", "call.extra.area"),
        ("[methods.workers.fields]\nname = 'workerName'", "methods.workers.fields.name"),
        ("[methods.workers]\nfields = 3", "methods.workers.fields"),
        ("[methods.gates]\nname = 'Gate.Query'", "methods.gates"),
        ("[codes.sector]\n'01' = 'houses'", "codes.sector.01"),
        ("[codes.colour]\n'1' = 'red'", "codes.colour"),
        ("[identity]\nfields = 'idCardNumber'", "identity.fields"),
        ("this is no TOML", ""),
    ],
)
def test_what_the_interface_does_not_have_is_refused(tmp_path, content, place):
    with pytest.raises(DialectInvalid) as refused:
        dialect(tmp_path, content)
    assert [problem.place for problem in refused.value.fields["problems"]] == [place]
    for language in ("zh", "en"):
        message = refused.value.message(language)
        assert "province.toml" in message
        assert place in message


def test_all_problems_of_a_file_come_at_once(tmp_path):
    with pytest.raises(DialectInvalid) as refused:
        dialect(tmp_path, "[call]\na = 1\nb = 2\n[formats]\ndates = 1")
    places = [problem.place for problem in refused.value.fields["problems"]]
    assert places == ["call.a", "call.b", "formats.dates"]


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(DialectInvalid, match=r"none\.toml"):
        load_dialect(tmp_path / "none.toml")
