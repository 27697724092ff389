"""Blind field races: picks of the model and of inspectors, visited in one order."""
