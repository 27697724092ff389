"""Notices to other departments: what concerns one of them, as a letter and as data."""
