"""Scores of many projects, what-if scores and the export of features."""
