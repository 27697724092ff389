"""Which subscriptions an event goes to, by its type and region."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from serving.events.repository import DIGEST, PUBLISHED, _matches

OTHER = "outcome.recorded"


@pytest.mark.parametrize(
    ("kind", "region", "matches"),
    [
        (PUBLISHED, "990102", True),
        (PUBLISHED, "9901", True),  # a list of a wider region holds a part of this one
        (PUBLISHED, "990102001", True),
        (PUBLISHED, "990103", False),
        (DIGEST, "990102", True),
        (DIGEST, "9901", False),
        (DIGEST, "990102001", False),  # each region has a digest of its own
        (OTHER, "990102001", True),
        (OTHER, "9901", False),
    ],
)
def test_events_go_to_subscriptions_of_their_type_and_region(kind, region, matches):
    event = {"type": kind, "region": region}
    wanted = SimpleNamespace(name="s", region="990102", types=[kind])
    assert _matches(wanted, event) is matches
    assert not _matches(SimpleNamespace(**{**vars(wanted), "types": ["another"]}), event)
