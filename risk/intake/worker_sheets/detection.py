"""Detection of files with worker-level sheets, whose names may say anything."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from risk.intake.cells import match_key
from risk.intake.file_errors import IntakeFailure
from risk.intake.layouts.sheet_parts import open_tables
from risk.intake.worker_sheets.team_totals import worker_level

_NAMED = re.compile(r"工资|考勤|出勤|花名册|名册|班组|工人|民工|实名")


def has_worker_sheets(path: Path, *, named: bool = False) -> bool:
    """Whether a file has a worker-level sheet; a file that cannot be read has none.

    ``named``: only files whose names mention workers are opened.
    """
    if named and not _NAMED.search(match_key(path.stem)):
        return False
    with suppress(IntakeFailure), open_tables(path) as sheets:
        return bool(worker_level(sheets))
    return False
