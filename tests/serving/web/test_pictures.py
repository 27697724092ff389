"""The pictures of the documentation are there and show what the pages are now."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).parents[3] / "docs"
sys.path.insert(0, str(DOCS))

import pictures  # noqa: E402


def test_pictures_show_the_current_pages():
    taken = json.loads(pictures.TAKEN.read_text(encoding="utf-8"))
    assert taken["made_of"] == pictures.made_of(), "pages have changed; run: make pictures"


def test_pictures_exist_and_are_shown():
    kept = {path.name for path in pictures.PICTURES.glob("*.png")}
    assert kept == set(pictures.names())
    gallery = (DOCS / "reference" / "gallery.md").read_text()
    shown = set(re.findall(r'src="\.\./pictures/([^"]+)"', gallery))
    readme = (DOCS.parent / "README.md").read_text()
    first = re.findall(r'src="docs/pictures/([^"]+)"', readme)
    assert first == [pictures.README_PICTURE]
    assert shown | set(first) == kept


def test_pages_are_documented():
    from serving.web.render import MENU

    page = (DOCS / "reference" / "pages.md").read_text()
    assert MENU
    assert [item.href for item in MENU if f"`{item.href}`" not in page] == []


def test_pictures_keep_the_colours_of_flat_areas():
    """Orange stays orange beside a gradient of more colours than the palette holds."""
    image = Image.new("RGB", (300, 3))
    image.putdata([(n % 256, n // 3, 90) for n in range(900)])
    image.paste((253, 235, 215), (0, 0, 40, 3))
    image.paste((212, 106, 0), (40, 0, 60, 3))
    assert len(image.getcolors(900)) > pictures.MOST_COLOURS
    found = pictures.few_colours(image).convert("RGB")
    assert len(found.getcolors()) == pictures.MOST_COLOURS
    assert {found.getpixel((n, 1)) for n in range(40)} == {(253, 235, 215)}
    assert {found.getpixel((n, 2)) for n in range(40, 60)} == {(212, 106, 0)}
