from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from serving.app import create_app
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.settings import OidcSettings, Settings

from ..conftest import NO_TLS, PUBLISHED_AT, answering, served
from ..people import add_user


class Provider(ThreadingHTTPServer):
    """An OpenID provider that knows one person and asks her nothing."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.signs_with, self.changed, self.asked = self.key, {}, {}

    def id_token(self):
        claims = {
            "iss": self.url,
            "aud": "wagewatch",
            "sub": "li-4711",
            "exp": int(time.time()) + 60,
            "nonce": self.asked["nonce"],
            **self.changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signs_with)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        address, url = urlsplit(self.path), self.server.url
        if address.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            self.server.asked = asked
            self.send_response(303)
            self.send_header("Location", f"{asked['redirect_uri']}?code=c&state={asked['state']}")
            self.end_headers()
        elif address.path == "/keys":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        else:
            self._json(
                {
                    "issuer": url,
                    "authorization_endpoint": f"{url}/authorize",
                    "token_endpoint": f"{url}/token",
                    "jwks_uri": f"{url}/keys",
                }
            )

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self._json(
            {"access_token": "a", "token_type": "Bearer", "id_token": self.server.id_token()}
        )

    def _json(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def provider():
    with answering(Provider()) as server:
        yield server


@pytest.fixture
def browser(provider, database):
    grant = NewAccount("李监察员", Role.INSPECTOR, "9901", "test", PUBLISHED_AT)
    add_user(database.engine, grant, subject="li-4711")
    oidc = OidcSettings(
        issuer=provider.url, client_id="wagewatch", client_secret=SecretStr("geheim")
    )
    with (
        served(create_app(Settings(oidc=oidc), database)) as url,
        httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as opened,
    ):
        yield opened


def _sign_in(browser):
    to_provider = browser.get("/v1/session/oidc")
    assert to_provider.status_code == 303
    back = httpx.get(to_provider.headers["location"], trust_env=False)
    return browser.get(back.headers["location"])


def test_oidc_signs_in_the_authenticated_user(browser, provider):
    assert _sign_in(browser).status_code == 303
    assert provider.asked["code_challenge_method"] == "S256"
    told = browser.get("/v1/session").json()
    assert (told["name"], told["role"], told["region"]) == ("李监察员", "inspector", "9901")


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"nonce": "old"},
        {"exp": 1},
        {"exp": None},
        {"aud": None},
        {"iss": None},
        {"nonce": None},
        {"sub": "nobody-we-know"},
    ],
)
def test_oidc_refuses_tokens_with_wrong_claims(browser, provider, changed):
    provider.changed = changed
    assert _sign_in(browser).status_code == 401
    assert browser.get("/v1/session").status_code == 401


def test_oidc_refuses_a_forged_signature(browser, provider):
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
    assert _sign_in(browser).json()["code"] == "oidc_failed"


def test_oidc_refuses_a_callback_without_a_pending_sign_in(browser):
    answer = browser.get("/v1/session/oidc/callback?state=x&code=y")
    assert (answer.status_code, answer.json()["code"]) == (401, "oidc_failed")


def test_oidc_is_not_found_without_a_provider(client):
    answer = client.get("/v1/session/oidc")
    assert (answer.status_code, answer.json()["code"]) == (404, "oidc_off")
