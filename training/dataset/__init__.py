"""Training data: feature rows with labels, in memory and on disk, and splits in time."""
