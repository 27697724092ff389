"""QR code of an address: as SVG inside a page, and in characters for a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from segno import QRCode

_QUIET = 4
"""Modules of white around the code; ISO/IEC 18004 asks for four."""


def as_svg(address: str) -> Markup:
    """Return the code of ``address`` as an SVG element, black on white also on a dark page."""
    svg = _code(address).svg_inline(
        scale=4, border=_QUIET, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    # Made of numbers and colours only; the address is not in it as text.
    return Markup(svg)  # noqa: S704


def as_text(address: str) -> str:
    """Return the code of ``address`` in half blocks, for a terminal with light text on dark."""
    out = io.StringIO()
    _code(address).terminal(out, border=_QUIET, compact=True)
    return out.getvalue()


def _code(address: str) -> QRCode:
    import segno

    return segno.make(address, error="m", micro=False)
