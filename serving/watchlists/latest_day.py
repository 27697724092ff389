"""How far ahead a list may be dated: a published list stays, and the newest is what all see."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus

from serving.clock import today
from serving.errors import ApiError

FURTHEST_AHEAD = dt.timedelta(days=62)


class ListTooFarAhead(ApiError):
    """The date of the list to publish is further ahead than ``last``."""

    code = "list_too_far_ahead"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def require_near(as_of: dt.date) -> None:
    """Check that a list may be dated ``as_of`` today.

    Raises:
        ListTooFarAhead: it may not.
    """
    last = today() + FURTHEST_AHEAD
    if as_of > last:
        raise ListTooFarAhead(as_of=as_of, last=last)
