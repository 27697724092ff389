"""Signing in through an OpenID provider: authorisation code with PKCE and nonce.

Source: OpenID Connect Core 1.0, section 3.1; RFC 7636. The protocol itself is Authlib's.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any

import httpx
from itsdangerous import BadSignature, URLSafeTimedSerializer

from risk.errors import WagewatchError

COOKIE = "wagewatch_oidc"
MINUTES = 10
_DISCOVERY = "/.well-known/openid-configuration"
_SIGNED_WITH = ["RS256", "ES256", "PS256"]


class OidcOff(WagewatchError):
    """No provider is configured."""

    code = "oidc_off"


class OidcFailed(WagewatchError):
    """The provider did not vouch for anybody; ``detail`` says what it did instead."""

    code = "oidc_failed"


@dataclass(frozen=True)
class Registration:
    """How the service is known to the provider; ``claim`` names the user's subject."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str


@dataclass(frozen=True)
class Begun:
    """What has to be remembered between the two halves of a sign-in."""

    state: str
    nonce: str
    verifier: str

    def sealed(self, key: str) -> str:
        """As a cookie."""
        return _serializer(key).dumps(asdict(self))


def begin(registration: Registration, redirect_uri: str) -> tuple[str, Begun]:
    """Where to send the browser, and what to remember.

    Raises:
        OidcOff: no provider is configured.
        OidcFailed: the provider cannot be reached.
    """
    about = _about(registration)
    begun = Begun(*(secrets.token_urlsafe(32) for _ in range(3)))
    with _client_kind()(
        registration.client_id,
        redirect_uri=redirect_uri,
        scope="openid",
        code_challenge_method="S256",
    ) as client:
        url, _ = client.create_authorization_url(
            about["authorization_endpoint"],
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
        )
    return url, begun


def finish(registration: Registration, redirect_uri: str, begun: Begun, code: str) -> str:
    """The subject the provider vouches for.

    Raises:
        OidcFailed: it vouches for nobody, or its word is not signed as it should be.
    """
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    about = _about(registration)
    try:
        with _client_kind()(
            registration.client_id, registration.client_secret, redirect_uri=redirect_uri
        ) as client:
            token = client.fetch_token(
                about["token_endpoint"], code=code, code_verifier=begun.verifier
            )
        claims = _claims(registration, about, token["id_token"], begun.nonce)
        return str(claims[registration.claim])
    except (AuthlibBaseError, JoseError, httpx.HTTPError, KeyError, ValueError) as error:
        raise OidcFailed(detail=type(error).__name__) from error


def remembered(key: str, cookie: str) -> Begun | None:
    """What was remembered; None if the cookie is forged or older than :data:`MINUTES`."""
    try:
        return Begun(**_serializer(key).loads(cookie, max_age=MINUTES * 60))
    except (BadSignature, TypeError):
        return None


def _about(registration: Registration) -> dict[str, Any]:
    if not registration.issuer:
        raise OidcOff()
    try:
        answer = httpx.get(registration.issuer.rstrip("/") + _DISCOVERY, timeout=10)
        answer.raise_for_status()
        about: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise OidcFailed(detail=type(error).__name__) from error
    if about.get("issuer") != registration.issuer:
        raise OidcFailed(detail=f"issuer {about.get('issuer')}")
    return about


def _claims(
    registration: Registration, about: dict[str, Any], id_token: str, nonce: str
) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(httpx.get(about["jwks_uri"], timeout=10).json())
    token = jwt.decode(id_token, keys, algorithms=_SIGNED_WITH)
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": registration.issuer},
        aud={"essential": True, "value": registration.client_id},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(token.claims)
    return token.claims


def _client_kind() -> Any:
    import warnings

    from authlib.deprecate import AuthlibDeprecationWarning

    with warnings.catch_warnings():
        # It would rather be given httpx2, and says so to whoever signs in first.
        warnings.simplefilter("ignore", AuthlibDeprecationWarning)
        from authlib.integrations.httpx_client import OAuth2Client
    return OAuth2Client


def _serializer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="wagewatch-oidc")
