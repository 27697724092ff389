"""Models of several counties in one file, for counties that may not share their records.

A part is what one county has learnt: boosters and the numbers of events and rows behind them. It
holds no row, no project and no name but that of the office. Features must be defined alike in all
counties, so a part carries the digest of each family, and who exported it, when and from what.
The file is JSON; reading it runs no code from it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.shared_trees import MAX_TREES, SharedTree, booster_text
from risk.errors import WagewatchError
from risk.unit_kinds import Kind

MAX_BYTES = 200_000_000
MAX_PARTS = 500
MAX_BOOSTERS = 8

_Name = Annotated[str, Field(max_length=200)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Feature = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,80}$")]


class SharedModelsUnreadable(WagewatchError):
    """The file is not one that ``models export`` or ``models merge`` wrote, or was changed."""

    code = "shared_models_unreadable"


class SharedModelsOfOtherFeatures(WagewatchError):
    """A part was learnt from features that are defined otherwise here."""

    code = "shared_models_of_other_features"


class SharedModelsFromLater(WagewatchError):
    """A part was learnt from records of the day of training or later."""

    code = "shared_models_from_later"


class SharedModelsOfOtherKind(WagewatchError):
    """A part scores another kind of unit."""

    code = "shared_models_of_other_kind"


class SharedPart(BaseModel):
    """What one county has learnt before ``trained_at``.

    ``origin`` is a random number of the county's registry: the same county has the same.
    ``definitions`` holds a digest per feature family. Each booster is a list of trees over
    ``columns``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    origin: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    office: _Name
    by: _Name
    exported_at: dt.date
    trained_at: dt.date
    kind: Kind
    events: Annotated[int, Field(ge=1)]
    positives: Annotated[int, Field(ge=1)]
    rows: Annotated[int, Field(ge=1)]
    definitions: Mapping[_Feature, _Digest]
    columns: Annotated[tuple[_Feature, ...], Field(min_length=1, max_length=2_000)]
    boosters: Annotated[
        tuple[Annotated[tuple[SharedTree, ...], Field(min_length=1, max_length=MAX_TREES)], ...],
        Field(min_length=1, max_length=MAX_BOOSTERS),
    ]

    @model_validator(mode="after")
    def _splits_on_its_columns(self) -> SharedPart:
        self.texts()
        return self

    def texts(self) -> tuple[str, ...]:
        """The boosters in LightGBM's text format."""
        return tuple(booster_text(trees, self.columns) for trees in self.boosters)


class SharedModels(BaseModel):
    """The parts of several counties, one each, by origin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["wagewatch shared models"] = "wagewatch shared models"
    version: Literal[1] = 1
    parts: Annotated[tuple[SharedPart, ...], Field(min_length=1, max_length=MAX_PARTS)]

    def to_text(self) -> str:
        """The file: one line of JSON with the digest of what it holds."""
        body = self.model_dump_json()
        return f'{{"digest":"{_digest(body)}","shared":{body}}}\n'

    @property
    def digest(self) -> str:
        """SHA-256 of what the file holds."""
        return _digest(self.model_dump_json())

    def without(self, origin: str) -> tuple[SharedPart, ...]:
        """The parts of all counties but ``origin``."""
        return tuple(part for part in self.parts if part.origin != origin)


def read_shared_models(path: Path) -> SharedModels:
    """The parts in the file ``path``.

    Raises:
        SharedModelsUnreadable: it is missing, too large, damaged or no such file.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SharedModelsUnreadable(path=str(path), reason=f"> {MAX_BYTES:,} bytes")
        return parse_shared_models(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SharedModelsUnreadable(path=str(path), reason=type(error).__name__) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise SharedModelsUnreadable(path=str(path), reason=f"{place}: {first['msg']}") from error
    except ValueError as error:
        raise SharedModelsUnreadable(path=str(path), reason=str(error)) from error


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    digest: _Digest
    shared: SharedModels


def parse_shared_models(content: str) -> SharedModels:
    """The parts in the text of a file; raises ValueError if it is none."""
    read = _File.model_validate_json(content)
    if read.shared.digest != read.digest:
        raise ValueError("digest")
    return read.shared


def merge(files: Iterable[SharedModels]) -> SharedModels:
    """All parts of ``files``, the newest of each county.

    Raises:
        SharedModelsOfOtherFeatures: two parts define a feature otherwise.
        SharedModelsOfOtherKind: two parts score different kinds of unit.
    """
    newest: dict[str, SharedPart] = {}
    for part in (part for one in files for part in one.parts):
        known = newest.get(part.origin)
        if known is None or (part.trained_at, part.exported_at) > (
            known.trained_at,
            known.exported_at,
        ):
            newest[part.origin] = part
    parts = tuple(newest[origin] for origin in sorted(newest))
    first = parts[0]
    require_alike(parts, first.kind, first.columns, first.definitions)
    return SharedModels(parts=parts)


def require_alike(
    parts: Iterable[SharedPart],
    kind: Kind,
    columns: Sequence[str],
    definitions: Mapping[str, str],
) -> None:
    """Require that all ``parts`` score ``kind`` on features defined as in ``definitions``.

    Raises:
        SharedModelsOfOtherFeatures: one was learnt from features defined otherwise.
        SharedModelsOfOtherKind: one scores another kind of unit.
    """
    for part in parts:
        if part.kind != kind:
            raise SharedModelsOfOtherKind(office=part.office, found=part.kind, allowed=kind)
        names = sorted({*part.definitions, *definitions})
        other = [n for n in names if part.definitions.get(n) != definitions.get(n)]
        if other or part.columns != tuple(columns):
            raise SharedModelsOfOtherFeatures(office=part.office, families=", ".join(other))


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
