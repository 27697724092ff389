"""The eight rates."""
