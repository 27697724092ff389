"""Client of the HTTP API, with one method per task of a case system.

Methods return the JSON of the response. Writes carry an Idempotency-Key, so a failed call can be
repeated with the same key. A call that the service puts off (``Retry-After``) is repeated.

The package imports httpx and the standard library only; ``make client`` builds a wheel of it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Self

import httpx

JSON = Mapping[str, Any]
Kind = Literal["project", "employer"]
_WAIT_SECONDS = 0.5
_LEAST_WAIT = 0.05
_PUT_OFF = (429, 503)


class Refused(Exception):
    """The service refused a request; ``problem`` is its RFC 9457 document, ``code`` its code."""

    def __init__(self, problem: JSON) -> None:
        super().__init__(f"{problem.get('status')} {problem.get('code')}: {problem.get('detail')}")
        self.problem = problem
        self.code = str(problem.get("code"))
        self.status = int(problem.get("status", 0))


class JobFailed(Exception):
    """A job failed; ``problem`` holds the reason."""

    def __init__(self, problem: JSON) -> None:
        super().__init__(str(problem.get("code")))
        self.problem = problem


class Client:
    """Calls a Wagewatch service. Use as a context manager, or call :meth:`close`.

    Args:
        timeout: seconds for the parts of one request.
        patience: seconds that a call waits in all when the service puts it off.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        language: str = "zh",
        timeout: float = 30.0,
        patience: float = 120.0,
    ) -> None:
        self._patience = patience
        self._http = httpx.Client(
            base_url=url,
            timeout=timeout,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": language},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def watchlist(self, as_of: str = "latest", region: str = "", kind: Kind = "project") -> JSON:
        """Return a list as you may see it.

        Raises:
            Refused: there is none.
        """
        return self._get(f"/v1/watchlists/{as_of}", region=region, kind=kind)

    def entries(self, as_of: str = "latest", **filters: Any) -> Iterator[JSON]:
        """Yield the entries of a list by rank; ``filters`` are the query parameters of the API."""
        return self._pages(f"/v1/watchlists/{as_of}/entries", **filters)

    def changes(self, since: str | None = None) -> tuple[list[JSON], str | None]:
        """Return the events after a cursor, and the cursor for the next call.

        Raises:
            Refused: the cursor is ahead of all events (``cursor_ahead``), as after a restore from
                a backup. Call without one then; events have ids.
        """
        found: list[JSON] = []
        while True:
            page = self._get("/v1/watchlists/changes", since=since)
            if not page["items"]:
                return found, since
            found += page["items"]
            since = page["cursor"]

    def risk(self, project_id: str, as_of: str | None = None) -> JSON:
        """Return the risk of a project with reasons, red flags and timeline.

        Raises:
            Refused: it was not scored, or is in another region.
        """
        return self._get(f"/v1/projects/{_quoted(project_id)}/risk", as_of=as_of)

    def history(self, project_id: str) -> Iterator[JSON]:
        """Yield the scores of a project in all publications, newest first."""
        return self._pages(f"/v1/projects/{_quoted(project_id)}/history")

    def scores(self, project_ids: Sequence[str], as_of: str | None = None) -> JSON:
        """Return the scores of up to 500 projects."""
        return self._post(
            "/v1/scores", {"project_ids": list(project_ids), "as_of": as_of}, key=None
        )

    def what_if(
        self, project_id: str, as_of: str, records: Mapping[str, Sequence[JSON]], wait: float = 120
    ) -> JSON:
        """Return the risk with some records changed; waits for the result.

        Raises:
            Refused: the request is invalid.
            JobFailed: the risk cannot be computed.
        """
        asked = {"project_id": project_id, "as_of": as_of, "records": records}
        return self.wait_for(self._post("/v1/scores/what-if", asked, key=_new_key())["id"], wait)

    def enter_outcome(self, outcome: JSON, key: str | None = None) -> JSON:
        """Record the outcome of a visit.

        Raises:
            Refused: the outcome is invalid, or the project is in another region.
        """
        return self._post("/v1/outcomes", outcome, key=key or _new_key())

    def correct_outcome(self, outcome_id: str, correction: JSON, key: str | None = None) -> JSON:
        """Correct an outcome with a new version.

        Raises:
            Refused: it was corrected by somebody else in the meantime, or is invalid.
        """
        address = f"/v1/outcomes/{_quoted(outcome_id)}/versions"
        return self._post(address, correction, key=key or _new_key())

    def send_records(self, table: str, rows: Sequence[JSON], key: str | None = None) -> JSON:
        """Send rows of a table of the record contract.

        Raises:
            Refused: the rows cannot be read, or are of another region.
        """
        return self._post(f"/v1/records/{table}", {"rows": list(rows)}, key=key or _new_key())

    def wait_for(self, job_id: str, seconds: float) -> JSON:
        """Return the result of a job.

        Raises:
            JobFailed: it failed.
            TimeoutError: it has not ended after ``seconds``.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            job = self._get(f"/v1/jobs/{_quoted(job_id)}")
            if job["state"] == "done":
                result: JSON = job["result"]
                return result
            if job["state"] == "failed":
                raise JobFailed(job["problem"])
            time.sleep(_WAIT_SECONDS)
        raise TimeoutError(job_id)

    def _pages(self, address: str, **wanted: Any) -> Iterator[JSON]:
        cursor: str | None = None
        while True:
            page = self._get(address, **wanted, cursor=cursor)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def _get(self, address: str, **wanted: Any) -> JSON:
        given = {name: value for name, value in wanted.items() if value is not None}
        return self._answer(lambda: self._http.get(address, params=given))

    def _post(self, address: str, body: JSON, key: str | None) -> JSON:
        headers = {"Idempotency-Key": key} if key else {}
        return self._answer(lambda: self._http.post(address, json=body, headers=headers))

    def _answer(self, call: Callable[[], httpx.Response]) -> JSON:
        """Return the document of the answer; repeats the call as often as it is put off."""
        left = self._patience
        while True:
            answer = call()
            wait = _put_off(answer)
            if wait is None or wait > left:
                return _document(answer)
            left -= max(wait, _LEAST_WAIT)
            time.sleep(max(wait, _LEAST_WAIT))


def _put_off(answer: httpx.Response) -> float | None:
    """Return the seconds after which to call again; None if the answer is final."""
    if answer.status_code not in _PUT_OFF:
        return None
    given = answer.headers.get("retry-after", "")
    if given.isdigit():
        return float(given)
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except ValueError:
        return None


def _document(answer: httpx.Response) -> JSON:
    try:
        document: JSON = answer.json()
    except ValueError:
        # A proxy answered.
        document = {"status": answer.status_code, "code": "not_json", "detail": answer.text[:200]}
        raise Refused(document) from None
    if answer.is_error:
        raise Refused(document)
    return document


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def _new_key() -> str:
    return uuid.uuid4().hex
