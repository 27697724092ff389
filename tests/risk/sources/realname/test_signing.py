"""The signature of a request, worked out with sha256sum."""

from __future__ import annotations

from risk.sources.realname.signing import signature

FORM = {
    "version": "1.0",
    "timestamp": "20251231235959",
    "nonce": "0123456789ABCDEF0123456789abcdef",
    "method": "Project.Query",
    "format": "json",
    "data": '{"projectCode":"510822","name":"滨河"}',
    "appid": "A1",
}


def test_signature_is_the_sha256_of_the_lower_cased_fields_in_order_and_the_secret_last():
    # printf "%s" "appid=a1&data={…}&format=json&method=project.query&nonce=…&timestamp=…
    #   &version=1.0&appsecret=sesame-open/2025=x" | sha256sum, with the fields below in lower case
    expected = "c047d07b78105f5afc8f64538f7468b07ff3154b84191842ef518dff33f61d0a"
    assert signature(FORM, "Sesame-OPEN/2025=x") == expected
    assert signature(dict(reversed(FORM.items())), "sesame-open/2025=x") == expected


def test_every_field_is_signed():
    plain = signature(FORM, "s")
    changed = {signature({**FORM, name: f"{value}1"}, "s") for name, value in FORM.items()}
    assert len({plain, *changed, signature(FORM, "s1")}) == len(FORM) + 2
