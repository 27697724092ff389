"""Queues and reads jobs for the API."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from serving.auth.principal import Principal
from serving.clock import now
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.http.schemas import Page
from serving.jobs.repository import Job as JobKept
from serving.jobs.repository import JobRequest, find_job, list_jobs, queue_job
from serving.jobs.schemas import Job


def queue(
    connection: Connection,
    kind: str,
    parameters: Mapping[str, Any],
    region: str,
    principal: Principal,
) -> Job:
    """Queue a job for a region."""
    asked = JobRequest(str(uuid.uuid4()), kind, parameters, region, principal.name, now())
    return to_schema(queue_job(connection, asked, principal))


def get(database: Database, principal: Principal, job_id: str) -> Job:
    """Return a job of the region."""
    return to_schema(find_job(database.engine, job_id, principal))


def list_(database: Database, principal: Principal, request: PageRequest) -> Page[Job]:
    """Return a page of the jobs of the region, newest first."""
    found = list_jobs(database.engine, principal, request)
    after = None if found.next is None else str(found.next)
    return Page(items=[to_schema(kept) for kept in found.items], next=after)


def to_schema(job: JobKept) -> Job:
    """Return the schema of a job."""
    values = {name: getattr(job, name) for name in Job.model_fields if name != "id"}
    return Job.model_validate({"id": job.job_id, **values})
