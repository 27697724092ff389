"""Every relative link, picture and heading that the documentation names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    ROOT / "benchmarks" / "README.md",
    *sorted(DOCS.rglob("*.md")),
]
SECTIONS = {"tutorials", "howto", "reference", "explanation", "evidence", "decisions", "zh"}
FOR_EVERYBODY = {"index.md", "development.md"}


def links(page: Path) -> list[str]:
    """Relative targets of links and pictures, without those in code blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    return [link for link in found if not re.match(r"[a-z]+:|/", link)]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return set(re.findall(r'<a id="(\w+)"></a>', text)) | {
        re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings
    }


def test_relative_links_lead_to_files_and_headings():
    broken = []
    for page in PAGES:
        for link in links(page):
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                broken.append((str(page.relative_to(ROOT)), link))
    assert broken == []


def test_every_page_is_in_a_section_and_in_the_index():
    index = {(DOCS / link.partition("#")[0]).resolve() for link in links(DOCS / "index.md")}
    pages = [page for page in DOCS.rglob("*.md") if page.parent.name != "decisions"]
    assert len(pages) > 30
    loose = [page.name for page in pages if page.parent == DOCS]
    assert set(loose) == FOR_EVERYBODY
    assert {page.parent.name for page in pages if page.parent != DOCS} <= SECTIONS
    missing = [str(page.relative_to(DOCS)) for page in pages if page.resolve() not in index]
    assert missing == ["index.md"]


def test_pages_that_the_program_names_exist():
    """Docstrings point to docs/....md, what people see to the same pages below /help."""
    named = {
        (str(path.relative_to(ROOT)), name)
        for folder in ("risk", "features", "models", "training", "serving")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".toml"}
        for name in pages_named(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert [row for row in sorted(named) if not (ROOT / row[1]).is_file()] == []


def pages_named(text: str) -> list[str]:
    """The pages below docs/ that a text names, by file or by address."""
    served = re.findall(r"(?<!\w)/help/([a-z-]+/[a-z-]+)/", text)
    return re.findall(r"docs/[\w/-]+\.md", text) + [f"docs/{name}.md" for name in served]


def test_what_people_see_names_pages_that_they_can_open():
    texts = [*(ROOT / "risk" / "locale").glob("*.toml"), ROOT / "serving" / "wagewatch.toml"]
    assert [path.name for path in texts if "docs/" in path.read_text(encoding="utf-8")] == []
    found = [name for path in texts for name in pages_named(path.read_text(encoding="utf-8"))]
    assert {"docs/howto/sources.md", "docs/reference/law.md"} <= set(found)


def test_no_text_installs_the_program_from_an_index():
    """The program is on no index: it is installed from a clone or a wheelhouse."""
    texts = [*PAGES, *(ROOT / "risk" / "locale").glob("*.toml"), *(ROOT / "serving").rglob("*.py")]
    pattern = re.compile(r"""pip install ['"]?wagewatch\b(?!-)""")
    assert [path.name for path in texts if pattern.search(path.read_text("utf-8"))] == []
