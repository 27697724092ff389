"""Campaigns and how far they are."""
