"""Sections of the monthly briefing, one file each."""
