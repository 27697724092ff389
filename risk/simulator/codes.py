"""Region and credit codes: valid in form, fictional in content.

No Chinese province code starts with 99, so no generated code is real.
"""

from __future__ import annotations

import numpy as np

from risk.intake.credit_code import ALPHABET, check_character

PREFECTURE = "9901"
PROJECTS_PER_COUNTY = 400
TOWNSHIPS_PER_COUNTY = 12


def credit_codes(rng: np.random.Generator, count: int, counties: list[str]) -> list[str]:
    """``count`` distinct credit codes of enterprises registered in ``counties``."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        county = counties[int(rng.integers(len(counties)))]
        tail = "".join(ALPHABET[int(index)] for index in rng.integers(0, 31, 8))
        body = f"91{county}MA{tail[:7]}"
        codes[body + check_character(body)] = None
    return list(codes)


def counties(projects: int) -> list[str]:
    """County codes (6 digits): one per ``PROJECTS_PER_COUNTY`` projects, at most 60."""
    number = max(1, -(-projects // PROJECTS_PER_COUNTY))
    return [f"{PREFECTURE}{21 + index}" for index in range(min(number, 60))]


def townships(county: str) -> list[str]:
    """Township codes (9 digits) of a county."""
    return [f"{county}{101 + index}" for index in range(TOWNSHIPS_PER_COUNTY)]
