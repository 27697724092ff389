"""The record store: one DuckDB file, and its Parquet export."""
