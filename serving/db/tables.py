"""Tables of the service database; the migrations in ``migrations/`` create them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
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
    Text,
    UniqueConstraint,
    false,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = BigInteger().with_variant(Integer, "sqlite")
_TIME = DateTime(timezone=True)

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
    Column("kind", String(10), nullable=False, server_default="project"),
    UniqueConstraint("as_of", "region", "kind"),
)
"""Sealed lists, each of one ``kind`` of unit. ``region`` is empty for a list of all regions.

``digest`` is the SHA-256 of ``body``."""

WATCHLIST_MARKS = Table(
    "watchlist_marks",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("arrival", BigInteger, nullable=False),
    Column("opening", String(36), nullable=False),
    Column("digest", String(64), nullable=False),
)
"""The record store at the sealing of a list, see :mod:`risk.store.marks`; older lists have none."""

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
    Column("region_code", String(12)),
    Column("project_name", Text),
    Column("workers", Integer),
    Column("amount_at_stake", BigInteger),
    Column("change", String(10)),
    Column("from_rank", Integer),
    Column("change_reason", String(60)),
    Column("red_flags", Text),
    Column("search", Text),
    Column("shown", LargeBinary),
    UniqueConstraint("watchlist_id", "rank"),
)
"""Entries of the sealed lists as rows, by which pages filter, sort and count them.

With the risk of its project, a row is the whole entry. ``red_flags`` are the codes between spaces,
``search`` the names it is found by in one case; money in fen. ``shown`` is what a page of the list
shows of it: JSON, compressed as the risks are.
"""

LIST_HEADS = Table(
    "list_heads",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""The sealed lists without their entries, and the titles of their red flags; gzipped JSON."""

SCORED_PROJECTS = Table(
    "scored_projects",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("project_id", String(200), primary_key=True),
    Column("region_code", String(12)),
    Column("rank", Integer),
    Column("tier", String(10), nullable=False),
    Column("probability", Float, nullable=False),
    Column("project_name", Text),
    Column("contractor_id", String(200)),
    Column("contractor_name", Text),
    Column("owner_id", String(200)),
    Column("owner_name", Text),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("workers", Integer),
    Column("amount_at_stake", BigInteger),
    Column("amount_owed", BigInteger),
    Column("owed_teams", Integer),
    Column("owed_workers", Integer),
    Column("owed_largest", Text),
    Column("owed_since", Date),
    Column("owed_due_since", Date),
    Column("search", Text, nullable=False),
    Index(None, "watchlist_id", "probability"),
    Index(None, "watchlist_id", "contractor_id"),
    Index(None, "watchlist_id", "owner_id"),
    sqlite_with_rowid=False,
)
"""Projects of the registers as rows, by which pages search, count and draw them; money in fen.

``amount_owed`` is 0 where no team is owed wages, None in registers without the summary ``owed``;
the other columns of that summary are None then. ``search`` holds those of the code and the names
that are not their own in one case, in that case: what is not in it is found in its own column.
"""

