"""Publishing: score a cohort, select the watchlist, seal it and store it."""
