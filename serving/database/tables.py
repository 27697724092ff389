"""The tables of the service database. Their layout is made by the migrations beside this file."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WATCHLISTS = Table(
    "watchlists",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("region", String(12), nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("cohort", Integer, nullable=False),
    Column("model_name", String(100), nullable=False),
    Column("model_version", String(100), nullable=False),
    Column("model_kind", String(20), nullable=False),
    Column("code_version", String(100), nullable=False),
    Column("records_digest", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("published_by", String(200), nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("as_of", "region"),
)
"""Sealed lists. ``region`` is empty for a list of everything; ``body`` is what ``digest`` is of."""

WATCHLIST_ENTRIES = Table(
    "watchlist_entries",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("project_id", String(200), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("tier", String(10), nullable=False),
    Column("probability", Float, nullable=False),
    Column("selection", String(10), nullable=False),
    Column("draw_probability", Float),
    UniqueConstraint("watchlist_id", "rank"),
)
"""The entries of every sealed list as rows, for counting and for joining visits to them."""

PROJECT_RISKS = Table(
    "project_risks",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("project_id", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "project_id"),
)
"""What was known and said about every scored project when the list was sealed."""

SEALED = (WATCHLISTS.name, WATCHLIST_ENTRIES.name, PROJECT_RISKS.name)
"""Tables whose rows may neither change nor go."""