REGISTER_PARTS = Table(
    "register_parts",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("part", String(20), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Parts of the registers that pages read alone, without the projects; gzipped JSON."""

DEPOSIT_ROWS = Table(
    "deposit_rows",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("part", String(10), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("region_code", String(12), nullable=False),
    Column("code", String(20)),
    Column("days_left", Integer),
    Column("search", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Rows of a register about deposits in order; JSON, compressed with its dictionary.

``part`` is ``advice``, ``ending`` or ``returns``, ``code`` the step of an advice or the state of a
guarantee.
"""

PROJECT_RISKS = Table(
    "project_risks",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("project_id", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("region_code", String(12)),
    Column("tier", String(10)),
    Column("probability", Float),
    Index(None, "project_id"),
)
"""Sealed risk documents of all projects scored with a list, compressed with its dictionary.

``digest`` is the SHA-256 of the document."""

LIST_DICTIONARIES = Table(
    "list_dictionaries",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("subject", String(10), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Dictionaries by which the documents of a list are compressed, see :mod:`serving.db.compression`.

``subject`` is ``risk``, ``dossier`` or ``deposit``."""

LIST_ARCHIVES = Table(
    "list_archives",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), nullable=False),
    Column("step", String(10), nullable=False),
    Column("path", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", _TIME, nullable=False),
    Column("by", String(200), nullable=False),
    Index(None, "watchlist_id"),
)
"""Steps of lists to files and back: ``archived``, ``removed`` once the rows are gone, ``restored``.

``digest`` is that of the manifest of the file at ``path``. Only between ``archived`` and
``removed`` may rows of the list in the tables :data:`ARCHIVED` be deleted.
"""

PLACES = Table(
    "places",
    METADATA,
    Column("project_id", String(200), primary_key=True),
    Column("region_code", String(12), nullable=False),
)
"""Region of each project, as last published or sent; decides who may see it."""

USERS = Table(
    "users",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("region", String(12), nullable=False),
    Column("password_hash", String(200)),
    Column("subject", String(200), unique=True),
    Column("stamp", Integer, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("disabled_at", _TIME),
    Column("real_name", String(100)),
)
"""Users. ``subject`` is their OpenID subject; raising ``stamp`` ends older sessions.

Pages show the ``real_name``, if there is one, in place of the name to sign in with.
"""

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("region", String(12), nullable=False),
    Column("scopes", JSON),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created_at", _TIME, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("expires_at", _TIME),
    Column("revoked_at", _TIME),
    Column("owner", String(200), nullable=False, server_default=""),
)
"""Tokens of other systems, stored as hashes; ``scopes`` narrows the permissions of the role.

``owner`` is the person behind the token: the one who created it, unless another was named.
"""

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("secret_hash", String(64), primary_key=True),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False),
    Column("stamp", Integer, nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("seen_at", _TIME, nullable=False),
    Column("second_factor", Boolean, nullable=False, server_default=false()),
)
"""Browser sessions; one whose ``stamp`` is not that of its user has ended."""

SECOND_FACTORS = Table(
    "second_factors",
    METADATA,
    Column("user_id", _ID, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("secret", String(200), nullable=False),
    Column("confirmed_at", _TIME),
    Column("last_step", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failed_at", _TIME),
)
"""Second factors of users. ``secret`` is encrypted; the step of the last code refuses a replay."""

RECOVERY_CODES = Table(
    "recovery_codes",
    METADATA,
    Column("user_id", _ID, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("code_hash", String(64), primary_key=True),
)
"""Hashes of recovery codes that were not used yet."""

PROBES = Table(
    "probes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", _TIME, nullable=False),
)
"""One row, written to see whether the database can be written."""

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("at", _TIME, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("who", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("action", String(40), nullable=False),
    Column("method", String(10), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("region", String(12), nullable=False),
    Column("as_of", Date),
    Column("list_digest", String(64)),
    Column("model_version", String(100)),
    Column("status", Integer, nullable=False),
    Column("digest", String(64)),
    Index(None, "at"),
)
"""Audit log: who read or wrote what and when, with the list and model.

``digest`` covers the entry and all before it, see :mod:`serving.db.hash_chain`; entries older than
the chain have none."""

AUDIT_HEADS = Table(
    "audit_heads",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("entry_id", _ID, nullable=False, unique=True),
    Column("day", Date, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", _TIME, nullable=False),
)
"""Digest of the last audit entry of each day of the office, and of the entries before the chain."""

OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("outcome_id", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("project_id", String(200), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("as_of", Date),
    Column("inspected_on", Date, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("drawn", Boolean, nullable=False),
    Column("arrears_found", Boolean),
    Column("workers_owed", Integer),
    Column("amount_owed", BigInteger),
    Column("findings", Text),
    Column("rectify_by", Date),
    Column("rectified_on", Date),
    Column("workers_covered", Integer),
    Column("contracts_seen", Integer),
    Column("obstacle", String(20)),
    Column("paid_on_spot", BigInteger),
    Column("measures", String(100)),
    Column("met", String(20)),
    Column("reason", Text),
    Column("entered_by", String(200), nullable=False),
    Column("entered_at", _TIME, nullable=False),
    UniqueConstraint("outcome_id", "version"),
    Index(None, "project_id"),
)
"""Outcomes of visits, all versions; ``drawn`` if selected at random for the list. Money in fen.

``arrears_found`` is null where an ``obstacle`` kept the visit from looking.
"""

OUTCOME_PHOTOS = Table(
    "outcome_photos",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("outcome_id", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("outcome_id", "version"),
)
"""JPEG photos of visits, without metadata."""

NOTES = Table(
    "notes",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("project_id", String(200), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("text", Text, nullable=False),
    Column("written_by", String(200), nullable=False),
    Column("written_at", _TIME, nullable=False),
    Index(None, "project_id"),
)
"""Notes on projects."""

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("project_id", String(200), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("family", String(40), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("comment", Text),
    Column("given_by", String(200), nullable=False),
    Column("given_at", _TIME, nullable=False),
    Index(None, "project_id"),
)
"""Feedback on a score (empty ``family``) or on one of its reasons."""

INBOX = Table(
    "inbox",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("submission_id", String(40), nullable=False, unique=True),
    Column("table_name", String(40), nullable=False),
    Column("header", JSON, nullable=False),
    Column("rows", JSON, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("received_at", _TIME, nullable=False),
    Column("sent_by", String(200), nullable=False),
    Column("region", String(12), nullable=False),
    Column("namespace", String(12)),
)
"""Rows of contract tables as sent over the API."""

INBOX_TAKEN = Table(
    "inbox_taken",
    METADATA,
    Column("inbox_id", _ID, ForeignKey("inbox.id"), primary_key=True),
    Column("taken_at", _TIME, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("repeated", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
)
"""Which of them were imported into the record store, with row counts."""

IDEMPOTENCY = Table(
    "idempotency",
    METADATA,
    Column("who", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False),
)
"""Responses of writes by Idempotency-Key, so that a repeated request writes nothing."""

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("job_id", String(40), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("region", String(12), nullable=False),
    Column("state", String(10), nullable=False),
    Column("step", String(100), nullable=False),
    Column("progress", Float, nullable=False),
    Column("result", JSON),
    Column("problem", JSON),
    Column("attempts", Integer, nullable=False),
    Column("asked_by", String(200), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("started_at", _TIME),
    Column("ended_at", _TIME),
    Column("alive_at", _TIME),
    Index(None, "state"),
)
"""Jobs: queued, running, done or failed."""

EVENTS = Table(
    "events",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("event_id", String(40), nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("region", String(12), nullable=False),
    Column("project_id", String(200)),
    Column("data", JSON, nullable=False),
    Column("created_at", _TIME, nullable=False),
)
"""Events for other systems. ``region`` is that of the list or project."""

SUBSCRIPTIONS = Table(
    "subscriptions",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("subscription_id", String(40), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("url", String(500), nullable=False),
    Column("region", String(12), nullable=False),
    Column("types", JSON, nullable=False),
    Column("secret", String(100), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("ended_at", _TIME),
)
"""Webhook subscriptions of other systems."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("event", _ID, ForeignKey("events.id"), primary_key=True),
    Column("subscription", _ID, ForeignKey("subscriptions.id"), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("due_at", _TIME, nullable=False),
    Column("delivered_at", _TIME),
    Column("given_up_at", _TIME),
    Column("last_answer", String(200)),
    Index(None, "due_at"),
)
"""Outbox: pending deliveries of events and the time of the next attempt."""

BRIEFINGS = Table(
    "briefings",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("month", Date, nullable=False),
    Column("region", String(12), nullable=False),
    Column("format", String(10), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("made_at", _TIME, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("period", String(5), nullable=False, server_default="month"),
    UniqueConstraint("month", "region", "format", "digest"),
)
"""Briefings of a month and summaries of a year (``period``) as rendered."""

BRIEFING_FIGURES = Table(
    "briefing_figures",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("briefing_id", ForeignKey("briefings.id"), nullable=False),
    Column("body", JSON, nullable=False),
    UniqueConstraint("briefing_id"),
)
"""Figures of monthly briefings by channel, kind of employer and cause."""

INDICATORS = Table(
    "indicators",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("month", Date, nullable=False),
    Column("rates", JSON, nullable=False),
    UniqueConstraint("as_of", "region_code", "month"),
)
"""The eight rates of a county or township in a month, as known at ``as_of``."""

MODELS = Table(
    "models",
    METADATA,
    Column("version", String(100), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("trained_at", Date, nullable=False),
    Column("about", JSON, nullable=False),
    Column("card_md", JSON, nullable=False),
    Column("card_html", JSON, nullable=False),
    Column("stored_at", _TIME, nullable=False),
)
"""Models that scored a published list, with their cards."""

DOSSIERS = Table(
    "dossiers",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("project_id", String(200), primary_key=True),
    Column("region_code", String(12), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "project_id"),
)
"""Per-project data for the pages, collected for a publication; JSON, compressed with its
dictionary."""

REGISTERS = Table(
    "registers",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Summary of all projects, open matters and closed cases of a publication; compressed JSON."""

MATTER_STEPS = Table(
    "matter_steps",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("matter", String(250), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("step", String(20), nullable=False),
    Column("person", String(100)),
    Column("unit", String(100)),
    Column("due_on", Date),
    Column("text", Text),
    Column("taken_by", String(200), nullable=False),
    Column("taken_at", _TIME, nullable=False),
    Column("data", JSON),
    Index(None, "matter"),
)
"""Steps of matters; ``data`` holds evidence, reason, outcome, level or duty."""

MATTERS = Table(
    "matters",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("matter", String(250), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("opened_by", String(200), nullable=False),
    Column("opened_at", _TIME, nullable=False),
)
"""Matters followed until they are closed, by their stable key."""

MATTER_FACTS = Table(
    "matter_facts",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("matter", String(250), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("facts", JSON, nullable=False),
    Index(None, "matter"),
)
"""Facts of a matter as of a list; a new row for every change, the last one is valid."""

MATTER_LISTS = Table(
    "matter_lists",
    METADATA,
    Column("watchlist_id", Integer, ForeignKey("watchlists.id"), primary_key=True),
    Column("taken_at", _TIME, nullable=False),
)
"""Lists whose matters have been synchronised."""

LINK_DECISIONS = Table(
    "link_decisions",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("complaint_id", String(200), nullable=False),
    Column("decision", String(10), nullable=False),
    Column("project_id", String(200)),
    Column("org_id", String(200)),
    Column("region_code", String(12), nullable=False),
    Column("probability", Float),
    Column("decided_on", Date, nullable=False),
    Column("decided_by", String(200), nullable=False),
    Column("decided_at", _TIME, nullable=False),
    Column("rule", String(20)),
    Index(None, "complaint_id"),
)
"""Decisions that link a complaint to a project or organisation, or to none; the last is valid."""

COMPLAINT_CANDIDATES = Table(
    "complaint_candidates",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("records_stamp", String(60), nullable=False),
    Column("made_at", _TIME, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Candidates of the complaints without a project, by the records of ``records_stamp``."""

NOTICES = Table(
    "notices",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("department", String(20), nullable=False),
    Column("project_id", String(200), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("list_digest", String(64), nullable=False),
    Column("answer_by", Date, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("made_at", _TIME, nullable=False),
    UniqueConstraint("department", "project_id", "list_digest"),
    Index(None, "project_id"),
)
"""Notices sent to other departments; ``body`` is the payload as JSON, ``digest`` its SHA-256."""

NOTICE_STEPS = Table(
    "notice_steps",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("notice_id", _ID, ForeignKey("notices.id"), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("step", String(20), nullable=False),
    Column("text", Text),
    Column("taken_by", String(200), nullable=False),
    Column("taken_at", _TIME, nullable=False),
    Index(None, "notice_id"),
)
"""Steps of notices: answers and remarks."""

UPLOADS = Table(
    "uploads",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("upload_id", String(40), nullable=False, unique=True),
    Column("created_at", _TIME, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("job_id", String(40)),
    Column("proposal", JSON),
    Column("trial", JSON),
    Column("account", JSON),
    Column("imported_at", _TIME),
    Column("files_deleted_at", _TIME),
)
"""Files sent over the data page together. ``job_id`` is the last job about them; ``proposal`` are
the proposed layouts, ``trial`` and ``account`` the closing accounts of a trial and the import."""

UPLOADED_FILES = Table(
    "uploaded_files",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("upload_id", String(40), ForeignKey("uploads.upload_id"), nullable=False),
    Column("stored_name", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index(None, "upload_id"),
)
"""Files of uploads; their content is in the workspace as ``stored_name``."""

DATA_OVERVIEWS = Table(
    "data_overviews",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("made_at", _TIME, nullable=False),
    Column("stamp", String(60), nullable=False),
    Column("body", JSON, nullable=False),
)
"""What the record store holds, as of its state ``stamp``; only the newest row stays."""

IMPORT_ACCOUNTS = Table(
    "import_accounts",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("import_id", String(40), nullable=False, unique=True),
    Column("imported_at", _TIME, nullable=False),
    Column("imported_by", String(200), nullable=False),
    Column("files", JSON, nullable=False),
    Column("account", JSON, nullable=False),
    Index(None, "imported_at"),
)
"""Closing accounts of imports, copied from the record store."""

FLAG_STATES = Table(
    "flag_states",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("project_id", String(200), nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("code", String(60), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text),
    Column("until", Date),
    Column("statement", Text),
    Column("objection", Text),
    Column("set_by", String(200), nullable=False),
    Column("set_at", _TIME, nullable=False),
    Index(None, "project_id"),
)
"""States that people gave to red flags; the newest of a project and code counts."""

REGISTRY_VERSIONS = Table(
    "registry_versions",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("version", String(100), nullable=False, unique=True),
    Column("unit", String(10), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("trained_at", Date, nullable=False),
    Column("aliases", JSON, nullable=False),
    Column("about", JSON, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("card_md", JSON, nullable=False),
    Column("card_html", JSON, nullable=False),
    Column("seen_at", _TIME, nullable=False),
)
"""Copies of the versions of the model registry, which the service itself never opens."""

MODEL_STEPS = Table(
    "model_steps",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("change_id", String(40), nullable=False),
    Column("step", String(10), nullable=False),
    Column("action", String(10), nullable=False),
    Column("unit", String(10), nullable=False),
    Column("version", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", _TIME, nullable=False),
    Column("owner", String(200)),
    UniqueConstraint("change_id", "step"),
)
"""Steps of promotions and rollbacks of models, and comments on versions.

``owner`` is the person behind ``by``, see :data:`TOKENS`; None in steps of earlier releases.
"""

RACES = Table(
    "races",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("region", String(12), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("started_by", String(200), nullable=False),
    Column("started_at", _TIME, nullable=False),
)
"""Blind field races: the picks of each arm and the order of the visits, sealed at the start."""

SEALED = (
    *(WATCHLISTS.name, WATCHLIST_ENTRIES.name, PROJECT_RISKS.name, AUDIT.name, OUTCOMES.name),
    *(NOTES.name, FEEDBACK.name, INBOX.name, INBOX_TAKEN.name, EVENTS.name, BRIEFINGS.name),
    *(INDICATORS.name, MODELS.name, DOSSIERS.name, REGISTERS.name, MATTER_STEPS.name),
    LINK_DECISIONS.name,
    *(MATTERS.name, MATTER_FACTS.name, MATTER_LISTS.name),
    *(NOTICES.name, NOTICE_STEPS.name),
    WATCHLIST_MARKS.name,
    *(FLAG_STATES.name, RACES.name, MODEL_STEPS.name, BRIEFING_FIGURES.name),
    OUTCOME_PHOTOS.name,
    AUDIT_HEADS.name,
    LIST_DICTIONARIES.name,
    *(LIST_HEADS.name, SCORED_PROJECTS.name, REGISTER_PARTS.name, DEPOSIT_ROWS.name),
    LIST_ARCHIVES.name,
)
"""Append-only tables."""

ARCHIVED = (
    *(PROJECT_RISKS, DOSSIERS, SCORED_PROJECTS),
    *(REGISTERS, REGISTER_PARTS, DEPOSIT_ROWS),
)
"""Tables whose rows leave the database when a list is archived; the first three by project."""
