"""What each department is told of a project, and no more: the table, as data with its articles."""

from risk.departments.registry import CODES, Department, departments

__all__ = ["CODES", "Department", "departments"]
