"""Deposit advice and guarantees that run out."""
