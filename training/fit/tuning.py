"""Hyperparameter search inside the training window: bounded, resumable and reproducible.

Completed trials are stored in a file, in a study named after the training set and the seed. An
interrupted search resumes there and ends with the same trials as an uninterrupted one: the proposal
of a trial depends only on the seed and the trials completed before it.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.arrears import Hyperparameters, MergedHyperparameters
from models.logistic import LogisticHyperparameters
from risk.progress import Progress
from training.dataset.training_set import TrainingSet
from training.fit.ladder import STRENGTHS, default_recipe, recipe_for
from training.fit.model_selection import Candidate, Choice, choose, evaluate_candidate
from training.fit.out_of_time import AnyHyperparameters

if TYPE_CHECKING:
    import optuna

_STARTUP_TRIALS = 5
_BATCH_ROWS = 16_384
_BY_MONTH = "by_month"


def tune(
    training_set: TrainingSet,
    trials: int,
    seed: int,
    study_file: Path,
    progress: Progress | None = None,
) -> Choice | None:
    """Choose between the default, regressions, and ``trials`` proposals of the search.

    None where the events are too few to fit a model. The search proposes boosters only, so it is
    left out where the default is a regression. ``study_file`` stores the trials (SQLite).
    """
    recipe = default_recipe(training_set)
    if recipe is None:
        return None
    candidates = [evaluate_candidate(training_set, "default", recipe)]
    if isinstance(recipe, MergedHyperparameters):
        recipe = _without_others(training_set)
        if recipe is None:
            return choose(candidates)
        candidates.append(evaluate_candidate(training_set, "own records alone", recipe))
    candidates += [
        evaluate_candidate(training_set, f"logistic {other.strength}", other)
        for other in _regressions(recipe)
    ]
    if isinstance(recipe, Hyperparameters):
        candidates += _search(training_set, recipe, trials, seed, study_file, progress)
    return choose(candidates)


def _without_others(training_set: TrainingSet) -> AnyHyperparameters | None:
    """The default without the models of other counties; None if that is the scorecard."""
    return recipe_for(training_set.events, float(training_set.target.sum()))


def _regressions(default: AnyHyperparameters) -> list[LogisticHyperparameters]:
    """The regressions to compare with ``default``."""
    from_scorecard = isinstance(default, LogisticHyperparameters) and default.from_scorecard
    tried = [LogisticHyperparameters(strength, from_scorecard) for strength in STRENGTHS]
    return [one for one in tried if one != default]


def training_set_digest(training_set: TrainingSet) -> str:
    """SHA-256 of the features and labels of the training set."""
    matrix = training_set.matrix
    digest = hashlib.sha256("\n".join(matrix.columns).encode())
    digest.update("\n".join(matrix.project_ids).encode())
    for array in (matrix.as_ofs, matrix.values, training_set.target, training_set.expected):
        for start in range(0, len(array), _BATCH_ROWS):
            digest.update(array[start : start + _BATCH_ROWS].tobytes())
    return digest.hexdigest()


def _search(
    training_set: TrainingSet,
    default: Hyperparameters,
    trials: int,
    seed: int,
    study_file: Path,
    progress: Progress | None,
) -> list[Candidate]:
    if trials < 1:
        return []
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(f"sqlite:///{study_file}")
    study = optuna.create_study(
        storage=storage,
        study_name=_study_name(training_set, default, seed),
        direction="maximize",
        load_if_exists=True,
    )
    while (number := len(_completed(study))) < trials:
        study.sampler = optuna.samplers.TPESampler(
            seed=(seed + number) % 2**32, n_startup_trials=_STARTUP_TRIALS
        )
        _run_trial(study, training_set, default)
        if progress:
            progress("tuning", (number + 1) / trials)
    candidates = [
        Candidate(
            f"trial {number}",
            replace(default, **trial.params),
            tuple(trial.user_attrs[_BY_MONTH]),
        )
        for number, trial in enumerate(_completed(study)[:trials])
    ]
    storage.engine.dispose()
    return candidates


def _study_name(training_set: TrainingSet, default: Hyperparameters, seed: int) -> str:
    # The text is part of the names of stored studies, so it does not follow the name of the class.
    values = ", ".join(f"{name}={value!r}" for name, value in asdict(default).items())
    default_digest = hashlib.sha256(f"Recipe({values})".encode()).hexdigest()
    return f"{training_set_digest(training_set)}-{seed}-{default_digest}"


def _completed(study: optuna.Study) -> list[Any]:
    """Completed trials in order; interrupted ones are left out and run again."""
    import optuna

    return study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])


def _run_trial(study: optuna.Study, training_set: TrainingSet, default: Hyperparameters) -> None:
    trial = study.ask()
    proposed: dict[str, Any] = {
        "leaves": trial.suggest_int("leaves", 2, 31, log=True),
        "min_rows_in_leaf": trial.suggest_int("min_rows_in_leaf", 20, 500, log=True),
        "l2": trial.suggest_float("l2", 1.0, 100.0, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.1, log=True),
        "feature_share": trial.suggest_float("feature_share", 0.1, 0.8),
        "row_share": trial.suggest_float("row_share", 0.3, 0.9),
    }
    candidate = evaluate_candidate(training_set, "trial", replace(default, **proposed))
    trial.set_user_attr(_BY_MONTH, list(candidate.by_month))
    study.tell(trial, candidate.mean)
