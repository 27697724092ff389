"""Dictionaries by which the documents of a list are compressed."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ColumnElement, Connection, insert, select

from serving.db.tables import LIST_DICTIONARIES

Subject = Literal["risk", "dossier", "deposit"]


def save_dictionary(
    connection: Connection, watchlist_id: int, subject: Subject, body: bytes
) -> None:
    """Store the dictionary of a list's documents."""
    row = {"watchlist_id": watchlist_id, "subject": subject, "body": body}
    connection.execute(insert(LIST_DICTIONARIES), [row])


def dictionary(subject: Subject, watchlist_id: ColumnElement[int]) -> ColumnElement[bytes | None]:
    """The dictionary of the list ``watchlist_id`` as a column; None for lists stored without."""
    return (
        select(LIST_DICTIONARIES.c.body)
        .where(
            LIST_DICTIONARIES.c.watchlist_id == watchlist_id,
            LIST_DICTIONARIES.c.subject == subject,
        )
        .correlate_except(LIST_DICTIONARIES)
        .scalar_subquery()
    )
