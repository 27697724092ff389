"""What-if scores: the risk of a project with some records changed. Nothing is stored.

The record store is copied, the changed rows are imported into the copy like any file, and both
stores are scored with the model of the publication.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk.contract import TABLES
from risk.locale import LANGUAGES, Language, text
from risk.progress import Progress
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.auth.principal import OFFICE
from serving.clock import office_noon
from serving.db.database import Database
from serving.errors import CommandError
from serving.ingest.submissions import build_submission, check_submission
from serving.publishing import localize
from serving.publishing.scoring import score_cohort
from serving.watchlists.repository import WatchlistRepository

if TYPE_CHECKING:
    from models.cohort_scores import ScoredProject
    from risk.minimum_wage import MinimumWage


class WhatIfRowsInvalid(CommandError):
    """A changed row would be quarantined, so it cannot be scored."""

    code = "what_if_rows_invalid"

    def message(self, language: Language = "en") -> str:
        """Return the error as one sentence in ``language``."""
        reasons = self.fields[f"reasons_{language}"]
        return text(f"errors.{self.code}", language, reasons=reasons)


class WhatIfNotScored(CommandError):
    """With the changed records the project is not in the cohort."""

    code = "what_if_not_scored"


@dataclass(frozen=True)
class WhatIfRequest:
    """Project, date of the publication, and changed rows by table."""

    project_id: str
    as_of: dt.date
    records: Mapping[str, Sequence[Mapping[str, object]]]


def what_if(
    workspace: Workspace,
    database: Database,
    question: WhatIfRequest,
    progress: Progress,
    wages: Sequence[MinimumWage] | None = None,
) -> Mapping[str, Any]:
    """Return score and reasons before and after the change, from the same model.

    ``wages`` are the minimum wages of features, by default those shipped with the law.

    Raises:
        NotPublished, ProjectNotScored: there is no publication of that date with the project.
        WhatIfRowsInvalid: a row would be quarantined.
        WhatIfNotScored: the project would not be scored.
    """
    sealed = (
        WatchlistRepository(database).project_risk(question.project_id, question.as_of).document()
    )
    version = sealed["model"]["version"]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "records.duckdb"
        # An open reader keeps writers out while the file is copied.
        with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as store:
            store.minimum_wages = wages
            shutil.copyfile(workspace.records, copy)
            before = _scored(workspace, store, question, version, lambda s, p: progress(s, p / 2))
        with RecordStore(copy) as changed:
            changed.minimum_wages = wages
            _change(changed, question, Path(folder))
            after = _scored(
                workspace, changed, question, version, lambda s, p: progress(s, 0.5 + p / 2)
            )
    return {
        "what_if": True,
        "note": {language: text("api.what_if", language) for language in LANGUAGES},
        "project_id": question.project_id,
        "as_of": question.as_of.isoformat(),
        "model_version": version,
        "records": {name: len(rows) for name, rows in question.records.items()},
        "as_known": before,
        "as_asked": after,
    }


def _change(store: RecordStore, question: WhatIfRequest, folder: Path) -> None:
    from risk.intake.importer import import_file

    known = question.as_of - dt.timedelta(days=1)
    noon = office_noon(known)
    for name, rows in question.records.items():
        table = TABLES[name]
        # A row without a date of its own counts as known on the day before the publication.
        dated = [{"known_at": known.isoformat(), **row} for row in rows]
        submission = build_submission(table, dated, OFFICE, noon)
        problems = [one for bad in check_submission(table, submission) for one in bad.problems]
        if problems:
            reasons = {
                f"reasons_{language}": " ".join(one.message(table, language) for one in problems)
                for language in LANGUAGES
            }
            raise WhatIfRowsInvalid(**reasons)
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([submission.header, *submission.rows])
        import_file(store, path, table=table, today=known)


def _scored(
    workspace: Workspace,
    store: RecordStore,
    question: WhatIfRequest,
    version: str,
    progress: Progress,
) -> Mapping[str, Any]:
    scored = score_cohort(workspace, store, question.as_of, progress, version)
    for project in scored.cohort.named([question.project_id]):
        return _to_dict(project)
    raise WhatIfNotScored(project_id=question.project_id, as_of=question.as_of)


def _to_dict(project: ScoredProject) -> Mapping[str, Any]:
    return {
        "probability": project.probability,
        "reasons": [localize.seal_reason(reason).to_document() for reason in project.reasons],
    }
