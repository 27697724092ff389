"""PDF and PNG by Typst, in this process and without network access."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from serving.documents.sanitize import xml_safe_tree


def compile_typst(package: str, template: str, data: Any) -> bytes:
    """Compile ``templates/{template}.typ`` of ``package`` to PDF.

    The template reads ``data``, as JSON, from ``sys.inputs.data``.
    """
    import typst

    folder = Path(str(files(package))) / "templates"
    body: bytes = typst.compile(
        str(folder / f"{template}.typ"),
        root=str(folder),
        sys_inputs={"data": json.dumps(xml_safe_tree(data), ensure_ascii=False)},
    )
    return body


@lru_cache(maxsize=16)
def svg_to_png(svg: str, ppi: float) -> bytes:
    """Render an SVG image as PNG with ``ppi`` pixels per inch."""
    import typst

    folder = Path(str(files("serving.documents"))) / "templates"
    body: bytes = typst.compile(
        str(folder / "picture.typ"),
        root=str(folder),
        sys_inputs={"svg": svg},
        format="png",
        ppi=ppi,
    )
    return body
