"""Takes the pictures of the documentation: every page, both languages, both widths; the briefing.

Usage: python docs/pictures.py    (needs Chromium and pdftoppm; about two minutes)

The world in them is the demo's, wholly made up. ``docs/pictures/taken.json`` remembers what the
pages were made of when they were taken; a test fails when that has changed since.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from serving.watchlists.repository import WatchlistRepository

if TYPE_CHECKING:
    from PIL.Image import Image

HERE = Path(__file__).parent
ROOT = HERE.parent
PICTURES = HERE / "pictures"
TAKEN = PICTURES / "taken.json"
WIDTHS = {"desktop": (1280, 860), "phone": (390, 844)}
LANGUAGES = ("zh", "en")
PAGES = {
    "watchlist": "/watchlist",
    "print": "/watchlist/print",
    "project": "/projects/{0}",
    "visit": "/projects/{0}/visit",
    "projects": "/projects",
    "map": "/map",
    "route": "/route?stop={0}&stop={1}&stop={2}&stop={3}&stop={4}",
    "employers": "/watchlist?kind=employer",
    "links": "/links",
    "ledger": "/ledger",
    "matter": "/ledger",
    "notices": "/notices",
    "deposits": "/deposits",
    "campaign": "/campaign",
    "indicators": "/indicators",
    "briefings": "/briefings",
    "supervision": "/supervision",
    "audit": "/supervision/audit",
    "data": "/data",
    "quarantine": "/data/quarantine",
    "people": "/supervision/people",
}
BRIEFING_PAGES = 4
README_PICTURE = "readme.png"
# What the picture of the README says of parts of the first project on the list.
CALLOUTS = {
    ".owed": "Unpaid on the books, from payrolls and payments",
    ".odds": "Calibrated probability of arrears",
    ".why li:nth-child(1)": "Red flag: the fact, and the article of the law",
    ".why li:nth-child(2)": "No verdict: what to verify on site",
    ".do": "What the visit found teaches the next list",
}
MOST_COLOURS = 256
PASSWORD = "pictures-of-the-demo"  # noqa: S105 - of a world that lives two minutes
# Two rows that cannot be read, so that the pages of the data have something to mend.
COMPLAINTS = """投诉编号,受理日期,渠道,反映单位,涉及人数,诉求金额
TS-2026-001,2026年1月5日,来访,桐原建设集团有限公司,6,48000
TS-2026-002,1月中旬,来访,桐原建设集团有限公司,3,21000
TS-2026-003,2026-01-06,12345热线,桐原建设集团有限公司,十来人,约3万
,2026-01-07,12333热线,桐原建设集团有限公司,2,9600
"""
SETTINGS = """
[briefing]
office = "模拟市人力资源和社会保障局"
addressee = "各县（区）人民政府，市直有关单位"
"""


def made_of() -> str:
    """A digest of all that decides how pages and briefings look."""
    digest = hashlib.sha256()
    folders = ("serving/web", "serving/documents", "serving/briefings")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += (ROOT / "risk" / "locale").glob("pages.*")
    files += (ROOT / "risk" / "locale").glob("briefing.*")
    for path in sorted(files):
        if "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(ROOT)}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def names() -> list[str]:
    """The pictures there have to be."""
    pages = [f"{p}-{w}-{la}.png" for p in PAGES for w in WIDTHS for la in LANGUAGES]
    briefing = [f"briefing-{n}.png" for n in range(1, BRIEFING_PAGES + 1)]
    return [*pages, *briefing, README_PICTURE]


def main() -> int:
    """Take them all."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "demo"
        _prepare(workspace)
        shutil.rmtree(PICTURES, ignore_errors=True)
        PICTURES.mkdir()
        with _served(workspace) as (url, listed):
            _photograph(url, listed)
        _print_briefing(workspace)
    TAKEN.write_text(json.dumps({"made_of": made_of()}, indent=2) + "\n", encoding="utf-8")
    return 0


def _wagewatch(
    workspace: Path, *arguments: str, input: str = "", ends_with: tuple[int, ...] = (0,)
) -> None:
    command = [sys.executable, "-c", "from serving.cli.main import run; run()", "-w", workspace]
    whole = [*command, *arguments]
    done = subprocess.run(whole, check=False, cwd=ROOT, input=input, text=True)  # noqa: S603
    if done.returncode not in ends_with:
        sys.exit(f"wagewatch {arguments[0]} ended with {done.returncode}")


def _prepare(workspace: Path) -> None:
    _wagewatch(workspace, "demo", "--no-serve")
    settings = workspace / "wagewatch.toml"
    toml = settings.read_text(encoding="utf-8").replace("\n[briefing]\n", SETTINGS)
    settings.write_text(toml, encoding="utf-8")
    shutil.rmtree(workspace / "monthly")
    _wagewatch(workspace, "monthly", "--as-of", "2026-01-01")
    book = workspace.with_name("投诉举报.csv")
    book.write_text(COMPLAINTS, encoding="utf-8")
    _wagewatch(workspace, "import", str(book), "--known-on", "2026-01-08", ends_with=(3,))
    for role in ("admin", "inspector", "briefer"):
        _wagewatch(workspace, "users", "add", role, "--role", role, input=f"{PASSWORD}\n")


