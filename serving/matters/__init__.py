"""Matters followed until they are done: who, by when, what was done, what the law says of it."""
