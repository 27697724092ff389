"""Sessions, users and tokens: sign-in, administration pages and commands."""
