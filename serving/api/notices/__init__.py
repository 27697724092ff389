"""Notices to other departments."""
