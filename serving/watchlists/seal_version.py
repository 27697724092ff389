"""Version of the format in which lists and risks are sealed.

A version covers everything that decides the sealed bytes: the fields, the texts of the
catalogues that enter them and the arithmetic behind their figures. A change of any of these is a
new version. Documents of version 1 do not name it, so that their bytes stay what they were; later
ones carry ``seal_version``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from serving.errors import CommandError

SEAL_VERSION = 7
"""The version that is sealed now.

1: reasons argue with the value of a family's strongest feature; flags have no grade.
2: reasons state facts and name their basis; flags have a grade and are sorted by it; assessments
hold the wages unpaid on the books; the terms, parties and articles of flags are corrected.
3: features divide by the months on record, add up instalments, leave returned payments out, know a
deposit once used, and give contracts without a known place no level.
4: findings of flags leave out clauses whose number is zero; the texts of flags are reworded.
5: the season is counted from Spring Festival; wages paid a few days after the due day are not late;
the model has remarks: inputs that are gone, checks that failed, features defined otherwise; a
project is unlike any inspected one if none of its kind was; findings say what is not on record and
how a deposit is recorded.
6: wages overdue below a month's wages are a flag of their own, about the way of payment;
findings say until when records were reported that stopped arriving; shares of contracts name the
contracts they are of; features count calendar months, leave out what lies in the future or has
ended, and compare with all running projects of a party; reasons list the records that their figure
counts, the longest overdue first where it is about the longest.
7: subcontracts that ended do not count; heads on site are unknown where a team reports none, and
months in full where no wages fell due; a corrected visit counts on its new day alone; a timeline
knows payments by the date of the list; red flags about wages overdue date their payrolls by the
payroll's own day of knowledge; contributions in dossiers are rounded.
"""

GRADES_SINCE = 2
"""First version in whose order red flags weigh by their grade; before, all weighed alike."""

FLAGS_SINCE = 7
"""First version whose red flags the present rules find again; flags of older lists are read from
their seals."""

FEATURES_SINCE = 7
"""First version whose feature values the present features compute again. A list of an earlier one
may have other figures when rebuilt, which shows nothing about it."""

REMARKS_SINCE = 5
"""First version whose model has remarks; lists of earlier ones are rebuilt without."""

EVENTS_NEEDED_SINCE = 7
"""First version that says how many events a fitted model needs, and only where they were short."""

_FIELD = "seal_version"


class SealVersionTooNew(CommandError):
    """The document was sealed by a later version of this program."""

    code = "seal_version_too_new"


def version_fields(version: int) -> dict[str, int]:
    """Return the fields by which a document names its version; none for version 1."""
    return {} if version == 1 else {_FIELD: version}


def seal_version_of(document: Mapping[str, Any]) -> int:
    """Return the version a sealed document was written in."""
    return int(document.get(_FIELD, 1))


def parse_sealed(body: bytes, newest: int = SEAL_VERSION) -> dict[str, Any]:
    """Parse the bytes of a sealed document of any version up to ``newest``.

    Raises:
        SealVersionTooNew: it has a later version.
    """
    document: dict[str, Any] = json.loads(body)
    version = seal_version_of(document)
    if version > newest:
        raise SealVersionTooNew(version=version, newest=newest)
    return document
