"""Tokens of the services that benchmarks measure."""

from __future__ import annotations

from sqlalchemy import Engine

from serving.auth.accounts import Accounts
from serving.auth.principal import OFFICE
from serving.auth.repository import NewAccount
from serving.db.engine import writing


def add_token(engine: Engine, account: NewAccount) -> str:
    """Create a token and return its secret."""
    with writing(engine).begin() as connection:
        return Accounts(connection, OFFICE).add_token(account)
