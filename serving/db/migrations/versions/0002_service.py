"""Who may see what, what people enter, what other systems hear, and long runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_SEALED = (
    *("audit", "outcomes", "notes", "feedback", "inbox", "inbox_taken", "events", "briefings"),
    *("indicators", "models"),
)
_WIDENED = ("watchlist_entries", "project_risks")


def upgrade() -> None:
    """Lay out."""
    _audit()
    _briefings()
    _events()
    _feedback()
    _idempotency()
    _inbox()
    _indicators()
    _jobs()
    _models()
    _notes()
    _outcomes()
    _places()
    _subscriptions()
    _tokens()
    _users()
    _deliveries()
    _inbox_taken()
    for table in _WIDENED:
        unprotect(op.get_bind(), table)
    _where()
    _fill_where(op.get_bind())
    for table in (*_WIDENED, *_SEALED):
        protect(op.get_bind(), table)


def downgrade() -> None:
    """Take back."""
    for table in (*_WIDENED, *_SEALED):
        unprotect(op.get_bind(), table)
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_column("watchlist_entries", "region_code")
    for column in ("region_code", "tier", "probability"):
        op.drop_column("project_risks", column)
    for table in _WIDENED:
        protect(op.get_bind(), table)


def _fill_where(connection: sa.Connection) -> None:
    """Region, tier and probability of what was published before, from the sealed documents."""
    for row in _sealed_risks(connection):
        connection.execute(_RISK, row)
        connection.execute(_ENTRY, row)
        connection.execute(sa.text("DELETE FROM places WHERE project_id = :project_id"), row)
        connection.execute(
            sa.text("INSERT INTO places (project_id, region_code) VALUES (:project_id, :region)"),
            row,
        )


def _sealed_risks(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    keys = connection.execute(
        sa.text("SELECT watchlist_id, project_id FROM project_risks ORDER BY watchlist_id")
    ).all()
    for watchlist_id, project_id in keys:
        key = {"watchlist_id": watchlist_id, "project_id": project_id}
        risk = json.loads(connection.execute(_BODY, key).scalar_one())
        yield {
            **key,
            "region": risk["region_code"],
            "tier": risk["tier"],
            "probability": risk["probability"],
        }


_KEY = "WHERE watchlist_id = :watchlist_id AND project_id = :project_id"
_BODY = sa.text(f"SELECT body FROM project_risks {_KEY}")
_RISK = sa.text(
    "UPDATE project_risks SET region_code = :region, tier = :tier, probability = :probability"
    f" {_KEY}"
)
_ENTRY = sa.text(f"UPDATE watchlist_entries SET region_code = :region {_KEY}")
_TABLES = (
    "audit",
    "briefings",
    "events",
    "feedback",
    "idempotency",
    "inbox",
    "indicators",
    "jobs",
    "models",
    "notes",
    "outcomes",
    "places",
    "subscriptions",
    "tokens",
    "users",
    "deliveries",
    "inbox_taken",
)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("list_digest", sa.String(64), nullable=True),
        sa.Column("model_version", sa.String(100), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _briefings() -> None:
    op.create_table(
        "briefings",
        sa.Column("id", _ID, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("format", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_briefings"),
        sa.UniqueConstraint(
            "month", "region", "format", "digest", name="uq_briefings_month_region_format_digest"
        ),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("event_id", sa.String(40), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("project_id", sa.String(200), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("event_id", name="uq_events_event_id"),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("family", sa.String(40), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("given_by", sa.String(200), nullable=False),
        sa.Column("given_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_project_id", "feedback", ["project_id"])


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("who", "key", name="pk_idempotency"),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("submission_id", sa.String(40), nullable=False),
        sa.Column("table_name", sa.String(40), nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("sent_by", sa.String(200), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("submission_id", name="uq_inbox_submission_id"),
    )


def _indicators() -> None:
    op.create_table(
        "indicators",
        sa.Column("id", _ID, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("rates", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_indicators"),
        sa.UniqueConstraint(
            "as_of", "region_code", "month", name="uq_indicators_as_of_region_code_month"
        ),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("step", sa.String(100), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("alive_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("job_id", name="uq_jobs_job_id"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])


def _models() -> None:
    op.create_table(
        "models",
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("trained_at", sa.Date(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("card_md", sa.JSON(), nullable=False),
        sa.Column("card_html", sa.JSON(), nullable=False),
        sa.Column("stored_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_models"),
    )


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(200), nullable=False),
        sa.Column("written_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_project_id", "notes", ["project_id"])


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("outcome_id", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("arrears_found", sa.Boolean(), nullable=False),
        sa.Column("workers_owed", sa.Integer(), nullable=True),
        sa.Column("amount_owed", sa.BigInteger(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("rectify_by", sa.Date(), nullable=True),
        sa.Column("rectified_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.String(200), nullable=False),
        sa.Column("entered_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outcomes"),
        sa.UniqueConstraint("outcome_id", "version", name="uq_outcomes_outcome_id_version"),
    )
    op.create_index("ix_outcomes_project_id", "outcomes", ["project_id"])


def _places() -> None:
    op.create_table(
        "places",
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="pk_places"),
    )


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("subscription_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.UniqueConstraint("subscription_id", name="uq_subscriptions_subscription_id"),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=True),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("name", name="uq_tokens_name"),
        sa.UniqueConstraint("secret_hash", name="uq_tokens_secret_hash"),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("subject", sa.String(200), nullable=True),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("disabled_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sa.UniqueConstraint("subject", name="uq_users_subject"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("event", _ID, nullable=False),
        sa.Column("subscription", _ID, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("delivered_at", _TIME, nullable=True),
        sa.Column("given_up_at", _TIME, nullable=True),
        sa.Column("last_answer", sa.String(200), nullable=True),
        sa.ForeignKeyConstraint(["event"], ["events.id"], name="fk_deliveries_event"),
        sa.ForeignKeyConstraint(
            ["subscription"], ["subscriptions.id"], name="fk_deliveries_subscription"
        ),
        sa.PrimaryKeyConstraint("event", "subscription", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_due_at", "deliveries", ["due_at"])


def _inbox_taken() -> None:
    op.create_table(
        "inbox_taken",
        sa.Column("inbox_id", _ID, nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name="fk_inbox_taken_inbox_id"),
        sa.PrimaryKeyConstraint("inbox_id", name="pk_inbox_taken"),
    )


def _where() -> None:
    op.add_column("project_risks", sa.Column("region_code", sa.String(12), nullable=True))
    op.add_column("project_risks", sa.Column("tier", sa.String(10), nullable=True))
    op.add_column("project_risks", sa.Column("probability", sa.Float(), nullable=True))
    op.add_column("watchlist_entries", sa.Column("region_code", sa.String(12), nullable=True))
