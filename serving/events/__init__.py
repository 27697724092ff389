"""Systems that want to be called."""
