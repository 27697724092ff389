"""Monthly briefings."""
