"""Features as of a date: the catalogue, the signal families, the cohort, the engines, the cache."""
