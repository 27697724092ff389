"""Pages of errors."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from risk.locale import Language, catalogue, text
from serving.auth.principal import SecondFactorRequired
from serving.web.render import page_language, render


def error_page(request: Request, status: int, code: str, texts: Mapping[Language, str]) -> Response:
    """Return the page of an error; without a session, a redirect to the sign-in page.

    Who must set up a second factor first is sent to its page.

    Errors whose ``texts`` are for programs have texts of their own for people.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        back = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        return _redirect(request, f"/sign-in?next={back}")
    if code == SecondFactorRequired.code:
        return _redirect(request, "/second-factor")
    principal = request.scope.get("state", {}).get("principal")
    language, key = page_language(request), f"pages.failures.{code}"
    # A text with fields was filled in by page_message().
    known = "{" not in catalogue(language).get(key, "{")
    message = text(key, language) if known else texts[language]
    shown = {"code": status, "error": code, "message": message}
    return render(request, "failure", principal, status=status, **shown)


def _redirect(request: Request, target: str) -> Response:
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
