"""The first page: the list with the tasks of the day."""
