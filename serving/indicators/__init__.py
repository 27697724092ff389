"""The eight rates of counties and townships."""
