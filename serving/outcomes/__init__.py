"""Outcomes of visits."""
