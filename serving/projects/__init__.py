"""Projects and their risk."""
