"""Jobs: the queue of long runs, its API and its table."""
