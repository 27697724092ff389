"""Complaints that name no project."""
