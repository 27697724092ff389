"""Migrations of the service database, run when it is opened."""
