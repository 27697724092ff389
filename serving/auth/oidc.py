"""Sign-in through an OpenID provider: authorisation code flow with PKCE and nonce.

Source: OpenID Connect Core 1.0, section 3.1; RFC 7636. Authlib implements the protocol.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import httpx
from itsdangerous import BadSignature, URLSafeTimedSerializer

from serving.errors import ApiError

COOKIE = "wagewatch_oidc"
MINUTES = 10
_DISCOVERY = "/.well-known/openid-configuration"
_SIGNED_WITH = ["RS256", "ES256", "PS256"]


class OidcOff(ApiError):
    """No provider is configured."""

    code = "oidc_off"
    status = HTTPStatus.NOT_FOUND


class OidcFailed(ApiError):
    """The provider did not authenticate a user; ``detail`` is its response or the error."""

    code = "oidc_failed"
    status = HTTPStatus.UNAUTHORIZED


@dataclass(frozen=True)
class Registration:
    """Client registration at the provider; ``claim`` is the claim matched to a user's subject."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str


@dataclass(frozen=True)
class PendingSignIn:
    """State between redirecting to the provider and its callback."""

    state: str
    nonce: str
    verifier: str

    def to_cookie(self, key: str) -> str:
        """Return it as a signed cookie."""
        return _serializer(key).dumps(asdict(self))


def begin(registration: Registration, redirect_uri: str) -> tuple[str, PendingSignIn]:
    """Return the URL to redirect the browser to, and the state to keep until the callback.

    Raises:
        OidcOff: no provider is configured.
        OidcFailed: the provider cannot be reached.
    """
    metadata = _provider_metadata(registration)
    pending = PendingSignIn(*(secrets.token_urlsafe(32) for _ in range(3)))
    with _client_class()(
        registration.client_id,
        redirect_uri=redirect_uri,
        scope="openid",
        code_challenge_method="S256",
    ) as client:
        url, _ = client.create_authorization_url(
            metadata["authorization_endpoint"],
            state=pending.state,
            nonce=pending.nonce,
            code_verifier=pending.verifier,
        )
    return url, pending


def finish(registration: Registration, redirect_uri: str, pending: PendingSignIn, code: str) -> str:
    """Return the subject of the user the provider authenticated.

    Raises:
        OidcFailed: it authenticated nobody, or its token is not validly signed.
    """
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    metadata = _provider_metadata(registration)
    try:
        with _client_class()(
            registration.client_id, registration.client_secret, redirect_uri=redirect_uri
        ) as client:
            token = client.fetch_token(
                metadata["token_endpoint"], code=code, code_verifier=pending.verifier
            )
        claims = _claims(registration, metadata, token["id_token"], pending.nonce)
        return str(claims[registration.claim])
    except (AuthlibBaseError, JoseError, httpx.HTTPError, KeyError, ValueError) as error:
        raise OidcFailed(detail=type(error).__name__) from error


def read_cookie(key: str, cookie: str) -> PendingSignIn | None:
    """Return the state in the cookie; None if forged or older than :data:`MINUTES`."""
    try:
        return PendingSignIn(**_serializer(key).loads(cookie, max_age=MINUTES * 60))
    except (BadSignature, TypeError):
        return None


def _provider_metadata(registration: Registration) -> dict[str, Any]:
    if not registration.issuer:
        raise OidcOff()
    try:
        response = httpx.get(registration.issuer.rstrip("/") + _DISCOVERY, timeout=10)
        response.raise_for_status()
        metadata: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise OidcFailed(detail=type(error).__name__) from error
    if metadata.get("issuer") != registration.issuer:
        raise OidcFailed(detail=f"issuer {metadata.get('issuer')}")
    return metadata


def _claims(
    registration: Registration, metadata: dict[str, Any], id_token: str, nonce: str
) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"], timeout=10).json())
    token = jwt.decode(id_token, keys, algorithms=_SIGNED_WITH)
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": registration.issuer},
        aud={"essential": True, "value": registration.client_id},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(token.claims)
    return token.claims


def _client_class() -> Any:
    import warnings

    from authlib.deprecate import AuthlibDeprecationWarning

    with warnings.catch_warnings():
        # Importing the httpx client warns that httpx2 is preferred.
        warnings.simplefilter("ignore", AuthlibDeprecationWarning)
        from authlib.integrations.httpx_client import OAuth2Client
    return OAuth2Client


def _serializer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="wagewatch-oidc")
