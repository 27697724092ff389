"""Errors of layouts."""

from __future__ import annotations

from risk.errors import WagewatchError


class LayoutInvalid(WagewatchError):
    """The layout file is not valid. Carries ``file``, ``at``, ``found`` and ``allowed``."""

    code = "layout_invalid"


class SynonymsInvalid(WagewatchError):
    """The office's file of headings is not valid. Carries what :class:`LayoutInvalid` does."""

    code = "synonyms_invalid"


class LayoutMissing(WagewatchError):
    """No layout has this name. Carries ``name`` and ``allowed``, the names there are."""

    code = "layout_missing"
