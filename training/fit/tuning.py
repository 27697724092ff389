"""Searches for a better way of fitting inside the training window: bounded, resumable, repeatable.

Trials are kept in a file as they end, under a name made of the lessons and the seed. A search that
was interrupted goes on where it stopped and ends with the same trials as one that was not: each
trial's proposal depends on the seed and the trials completed before it, on nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.arrears import Hyperparameters, hyperparameters_for
from models.logistic import LogisticHyperparameters
from risk.progress import Progress
from training.dataset.training_set import Lessons
from training.fit.model_selection import Candidate, Choice, choose, judge

if TYPE_CHECKING:
    import optuna

MOST_TRIALS = 200
_STRENGTHS = (0.001, 0.003, 0.01)
_STARTUP_TRIALS = 5
_ROWS_AT_ONCE = 16_384
_MONTHS_KEPT = "by_month"


def tune(
    lessons: Lessons,
    trials: int,
    seed: int,
    store: Path,
    progress: Progress | None = None,
) -> Choice:
    """The way of fitting to use: the default, a regression, or one of ``trials`` searched ones.

    ``store`` is the file the trials are kept in (SQLite).
    """
    default = hyperparameters_for(float(lessons.target.sum()))
    candidates = [judge(lessons, "default", default)]
    candidates += [
        judge(lessons, f"logistic {strength}", LogisticHyperparameters(strength))
        for strength in _STRENGTHS
    ]
    return choose([*candidates, *_searched(lessons, default, trials, seed, store, progress)])


def lessons_digest(lessons: Lessons) -> str:
    """SHA-256 of everything the lessons hold."""
    total = hashlib.sha256("\n".join(lessons.matrix.columns).encode())
    total.update("\n".join(lessons.matrix.project_ids).encode())
    for part in (lessons.matrix.as_ofs, lessons.matrix.values, lessons.target, lessons.soft):
        for start in range(0, len(part), _ROWS_AT_ONCE):
            total.update(part[start : start + _ROWS_AT_ONCE].tobytes())
    return total.hexdigest()


def _searched(
    lessons: Lessons,
    default: Hyperparameters,
    trials: int,
    seed: int,
    store: Path,
    progress: Progress | None,
) -> list[Candidate]:
    if trials < 1:
        return []
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name = f"{lessons_digest(lessons)}-{seed}-{hashlib.sha256(repr(default).encode()).hexdigest()}"
    storage = optuna.storages.RDBStorage(f"sqlite:///{store}")
    study = optuna.create_study(
        storage=storage, study_name=name, direction="maximize", load_if_exists=True
    )
    while (number := len(_completed(study))) < trials:
        study.sampler = optuna.samplers.TPESampler(
            seed=(seed + number) % 2**32, n_startup_trials=_STARTUP_TRIALS
        )
        _one_trial(study, lessons, default)
        if progress:
            progress("tuning", (number + 1) / trials)
    found = [
        Candidate(
            f"trial {number}", _recipe(default, one.params), tuple(one.user_attrs[_MONTHS_KEPT])
        )
        for number, one in enumerate(_completed(study)[:trials])
    ]
    storage.engine.dispose()
    return found


def _completed(study: optuna.Study) -> list[Any]:
    """Trials that ended, in order; one that was cut off is done again."""
    import optuna

    return study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])


def _one_trial(study: optuna.Study, lessons: Lessons, default: Hyperparameters) -> None:
    trial = study.ask()
    proposed = {
        "leaves": trial.suggest_int("leaves", 2, 31, log=True),
        "min_rows_in_leaf": trial.suggest_int("min_rows_in_leaf", 20, 500, log=True),
        "l2": trial.suggest_float("l2", 1.0, 100.0, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.1, log=True),
        "feature_share": trial.suggest_float("feature_share", 0.1, 0.8),
        "row_share": trial.suggest_float("row_share", 0.3, 0.9),
    }
    judged = judge(lessons, "trial", _recipe(default, proposed))
    trial.set_user_attr(_MONTHS_KEPT, list(judged.by_month))
    study.tell(trial, judged.mean)


def _recipe(default: Hyperparameters, proposed: dict[str, Any]) -> Hyperparameters:
    return replace(default, **proposed)
