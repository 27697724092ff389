"""Backup of a workspace to one file, and restore."""
