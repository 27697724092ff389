"""Promotion of a challenger to champion: evaluation, gate, leakage checks."""
