"""Channels of complaints, kinds of employers of cases, and causes of other disputes."""

from __future__ import annotations

from risk.contract import TABLES

CHANNELS = (*TABLES["complaints"].field("channel").values, "")
"""Channels of complaints; the empty one is not recorded."""

CONSTRUCTION = (
    *("general_contractor", "subcontractor", "labour_subcontractor", "owner", "site_unnamed"),
)
"""Kinds of employer in construction; of the last only the project is recorded."""

EMPLOYER_KINDS = (*CONSTRUCTION, "individual", "enterprise", "other_employer", "")
"""Kinds of employer of a case; the empty one is not recorded."""

CAUSES = tuple(code for code in TABLES["cases"].field("cause").values if code != "wages")
