"""Scores of many projects, and what they would be if."""
