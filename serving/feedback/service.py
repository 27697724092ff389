"""Stores and lists feedback."""

from __future__ import annotations

from sqlalchemy import Connection

from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.clock import now
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.feedback.repository import FeedbackRow, add_feedback, list_feedback
from serving.feedback.schemas import Feedback, FeedbackIn
from serving.http.schemas import Page
from serving.watchlists.repository import WatchlistRepository


def create(
    connection: Connection, database: Database, principal: Principal, given: FeedbackIn
) -> Feedback:
    """Store feedback on the score of a project in a publication.

    Raises:
        NotPublished, ProjectNotScored: the project has no score of that date in the region.
    """
    WatchlistRepository(database).project_risk(given.project_id, given.as_of, principal)
    row = FeedbackRow(
        project_id=given.project_id,
        region_code=region_of(connection, given.project_id, principal),
        as_of=given.as_of,
        family=given.family or "",
        verdict=given.verdict,
        comment=given.comment,
        given_by=principal.name,
        given_at=now(),
    )
    add_feedback(connection, row)
    return to_schema(row)


def list_(
    database: Database, principal: Principal, request: PageRequest, project_id: str | None
) -> Page[Feedback]:
    """Return a page of the feedback on projects of the region."""
    found = list_feedback(database.engine, principal, request, project_id)
    after = None if found.next is None else str(found.next)
    return Page(items=[to_schema(one) for one in found.items], next=after)


def to_schema(row: FeedbackRow) -> Feedback:
    """Return the schema of a piece of feedback."""
    values = {name: getattr(row, name) for name in Feedback.model_fields}
    return Feedback.model_validate({**values, "family": row.family or None})
