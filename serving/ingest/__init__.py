"""Import of records from files and from submissions of the API."""
