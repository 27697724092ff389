"""Sealed watchlists."""
