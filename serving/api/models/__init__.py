"""Models and their cards."""
