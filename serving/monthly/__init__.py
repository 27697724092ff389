"""The list of a month with its files and its briefing, from the command line or the data page."""
