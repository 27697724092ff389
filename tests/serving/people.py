"""Users and tokens of tests, made as the command line makes them."""

from __future__ import annotations

from contextlib import contextmanager

from serving.auth.accounts import Accounts
from serving.auth.principal import OFFICE
from serving.db.engine import writing


@contextmanager
def accounts(engine, by=OFFICE):
    """The users and tokens that ``by`` may administer, in a transaction."""
    with writing(engine).begin() as connection:
        yield Accounts(connection, by)


def add_user(engine, account, *, password_hash=None, subject=None):
    """Create a user."""
    with accounts(engine) as found:
        found.add_user(account, password_hash=password_hash, subject=subject)


def add_token(engine, account, **options):
    """Create a token and return its secret."""
    with accounts(engine) as found:
        return found.add_token(account, **options)
