"""Wage deposits: the office's own rule tables, and what a reader may see of the advice."""
