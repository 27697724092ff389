"""Adoption of lists: who opened a list, and which of the projects shown were visited."""
