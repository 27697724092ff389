"""The documentation's site at /help: its policy, its pages, and what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from fastapi import FastAPI

from serving.help.pages import FOLDER, HelpSite
from serving.http.problems import add_exception_handlers
from serving.settings import Settings

from ...conftest import require_program, thorough
from ..conftest import NO_TLS, served

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = "__md_scope=new URL('.',location)"
DIGEST = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()


@pytest.fixture
def small_site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "howto").mkdir(parents=True)
    (site / "index.html").write_text(f"<script>{SCRIPT}</script>", encoding="utf-8")
    (site / "howto" / "index.html").write_text("<h1>How</h1>", encoding="utf-8")
    (site / "script-digests.json").write_text(json.dumps([f"sha256-{DIGEST}"]), encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return site


@contextmanager
def client_of(folder: Path) -> Iterator[httpx.Client]:
    app = FastAPI()
    add_exception_handlers(app)
    app.state.is_page = lambda request: False
    app.state.settings = Settings()
    app.mount("/help", HelpSite(folder))
    with (
        served(app) as url,
        httpx.Client(base_url=url, verify=NO_TLS, follow_redirects=True) as client,
    ):
        yield client


def test_pages_are_served_with_a_policy_of_their_own_scripts(small_site):
    with client_of(small_site) as client:
        for path in ("/help/", "/help/howto/", "/help"):
            answer = client.get(path)
            assert answer.status_code == 200
            policy = answer.headers["Content-Security-Policy"]
            parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
            assert parts["default-src"] == "'none'"
            assert parts["script-src"] == f"'self' 'sha256-{DIGEST}'"
            assert "http" not in policy


def test_nothing_outside_the_site_is_served(small_site):
    with client_of(small_site) as client:
        for path in ("/help/../secret.txt", "/help/%2e%2e/secret.txt", "/help/nothing/"):
            assert client.get(path).status_code == 404, path


def test_an_installation_without_the_site_says_so(tmp_path):
    with client_of(tmp_path / "none") as client:
        answer = client.get("/help/")
    assert answer.status_code == 404
    assert answer.json()["code"] == "help_not_built"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The site as ``make site`` builds it, elsewhere."""
    folder = tmp_path_factory.mktemp("site")
    line = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(line, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@thorough
def test_every_page_of_the_docs_is_in_the_site_and_in_the_search(built):
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    assert len(pages) > 50
    for page in pages:
        name = "" if page.name in {"index.md", "README.md"} else page.stem
        assert (built / page.parent / name / "index.html").is_file(), page
    found = json.loads((built / "search" / "search_index.json").read_text(encoding="utf-8"))
    places = {row["location"].partition("#")[0] for row in found["docs"]}
    assert {"howto/restore-drill/", quote("zh/台账导入/")} <= {
        quote(unquote(one)) for one in places
    }
    assert found["config"]["lang"] == ["en", "zh"]


@thorough
def test_scripts_of_the_site_are_its_own_or_known_by_digest(built):
    digests = set(json.loads((built / "script-digests.json").read_text(encoding="utf-8")))
    texts = [page.read_text(encoding="utf-8") for page in built.rglob("*.html")]
    inline = {
        script
        for text in texts
        for script in re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    }
    made = {
        f"sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}"
        for one in inline
    }
    assert inline
    assert made <= digests
    loaded = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](?:https?:)?//""")
    assert [text for text in texts if loaded.search(text)] == []


def test_the_folder_of_the_site_is_in_the_package():
    assert FOLDER == ROOT / "serving" / "help" / "site"


AXE = (Path(__file__).parents[2] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SEARCHES = {"restore drill": "restore-drill", "待修改": quote("台账导入")}


@thorough
def test_the_site_is_accessible_and_found_by_search_in_both_languages(built):
    """In Chromium, under the policy: no axe finding, no refused script, results for words."""
    program = require_program("chromium")
    from playwright.sync_api import expect, sync_playwright

    app = FastAPI()
    app.mount("/help", HelpSite(built))
    troubles = []
    with served(app) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
        page.add_init_script(AXE)
        for path in ("", "zh/台账导入/", "howto/restore-drill/", "evidence/shift/"):
            page.goto(f"{url}/help/{path}")
            page.wait_for_load_state("networkidle")
            found = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
            troubles += [
                (path, one["id"], one["nodes"][0]["html"][:150]) for one in found["violations"]
            ]
        assert page.get_attribute("html", "lang") == "en"
        for words, place in SEARCHES.items():
            page.goto(f"{url}/help/")
            page.fill("input.md-search__input", words)
            link = page.locator(f'.md-search-result__link[href*="{place}"]')
            expect(link.first, words).to_be_attached(timeout=15_000)
        page.goto(f"{url}/help/zh/台账导入/")
        assert page.get_attribute("html", "lang") == "zh-Hans"
        browser.close()
    assert troubles == [], "\n".join(map(str, troubles))
