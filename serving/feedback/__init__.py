"""Feedback on scores and reasons."""