@contextmanager
def _served(workspace: Path) -> Iterator[tuple[str, list[str]]]:
    import uvicorn

    from risk.workspace import Workspace
    from serving.app import create_app
    from serving.data_entry.overview import refresh_overview
    from serving.db.database import Database
    from serving.server import listen
    from serving.settings import load_settings
    from serving.watchlists.snapshot_repository import load_register

    opened = Workspace(workspace)
    database = Database(f"sqlite:///{opened.service_database}")
    newest = WatchlistRepository(database).latest_as_of()
    found = load_register(database.engine, newest) if newest else None
    if found is None:
        sys.exit("the demo published nothing")
    refresh_overview(opened, database)
    placed = [row for row in found.document["projects"] if row["rank"] and row["latitude"]]
    listed = [row["project_id"] for row in sorted(placed, key=lambda row: row["rank"])]
    with listen("127.0.0.1", 0) as socket:
        app = create_app(load_settings(opened), database, key="p" * 43)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, args=([socket],))
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{socket.getsockname()[1]}", listed
        server.should_exit = True
        thread.join()


def _photograph(url: str, listed: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width, size in WIDTHS.items():
            for language in LANGUAGES:
                context = browser.new_context(viewport={"width": size[0], "height": size[1]})
                page = context.new_page()
                page.goto(f"{url}/language/{language}?back=/sign-in")
                page.fill("#name", "admin")
                page.fill("#password", PASSWORD)
                page.click("form button")
                page.wait_for_url(f"{url}/watchlist")
                if width == "desktop" and language == "zh":
                    _use(page, url, listed)
                for name, path in PAGES.items():
                    page.goto(url + path.format(*(quote(one, safe="") for one in listed)))
                    if name == "matter":
                        page.click("a[href^='/matters/'] >> nth=0")
                    page.wait_for_load_state("networkidle")
                    _keep(page.screenshot(), f"{name}-{width}-{language}.png")
                if width == "desktop" and language == "en":
                    page.goto(f"{url}/watchlist")
                    _call_out(page)
                context.close()
        browser.close()


def _call_out(page: Any) -> None:
    """Take the first project of the list with words next to its parts, in all colours."""
    page.set_viewport_size({"width": 1500, "height": 900})
    page.evaluate(
        """callouts => {
            document.querySelector("main").style.cssText =
                "margin-left: 24px; width: 1080px; max-width: 1080px";
            const entry = document.querySelector(".entry");
            const right = entry.getBoundingClientRect().right;
            for (const [selector, words] of Object.entries(callouts)) {
                const part = entry.querySelector(selector);
                const box = part.getBoundingClientRect();
                const text = document.createElement("div");
                text.textContent = words;
                text.style.cssText = `position: absolute; left: ${right + 26}px; width: 300px;
                    top: ${box.top + window.scrollY + 1}px; font: 600 15px/20px sans-serif;
                    color: #0b3d75; background: #f4f6fa`;
                const line = document.createElement("div");
                line.style.cssText = `position: absolute; left: ${right - 8}px; width: 30px;
                    top: ${box.top + window.scrollY + 11}px; border-top: 2px solid #0b3d75`;
                document.body.append(text, line);
            }
        }""",
        CALLOUTS,
    )
    box = page.locator(".entry").first.bounding_box()
    clip = {"x": box["x"] - 12, "y": box["y"] - 12, "width": 1440, "height": box["height"] + 24}
    page.screenshot(path=str(PICTURES / README_PICTURE), clip=clip)


def _use(page: Any, url: str, listed: list[str]) -> None:
    """Two visits and a matter given to somebody, so that the pages have something to show."""
    for project, found in zip(listed, ("true", "false"), strict=False):
        page.goto(f"{url}/projects/{quote(project, safe='')}/visit")
        page.check(f"input[name=arrears_found][value={found}]")
        if found == "true":
            page.fill("#workers_owed", "12")
            page.fill("#amount_owed", "236000")
        page.evaluate("document.getElementById('inspected_on').value = '2026-01-08'")
        page.click("#visit button")
        page.wait_for_selector("#said.ok")
    page.goto(f"{url}/ledger")
    matter = page.locator(".entry").first
    matter.locator("summary").click()
    matter.locator("[name=person]").fill("王监察")
    matter.locator("[name=unit]").fill("劳动保障监察大队")
    matter.locator("form").first.locator("button").click()
    page.wait_for_selector(".answer .said")


def _print_briefing(workspace: Path) -> None:
    made = next((workspace / "monthly").rglob("briefing-*.pdf"))
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-r", "72", "-png", "-l", str(BRIEFING_PAGES), made, f"{folder}/p"]
        subprocess.run(command, check=True)  # noqa: S603
        for number, path in enumerate(sorted(Path(folder).iterdir()), start=1):
            _keep(path.read_bytes(), f"briefing-{number}.png")


def _keep(picture: bytes, name: str) -> None:
    """Save the commonest colours as they are and others as the nearest of them.

    Pages are flat: what is drawn in one colour, such as a tier, has exactly that colour, and the
    files stay small.
    """
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    few_colours(image).save(PICTURES / name, optimize=True)


def few_colours(image: Image) -> Image:
    """Return ``image`` with a palette of its 256 commonest colours."""
    import numpy as np
    from PIL import Image

    red, green, blue = (plane.astype(np.int64) for plane in np.asarray(image).transpose(2, 0, 1))
    colours, places, counts = np.unique(
        red << 16 | green << 8 | blue, return_inverse=True, return_counts=True
    )
    split = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
    palette = split[np.argsort(-counts, kind="stable")[:MOST_COLOURS]]
    nearest = np.array([np.square(palette - one).sum(axis=1).argmin() for one in split], np.uint8)
    found = Image.fromarray(nearest[places].reshape(red.shape), "P")
    found.putpalette(palette.astype(np.uint8).tobytes())
    return found


if __name__ == "__main__":
    began = dt.datetime.now(dt.UTC)
    code = main()
    sys.stderr.write(f"{len(names())} pictures in {dt.datetime.now(dt.UTC) - began}\n")
    sys.exit(code)
