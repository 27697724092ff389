"""The floors of the mutation runner: code, and the tests that should notice its faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutation.equivalent import is_equivalent
from benchmarks.mutation.operators import Mutant, mutants

ROOT = Path(__file__).parents[2]
_ELSEWHERE = ("commands", "endpoints", "pages", "schemas")
"""Modules whose tests are those of the command line, the API and the pages."""


@dataclass(frozen=True)
class Floor:
    """Code (``sources``, as globs) and the ``tests`` that should notice its faults."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self, root: Path = ROOT) -> list[str]:
        """Return the files of the project in ``root`` in which faults are planted."""
        every = {path for pattern in self.sources for path in root.glob(pattern)}
        return [_relative(one, root) for one in sorted(every) if one.stem not in _ELSEWHERE]

    def test_files(self, root: Path = ROOT) -> list[str]:
        """Return the test files, in the order of ``tests``."""
        return list(dict.fromkeys(_relative(one, root) for one in self._tests(root)))

    def _tests(self, root: Path) -> Iterator[Path]:
        for pattern in self.tests:
            glob = pattern if pattern.endswith(".py") else f"{pattern}/test_*.py"
            yield from sorted(root.glob(glob))


def planted(file: str, root: Path = ROOT) -> list[Mutant]:
    """Return the mutants of a file of the project without those that change nothing."""
    source = (root / file).read_text(encoding="utf-8")
    return [one for one in mutants(source) if not is_equivalent(file, one, source)]


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root))


FLOORS = (
    Floor(
        "feature SQL",
        ("features/families/*.py", "features/pay_state.py", "features/season.py"),
        (
            *("tests/features/families", "tests/features/test_by_hand.py"),
            *("tests/features/test_no_inspector_habits.py", "tests/features/test_catalogue.py"),
            *("tests/features/test_statement_bounds.py", "tests/models/test_evidence.py"),
            *("tests/models/test_scorecard_lines.py", "tests/models/test_pinned_reasons.py"),
        ),
    ),
    Floor("red flags", ("risk/flags/**/*.py",), ("tests/risk/flags",)),
    Floor("watchlist", ("risk/watchlist/*.py",), ("tests/risk/watchlist",)),
    Floor("intake", ("risk/intake/**/*.py",), ("tests/risk/intake", "tests/risk/intake/layouts")),
    Floor(
        "records",
        ("risk/store/*.py", "risk/contract.py"),
        (
            *("tests/risk/store", "tests/risk/intake/test_sealed_days.py"),
            "tests/risk/test_effective_rows.py",
        ),
    ),
    Floor(
        "models",
        tuple(
            f"models/{name}.py"
            for name in (
                *("scorecard", "counterfactuals", "reasons", "novelty", "calibration"),
                *("peer_medians", "cohort_scores", "arrears", "tree_shap", "rule_set"),
                *("logistic", "baselines", "explained", "reason_text", "storage"),
                *("artifact_paths", "registry", "promotion_log", "shared_models"),
                *("shared_trees", "pyfunc_loader", "mlflow_flavor", "scores_manifest"),
                *("registered", "runs"),
            )
        ),
        (
            *(
                f"tests/models/test_{name}.py"
                for name in (
                    *("scorecard", "scorecard_lines", "calibration", "counterfactuals"),
                    *("evidence", "novelty", "pinned_cohort", "pinned_reasons", "reasons"),
                    *("arrears", "tree_shap", "rule_set", "logistic", "baselines"),
                    *("artifact_paths", "registry", "shared_models", "pinned_trees"),
                    *("pinned_storage", "pinned_loader", "pinned_registered", "explained"),
                )
            ),
        ),
    ),
    Floor("linkage", ("models/linkage/*.py",), ("tests/models/linkage",)),
    Floor(
        "training",
        (
            *("training/dataset/*.py", "training/fit/*.py", "training/monitoring/*.py"),
            *("training/metrics.py", "training/event_counts.py", "training/effects.py"),
            "training/artifacts.py",
        ),
        (
            *("tests/training/test_pinned_*.py", "tests/training/test_metrics.py"),
            *("tests/training/test_shared.py", "tests/training/fit/test_holdout.py"),
            *("tests/training/fit/test_pinned_*.py", "tests/training/dataset"),
            "tests/training/monitoring/test_lost_inputs.py",
            "tests/training/monitoring/test_pinned_*.py",
        ),
    ),
    Floor(
        "evaluation and promotion",
        ("training/evaluation/*.py", "training/promotion/*.py"),
        ("tests/training/evaluation", "tests/training/promotion"),
    ),
    Floor("briefings", ("serving/briefings/**/*.py",), ("tests/serving/briefings",)),
    Floor(
        "matters",
        ("serving/matters/*.py",),
        ("tests/serving/matters", "tests/serving/outcomes/test_visit_dates.py"),
    ),
    Floor("publishing", ("serving/publishing/*.py",), ("tests/serving/publishing",)),
    Floor(
        "access",
        ("serving/auth/*.py",),
        tuple(
            f"tests/serving/auth/test_{name}.py"
            for name in (
                *("accounts_by_hand", "authenticator_by_hand", "edges_in_time", "second_factor"),
                *("sessions", "oidc"),
            )
        ),
    ),
    Floor(
        "API queries",
        (
            *(
                f"serving/{name}/repository.py"
                for name in (
                    *("adoption", "audit", "deposits", "events", "feedback", "flag_states"),
                    *("indicators", "ingest", "models", "outcomes", "projects", "watchlists"),
                )
            ),
            *(
                f"serving/watchlists/{name}.py"
                for name in ("list_part", "list_query", "scored_projects", "snapshot_repository")
            ),
            *("serving/db/pagination.py", "serving/db/page_rows.py", "serving/db/text_match.py"),
        ),
        (
            *("tests/serving/adoption", "tests/serving/audit", "tests/serving/flag_states"),
            *("tests/serving/events", "tests/serving/http/test_api.py", "tests/serving/outcomes"),
            *("tests/serving/http/test_writes.py", "tests/serving/db/test_database.py"),
            *("tests/serving/watchlists/test_page_rows.py", "tests/serving/auth/test_access.py"),
            *("tests/serving/watchlists/test_trend.py", "tests/serving/ingest/test_ownership.py"),
            "tests/serving/watchlists/test_scored_projects_by_hand.py",
            "tests/serving/watchlists/test_sealed_lists_by_hand.py",
            *("tests/serving/watchlists/test_lists_by_hand.py", "tests/serving/archives"),
            *("tests/serving/deposits", "tests/serving/watchlists/test_dossier_columns.py"),
            "tests/serving/models/test_stored_models.py",
            "tests/serving/ingest/test_day_of_submissions.py",
        ),
    ),
)
