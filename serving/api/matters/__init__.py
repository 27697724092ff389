"""Matters that are followed until they are done."""
