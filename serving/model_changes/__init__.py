"""Promotion and rollback of models over the page and the API, with evidence and comments."""
