"""Complaints without a project, their candidates, and decisions on them."""
