"""Departments that receive notices, and which facts of a project each may receive.

The table is data in ``departments.toml``, with the articles of law behind each entry.
"""

from risk.departments.registry import CODES, Department, departments

__all__ = ["CODES", "Department", "departments"]
