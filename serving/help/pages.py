"""The site of the documentation that ``make site`` builds, as files below /help."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from pathlib import Path

from fastapi import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from serving.errors import ApiError

FOLDER = Path(__file__).parent / "site"
_DIGESTS = "script-digests.json"


class HelpNotBuilt(ApiError):
    """The site was not built into this installation; ``/help`` has nothing to show."""

    code = "help_not_built"
    status = HTTPStatus.NOT_FOUND


class HelpSite(StaticFiles):
    """The files of the site, under a policy that admits the theme's own scripts only."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            HelpNotBuilt: this installation has no site.
        """
        if not (self._folder / _DIGESTS).is_file():
            raise HelpNotBuilt
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file or page at ``path``, with the policy of the site."""
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = _policy(self._folder)
        response.headers["Cache-Control"] = "no-cache"
        return response


@cache
def _policy(folder: Path) -> str:
    """Return the Content-Security-Policy: inline scripts by digest, nothing from elsewhere."""
    digests = json.loads((folder / _DIGESTS).read_text(encoding="utf-8"))
    scripts = " ".join(["'self'", *(f"'{digest}'" for digest in digests)])
    return (
        f"default-src 'none'; script-src {scripts}; worker-src 'self'; connect-src 'self';"
        " style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self';"
        " manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
