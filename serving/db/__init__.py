"""The service database on SQLite or PostgreSQL: engine, tables, migrations, pagination."""
