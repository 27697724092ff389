"""The site of the documentation, at /help without any network."""
