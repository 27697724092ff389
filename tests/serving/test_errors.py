"""HTTP statuses and texts of all errors of the serving package."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import serving
from risk.errors import WagewatchError
from risk.locale import LANGUAGES, catalogue
from serving.errors import ApiError, CommandError, ReasonedError

BASES = {ApiError, CommandError, ReasonedError}

# The status of every error an API client can receive. Clients rely on it: a change is a new API.
STATUSES = {
    "audit_full": 503,
    "briefing_figures_unknown": 404,
    "briefing_unknown": 404,
    "campaign_unknown": 404,
    "cell_not_listed": 409,
    "complaint_not_waiting": 404,
    "csrf_missing": 403,
    "cursor_ahead": 422,
    "deadline_past": 422,
    "duties_unchecked": 409,
    "file_not_accepted": 422,
    "flag_unknown": 404,
    "help_not_built": 404,
    "import_form_code_missing": 422,
    "import_form_invalid": 422,
    "import_form_unknown": 404,
    "import_office_wide": 403,
    "job_unknown": 404,
    "key_used_otherwise": 422,
    "link_not_yours": 403,
    "link_unclear": 422,
    "links_changed": 409,
    "list_archived": 404,
    "list_too_far_ahead": 422,
    "matter_closed": 409,
    "matter_open": 409,
    "matter_unknown": 404,
    "model_change_decided": 409,
    "model_change_unknown": 404,
    "model_version_unknown": 404,
    "nothing_before": 409,
    "code_wrong": 401,
    "second_factor_kept": 403,
    "second_factor_needed": 401,
    "second_factor_not_set": 409,
    "second_factor_required": 403,
    "second_factor_set": 409,
    "second_factor_unavailable": 409,
    "second_factor_unreadable": 409,
    "second_person_needed": 409,
    "model_not_published": 404,
    "month_invalid": 422,
    "not_allowed": 403,
    "not_published": 404,
    "not_signed_in": 401,
    "nothing_published": 404,
    "listing_not_shown": 422,
    "nothing_to_notify": 422,
    "notice_unknown": 404,
    "oidc_failed": 401,
    "oidc_off": 404,
    "organisation_unknown": 404,
    "contributions_not_stored": 404,
    "form_unreadable": 422,
    "last_admin": 409,
    "password_too_common": 422,
    "password_too_short": 422,
    "password_wrong": 403,
    "passwords_differ": 422,
    "webhook_refused": 422,
    "outcome_contradictory": 422,
    "outcome_invalid": 422,
    "photo_invalid": 422,
    "outcome_unknown": 404,
    "outside_region": 403,
    "project_not_scored": 404,
    "project_unknown": 404,
    "row_not_quarantined": 409,
    "rows_unreadable": 422,
    "sign_in_failed": 401,
    "step_invalid": 422,
    "submission_unknown": 404,
    "subscription_unknown": 404,
    "too_many_files": 422,
    "too_many_requests": 429,
    "upload_busy": 409,
    "upload_closed": 409,
    "upload_empty": 422,
    "upload_too_large": 413,
    "upload_unknown": 404,
    "uploads_full": 507,
    "uploads_unavailable": 503,
    "version_outdated": 409,
}


def serving_errors() -> list[type[WagewatchError]]:
    """Return all error classes defined in the serving package."""
    for module in pkgutil.walk_packages(serving.__path__, "serving."):
        if ".migrations." not in module.name:
            importlib.import_module(module.name)
    pending, classes = [WagewatchError], set()
    while pending:
        for cls in pending.pop().__subclasses__():
            pending.append(cls)
            if cls.__module__.startswith("serving."):
                classes.add(cls)
    return sorted(classes - BASES, key=lambda cls: cls.__name__)


ERRORS = serving_errors()


def test_every_error_is_one_of_the_api_or_of_commands():
    assert len(ERRORS) > len(STATUSES)
    assert [cls for cls in ERRORS if not issubclass(cls, ApiError | CommandError)] == []


def test_every_api_error_has_a_status_and_it_is_the_documented_one():
    statuses = {cls.code: int(cls.status) for cls in ERRORS if issubclass(cls, ApiError)}
    assert statuses == STATUSES


def test_error_codes_are_unique():
    codes = [cls.code for cls in ERRORS]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_and_status_has_a_text(language):
    texts = catalogue(language)
    assert [cls.code for cls in ERRORS if f"errors.{cls.code}" not in texts] == []
    assert [status for status in STATUSES.values() if f"problems.{status}" not in texts] == []
