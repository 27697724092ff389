"""Who may do what, and where: roles, regions, passwords, tokens, sessions."""
