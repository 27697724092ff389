"""Old lists as files: moved out of the service database, verified, and brought back."""
