"""The risk model as a scikit-learn classifier, with its explanations as shap has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from features.feature_sets import FEATURE_SETS
from models.base import ScoringModel
from risk.unit_kinds import Kind
from training.dataset.frames import AS_OF, matrix_of
from training.dataset.labels import EventLog
from training.dataset.training_set import TrainingSet
from training.fit.fit import fit
from training.fit.out_of_time import AnyHyperparameters
from training.metrics import distinct_events

if TYPE_CHECKING:
    import shap
    from numpy.typing import NDArray


class ArrearsClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fits and scores as ``wagewatch train`` and ``wagewatch score`` do.

    ``recipe`` are hyperparameters of :mod:`models.arrears` or :mod:`models.logistic`; None chooses
    by the number of events. X is a frame with the features of ``kind`` by name; other columns are
    ignored, except ``as_of``, which fitting needs for calibration on later months.
    """

    def __init__(self, recipe: AnyHyperparameters | None = None, kind: Kind = "project") -> None:
        self.recipe = recipe
        self.kind = kind

    @classmethod
    def from_model(cls, model: ScoringModel, kind: Kind = "project") -> ArrearsClassifier:
        """A fitted classifier that scores with ``model``."""
        return cls(kind=kind)._with(model)

    def fit(self, X: Any, y: Any) -> ArrearsClassifier:
        """Fit on the rows of X with labels ``y`` of 0 and 1.

        Raises:
            ValueError: a column is missing, or a label is unknown.
        """
        columns = [feature.name for feature in FEATURE_SETS[self.kind].features]
        if AS_OF not in getattr(X, "columns", ()):
            raise ValueError("X needs the column as_of")
        labels = np.asarray(y, dtype=np.float64)
        if not np.isin(labels, (0.0, 1.0)).all():
            raise ValueError("y holds other values than 0 and 1; leave out rows without a label")
        return self._with(
            fit(_training_set(matrix_of(X, columns, self.kind), labels), self.recipe).model
        )

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities of no event and of an event within 90 days, shape (rows, 2)."""
        chance = self._model().calibration.probability(self._raw(X))
        return np.column_stack([1 - chance, chance])

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Calibrated log-odds, shape (rows,)."""
        calibration = self._model().calibration
        return np.asarray(calibration.slope * self._raw(X) + calibration.intercept)

    def predict(self, X: Any) -> NDArray[np.int64]:
        """1 where an event is more likely than not, else 0; shape (rows,)."""
        return np.asarray(self.decision_function(X) >= 0, dtype=np.int64)

    def explain(self, X: Any) -> shap.Explanation:
        """SHAP values in log-odds before calibration; with ``base_values`` they add up to the raw
        score of :meth:`raw_score`.
        """
        import shap

        model = self._model()
        matrix = matrix_of(X, model.columns, self.kind)
        parts = model.contributions(matrix)
        return shap.Explanation(
            parts[:, :-1],
            base_values=parts[:, -1],
            data=matrix.values,
            feature_names=list(model.columns),
        )

    def raw_score(self, X: Any) -> NDArray[np.float64]:
        """Log-odds before calibration, shape (rows,)."""
        return self._raw(X)

    def _with(self, model: ScoringModel) -> ArrearsClassifier:
        self.model_ = model
        self.classes_ = np.array([0, 1])
        self.feature_names_in_ = np.array(model.columns, dtype=object)
        self.n_features_in_ = len(model.columns)
        return self

    def _model(self) -> ScoringModel:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError("fit it first, or take it from a workspace")
        return self.model_

    def _raw(self, data: Any) -> NDArray[np.float64]:
        model = self._model()
        return model.raw(matrix_of(data, model.columns, self.kind))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _training_set(matrix: Any, labels: NDArray[np.float64]) -> TrainingSet:
    """The training set of labelled rows that are all mature."""
    dates = tuple(day.astype(object) for day in np.unique(matrix.as_ofs))
    events = distinct_events(matrix.project_ids, matrix.as_ofs, labels)
    log = EventLog(known_until=max(dates), days={}, maturity_days=0)
    return TrainingSet(log, dates, matrix, labels, labels, events)
