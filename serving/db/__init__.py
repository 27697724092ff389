"""The service database: sealed lists and what the service keeps, on SQLite or PostgreSQL."""
