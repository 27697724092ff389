"""The engines that run the steps of families: DuckDB and Spark, with one interface."""
