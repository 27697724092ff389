"""The HTTP API: one folder per resource, each with endpoints, schemas and queries."""
