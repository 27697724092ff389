"""Features as of a date: the catalogue, one file per signal family, the cohort, the engines."""
