"""Evaluation of past predictions: backtests, metrics with intervals, fairness, baselines."""
