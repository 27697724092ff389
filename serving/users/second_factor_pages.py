"""/second-factor: set-up and removal of the own second factor."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from serving.auth.dependencies import authenticator_of
from serving.auth.principal import Principal
from serving.auth.second_factors import grouped
from serving.auth.totp import enrolment_uri
from serving.errors import ApiError
from serving.users import second_factor as service
from serving.users.endpoints import AnyPrincipal, set_session_cookie
from serving.users.qr_code import as_svg
from serving.users.sign_in import SignedIn
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)


@router.get("/second-factor")
def second_factor_page(request: Request, principal: AnyPrincipal) -> Response:
    """Return the page of the own second factor."""
    return _page(request, principal)


@router.post("/second-factor")
def change_second_factor(request: Request, principal: AnyPrincipal, form: Form) -> Response:
    """Begin or finish the set-up of the own second factor, or remove it."""
    code = form.get("code", "")
    try:
        if form.get("does") == "begin":
            service.begin(request, principal)
            return _page(request, principal)
        if form.get("does") == "remove":
            return _changed(request, service.end(request, principal, code), ())
        started, codes = service.finish(request, principal, code)
    except ApiError as error:
        return _page(request, principal, failure=error.message(page_language(request)))
    return _changed(request, started, codes)


def _changed(request: Request, started: SignedIn, codes: tuple[str, ...]) -> Response:
    principal = authenticator_of(request).principal_of(started.user, started.session)
    response = _page(request, principal, codes=codes)
    set_session_cookie(request, response, started.session)
    return response


def _page(
    request: Request,
    principal: Principal,
    *,
    failure: str | None = None,
    codes: tuple[str, ...] = (),
) -> Response:
    available, is_set, secret = True, False, None
    try:
        is_set = service.is_set_up(request, principal)
        secret = None if is_set else service.pending_secret(request, principal)
    except service.SecondFactorUnavailable:
        available = False
    except ApiError as error:
        failure = error.message(page_language(request))
    uri = enrolment_uri(secret, principal.name) if secret else None
    return render(
        request,
        "second_factor",
        principal,
        available=available,
        is_set=is_set,
        required=authenticator_of(request).requires_second_factor(principal.role),
        secret=grouped(secret) if secret else None,
        uri=uri,
        qr=as_svg(uri) if uri else None,
        codes=codes,
        failure=failure,
    )
