"""Records sent in."""
