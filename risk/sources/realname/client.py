"""Calls of the interface: signed form posts, bounded answers, refusals by cause."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from risk.sources.meter import Meter
from risk.sources.politeness import Pacer, TryAgain, retry_after
from risk.sources.realname.answers import Answer, BadAnswer, read_answer
from risk.sources.realname.dialect import Dialect, Method
from risk.sources.realname.errors import (
    AnswerUnreadable,
    ClockSkewed,
    MethodRefused,
    SecretRefused,
)
from risk.sources.realname.identities import Identities
from risk.sources.realname.messages import safe_message
from risk.sources.realname.signing import signature
from risk.sources.secrets import Secret

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 20_000_000
"""Largest answer that is read; a page of 50 payrolls with 500 workers each has less."""

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 60.0

Now = Callable[[], dt.datetime]


@dataclass(frozen=True)
class Account:
    """Address and credentials of the interface; ``source`` is the name of the source."""

    source: str
    url: str
    appid: str
    secret: Secret


class Client:
    """Calls reading methods. ``now`` returns the current moment with a time zone."""

    def __init__(
        self,
        account: Account,
        dialect: Dialect,
        http: httpx.Client,
        pacer: Pacer,
        meter: Meter,
        *,
        now: Now = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.dialect = dialect
        self.source = account.source
        self._account = account
        self._http = http
        self._pacer = pacer
        self._meter = meter
        self._now = now
        self._identities = Identities()
        self._accepted = frozenset(dialect.answer["accepted"])
        self._answered = False

    def ask(self, method: Method, asked: Mapping[str, str | int]) -> Answer:
        """Return the answer of a method; ``asked`` are the platform's parameters.

        Raises:
            MethodRefused: the method is refused for what was asked.
            AnswerUnreadable: the answer is not of the form of the interface.
            SecretRefused, ClockSkewed: all requests would be refused.
            SourceUnavailable: the platform does not answer, also not after retries.
            BoundReached: a bound of the pull is reached.
        """
        return self._pacer.call(lambda: self._once(method, asked))

    def _once(self, method: Method, asked: Mapping[str, str | int]) -> Answer:
        body, ahead = self._post(self._form(method, asked))
        try:
            answer = read_answer(body, method, self.dialect, self._identities)
        except BadAnswer as bad:
            raise self._unreadable(method, bad.reason) from None
        if answer.code in self._accepted:
            self._answered = True
            return answer
        raise self._refusal(method, answer, ahead)

    def _form(self, method: Method, asked: Mapping[str, str | int]) -> dict[str, str]:
        call = self.dialect.call
        zone = dt.timezone(dt.timedelta(hours=call["utc_offset_hours"]))
        form = {
            **call["extra"],
            "appid": self._account.appid,
            "data": json.dumps(asked, ensure_ascii=False, separators=(",", ":")),
            "format": "json",
            "method": method.name,
            "nonce": secrets.token_hex(32)[: call["nonce_length"]],
            "timestamp": self._now().astimezone(zone).strftime(call["timestamp"]),
            "version": call["version"],
        }
        return {**form, "sign": signature(form, self._account.secret.reveal())}

    def _post(self, form: Mapping[str, str]) -> tuple[bytes, float | None]:
        """Body of the answer, and by how many seconds this clock is ahead of the server's."""
        import httpx

        received = bytearray()
        try:
            with self._http.stream("POST", self._account.url, data=form) as answer:
                for part in answer.iter_bytes():
                    self._meter.count_bytes(len(part))
                    received += part
                    if len(received) > MOST_BYTES:
                        raise self._unreadable(None, "too_large", form["method"])
                self._check_status(answer, form["method"])
                return bytes(received), self._seconds_ahead(answer.headers.get("date"))
        except httpx.TransportError as error:
            raise TryAgain(type(error).__name__) from error
        except httpx.HTTPError as error:
            raise self._unreadable(None, "not_http", form["method"]) from error

    def _check_status(self, answer: httpx.Response, method: str) -> None:
        if answer.status_code == 429 or answer.status_code >= 500:
            after = retry_after(answer.headers.get("retry-after"), self._now())
            raise TryAgain(f"http_{answer.status_code}", after)
        if not answer.is_success:
            raise MethodRefused(
                source=self._account.source, method=method, reason=f"HTTP {answer.status_code}"
            )

    def _seconds_ahead(self, header: str | None) -> float | None:
        try:
            server = parsedate_to_datetime(header or "")
        except ValueError:
            return None
        if server.tzinfo is None:
            server = server.replace(tzinfo=dt.UTC)
        return (self._now() - server).total_seconds()

    def _refusal(self, method: Method, answer: Answer, ahead: float | None) -> Exception:
        reason = f"{answer.code[:20]} {safe_message(answer.message, self._account.secret)}".strip()
        cause = self._cause(answer.message, ahead)
        fields = {"source": self._account.source, "reason": reason}
        if cause == "busy":
            return TryAgain(f"code_{answer.code[:20]}")
        if cause == "clock":
            return ClockSkewed(**fields, seconds=ahead)
        if cause == "secret":
            return SecretRefused(**fields)
        self._meter.refusals[f"{method.name} {answer.code[:20]}"] += 1
        return MethodRefused(**fields, method=method.name)

    def _cause(self, message: str, ahead: float | None) -> str | None:
        """Cause of a refusal; None if it concerns the method and what was asked.

        After a call has been answered, clock and secret are right.
        """
        if self._mentions("busy", message):
            return "busy"
        if self._answered:
            return None
        skewed = ahead is not None and abs(ahead) > self.dialect.call["clock_tolerance_seconds"]
        if skewed:
            return "clock"
        # A server that repeats the signed text names the timestamp too.
        causes = ("secret", "clock")
        return next((cause for cause in causes if self._mentions(cause, message)), None)

    def _mentions(self, cause: str, message: str) -> bool:
        words = self.dialect.refusals[cause]
        return any(word.casefold() in message.casefold() for word in words)

    def _unreadable(self, method: Method | None, reason: str, name: str = "") -> AnswerUnreadable:
        return AnswerUnreadable(
            source=self._account.source, method=method.name if method else name, reason=reason
        )
