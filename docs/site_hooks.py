"""What mkdocs does besides: navigation, links out of the docs, language, policy for scripts.

The service shows the site at /help under a Content-Security-Policy without ``unsafe-inline`` for
scripts; the digests of the theme's inline scripts are written next to the pages.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

SECTIONS = {
    "zh": "中文",
    "tutorials": "Tutorials",
    "howto": "How-to guides",
    "reference": "Reference",
    "explanation": "Explanation",
    "evidence": "Evidence",
    "decisions": "Decisions",
}
CHINESE = ("快速上手", "台账导入", "监察员手册", "月报与年度总结", "系统管理", "常见问题")
# Of lunr-languages; the theme ships thirty further languages, and segmenters of Japanese and Thai.
SEARCH_SCRIPTS = {"lunr.stemmer.support.min.js", "lunr.multi.min.js", "lunr.zh.min.js"}
POLICY_FILE = "script-digests.json"
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)\s]*)\)")
_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])")
_INLINE = re.compile(r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", re.DOTALL)


def on_config(config: Any) -> Any:
    """Order the pages by section."""
    docs = Path(config["docs_dir"])
    nav: list[Any] = ["index.md"]
    for folder, title in SECTIONS.items():
        names = [path.name for path in sorted((docs / folder).glob("*.md"))]
        if folder == "zh":
            names = [f"{name}.md" for name in CHINESE]
        nav.append({title: [f"{folder}/{name}" for name in names]})
    nav.append({"Development": ["development.md"]})
    config["nav"] = nav
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Leave the words of links that lead out of the documentation, without the link."""
    docs = Path(config["docs_dir"]).resolve()
    here = (docs / page.file.src_uri).parent

    def words(found: re.Match[str]) -> str:
        target = (here / found[2].partition("#")[0]).resolve()
        return found[0] if target.is_relative_to(docs) else found[1]

    return _LINK.sub(words, markdown)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Name the search for screen readers, and the language of Chinese pages."""
    dialog = 'data-md-component="search" role="dialog"'
    output = output.replace(dialog, f'{dialog} aria-label="Search 搜索"', 1)
    if page.file.src_uri.startswith("zh/"):
        return output.replace('<html lang="en"', '<html lang="zh-Hans"', 1)
    return output


def on_post_build(config: Any) -> None:
    """Write the digests of inline scripts, prepare the search of Chinese, drop what none reads."""
    site = Path(config["site_dir"])
    _split_chinese(site / "search" / "search_index.json")
    found = set()
    for page in site.rglob("*.html"):
        for script in _INLINE.findall(page.read_text(encoding="utf-8")):
            digest = hashlib.sha256(script.encode()).digest()
            found.add(f"sha256-{base64.b64encode(digest).decode()}")
    (site / POLICY_FILE).write_text(json.dumps(sorted(found), indent=1), encoding="utf-8")
    unread = [*site.rglob("*.map"), *(site / "assets/javascripts/lunr").rglob("*.js")]
    for path in unread:
        if path.name not in SEARCH_SCRIPTS:
            path.unlink()


def _split_chinese(path: Path) -> None:
    """Make every Chinese character a token: the theme segments queries by the tokens it finds."""
    index = json.loads(path.read_text(encoding="utf-8"))
    for row in index["docs"]:
        for part in ("title", "text"):
            row[part] = _BETWEEN.sub("\u200b", row[part])
    path.write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
