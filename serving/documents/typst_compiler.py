"""PDF and PNG through Typst, in this process and without a network."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from serving.documents.sanitize import cleaned


def typeset(package: str, template: str, data: Any) -> bytes:
    """The PDF of ``templates/{template}.typ`` of ``package``, which reads ``data`` as JSON."""
    import typst

    folder = Path(str(files(package))) / "templates"
    body: bytes = typst.compile(
        str(folder / f"{template}.typ"),
        root=str(folder),
        sys_inputs={"data": json.dumps(cleaned(data), ensure_ascii=False)},
    )
    return body


@lru_cache(maxsize=16)
def picture(svg: str, ppi: float) -> bytes:
    """An SVG drawing as PNG with ``ppi`` points an inch."""
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
