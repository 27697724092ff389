"""Complaints that wait to be linked, and what people decide about them."""
