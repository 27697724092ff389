"""Secrets of sources, read from a file or an environment variable only.

They are never part of settings, so that no dump, log, backup or answer can hold them.
"""

from __future__ import annotations

import os
from pathlib import Path

from risk.sources.errors import SecretMissing
from risk.sources.settings import SourceSettings

_MOST_BYTES = 10_000


class Secret:
    """Secret text; it is shown as stars, and :meth:`reveal` is called where it is used."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def redact(self, text: str) -> str:
        """Return ``text`` with stars in place of the secret, for messages of other programs."""
        return text.replace(self._value, "***") if self._value else text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def read_secret(settings: SourceSettings, folder: Path) -> Secret:
    """Return the secret of a source; an empty one if its settings name none.

    ``folder`` is the workspace, which a relative ``secret_file`` is below. White space around the
    secret is removed.

    Raises:
        SecretMissing: the file or the environment variable is missing, empty or unreadable.
    """
    if settings.secret_file:
        return _checked(settings, settings.secret_file, _text(folder / settings.secret_file))
    if settings.secret_env:
        return _checked(settings, settings.secret_env, os.environ.get(settings.secret_env, ""))
    return Secret("")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _checked(settings: SourceSettings, place: str, found: str) -> Secret:
    if not found.strip():
        raise SecretMissing(source=settings.name, place=place)
    return Secret(found.strip())
