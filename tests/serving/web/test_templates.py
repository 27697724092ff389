"""Templates hold no words and no punctuation of one language: these are in the catalogues."""

from __future__ import annotations

import re

from serving.web.render import FOLDER

PUNCTUATION = re.compile(r"[\u3000-\u303f\uff01-\uff60]")
WORDS = re.compile(r"[\u4e00-\u9fff]")
BEFORE_TEXT = re.compile(r"[;:,] ?\{\{")


def _outside_tags(template: str) -> str:
    """What a person reads: no comments, no tags with their attributes, no statements."""
    expressions = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", template, flags=re.DOTALL)
    plain = re.sub(r"\{\{.*?\}\}", "{{ }}", expressions, flags=re.DOTALL)
    return re.sub(r"<[^>]*>", "", plain)


def test_templates_have_no_words_or_punctuation_of_a_language():
    found = []
    for path in (FOLDER / "templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        shown = _outside_tags(text)
        found += [(path.name, *PUNCTUATION.findall(text), *WORDS.findall(shown))]
        found[-1] += tuple(BEFORE_TEXT.findall(shown))
    assert len(found) > 40
    assert [one for one in found if len(one) > 1] == []
