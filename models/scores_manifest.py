"""What scores in a folder were made of, so that a list can be published from them alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

MANIFEST = "_scores.json"
"""Its name in the folder of a date, written last: without it the scores are not whole. Readers of
Parquet pass over names that begin with an underscore."""

_FORMAT = 1


@dataclass(frozen=True)
class ScoresManifest:
    """The model, the definitions of features and the records behind the scores of one date.

    ``model`` is the version with its ``model_digest``; ``records`` is the digest of the records as
    known before the date, ``features`` that of the SQL of all families, ``flags`` that of
    the law and the rules of the red flags in the same folder; None if there are none. ``dossiers``
    are the digests of further queries whose rows are there, by name. ``files`` are the bytes of
    every Parquet file by its path in the folder; None in folders of earlier releases.
    """

    model: str
    model_digest: str
    features: str
    records: str
    projects: int
    flags: str | None = None
    dossiers: Mapping[str, str] | None = None
    files: Mapping[str, int] | None = None

    def to_json(self) -> str:
        """As text."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=2)


def parse_manifest(text: str) -> ScoresManifest:
    """The manifest in ``text``.

    Raises:
        ValueError: it is not one, or of another format.
    """
    found = json.loads(text)
    if not isinstance(found, dict) or found.pop("format", None) != _FORMAT:
        raise ValueError(text[:80])
    try:
        made = ScoresManifest(**found)
    except TypeError as error:
        raise ValueError(str(error)) from error
    for name, kind in _KINDS.items():
        if not isinstance(getattr(made, name), kind):
            raise ValueError(f"{name}: {getattr(made, name)}"[:80])
    return made


_KINDS = {
    **dict.fromkeys(("model", "model_digest", "features", "records"), str),
    **{"projects": int, "flags": str | None, "dossiers": dict | None, "files": dict | None},
}


def definitions_digest(definitions: Mapping[str, str]) -> str:
    """SHA-256 over the digests of all families by name."""
    return hashlib.sha256(json.dumps(definitions, sort_keys=True).encode()).hexdigest()
