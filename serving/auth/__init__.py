"""Authentication and authorisation: principals, roles, regions, passwords, tokens, sessions."""
