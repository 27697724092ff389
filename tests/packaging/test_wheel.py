"""The wheel: everything of the five packages, their licences, and a command that works."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import httpx
import pytest

from ..conftest import thorough

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("risk", "features", "models", "training", "serving")
NOT_INSTALLED = ("pandas", "pytest", "mypy", "pyspark", "playwright", "sklearn", "shap", "tests")


def source_files() -> set[str]:
    """Every file of the five packages, as paths in the wheel."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of this tree, built without network access."""
    folder = tmp_path_factory.mktemp("wheel")
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel) -> set[str]:
    """The names of the files in the wheel."""
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def metadata(wheel) -> email.message.Message:
    """The wheel's METADATA."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_the_wheel_holds_the_five_packages_and_nothing_else(names):
    kinds = {Path(name).suffix for name in source_files()}
    assert kinds >= {".py", ".toml", ".html", ".css", ".js", ".typ", ".mako", ".typed"}
    packed = {name for name in names if ".dist-info/" not in name}
    assert packed == source_files()
    assert "serving/help/site/index.html" in packed


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_marked_as_typed(names, package):
    assert f"{package}/py.typed" in names


@pytest.mark.parametrize("name", ["LICENSE", "THIRD_PARTY_NOTICES.md"])
def test_the_licences_are_in_the_wheel(wheel, metadata, name):
    assert metadata["License-Expression"] == "Apache-2.0"
    assert name in metadata.get_all("License-File")
    with zipfile.ZipFile(wheel) as archive:
        (packed,) = (one for one in archive.namelist() if one.endswith(f"/licenses/{name}"))
        assert archive.read(packed) == (ROOT / name).read_bytes()


def test_pandas_is_no_core_dependency(metadata):
    core = [one for one in metadata.get_all("Requires-Dist") if "extra ==" not in one]
    assert len(core) > 20
    assert [one for one in core if one.startswith("pandas")] == []


def test_the_notices_name_every_vendored_project_with_its_version():
    package = json.loads((ROOT / "requirements/npm/package.json").read_text(encoding="utf-8"))
    vendored = package["dependencies"] | package["devDependencies"]
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8").lower()
    assert len(vendored) == 3
    for name, version in vendored.items():
        assert f"| {name.removesuffix('.org')} | {version} |" in notices
    files = [path for top in ("serving", "tests") for path in (ROOT / top).rglob("vendor/*.min.*")]
    assert len(files) == 4
    for path in files:
        assert f"`{path.name}`" in notices


def environment() -> dict[str, str]:
    """The environment without anything that leads to this tree."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(*line: object, cwd: Path) -> str:
    words = [str(word) for word in line]
    done = subprocess.run(
        words, check=False, cwd=cwd, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def without_network() -> list[str]:
    """How a command starts that finds no network, not even a name server."""
    namespace = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root"]
    done = subprocess.run([*namespace, "true"], check=False, capture_output=True)
    # Some containers allow no namespace; then every address leads to a port nobody listens on.
    proxies = [f"{name}=http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "ALL_PROXY")]
    return namespace if done.returncode == 0 else ["env", *proxies]


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The programs that a bundle of the wheel and the runtime lock installs without a network."""
    folder = tmp_path_factory.mktemp("fresh")
    bundling = [sys.executable, ROOT / "deploy/bundle.py", "--wheel", wheel, "--out", folder]
    run(*bundling, cwd=folder)
    (archive,) = folder.glob("*.tar")
    run("tar", "xf", archive, cwd=folder)
    (bundle,) = folder.glob("wagewatch-*/")
    bill = json.loads((bundle / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert len(bill["components"]) + 1 == len(list((bundle / "wheels").iterdir()))
    python = ["env", f"PYTHON={sys.executable}"]
    said = run(
        *without_network(), *python, "sh", bundle / "install.sh", "opt", "--no-compile", cwd=folder
    )
    assert said == f"Wagewatch {version()}: {folder}/opt/.venv/bin/wagewatch\n"
    # Temporary files are in memory.
    archive.unlink()
    shutil.rmtree(bundle)
    return folder / "opt/.venv/bin"


def version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: str = project["version"]
    return found


@thorough
def test_the_wheel_runs_where_only_the_runtime_lock_is_installed(installed, tmp_path):
    alone = without_network()
    find = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    found = run(installed / "python", "-c", find, *NOT_INSTALLED, "risk", cwd=tmp_path)
    assert found.strip() == "['risk']"
    demo = ["demo", "--no-serve", "--projects", "60", "--months", "24"]
    run(*alone, installed / "wagewatch", "-w", "demo", *demo, cwd=tmp_path)
    run(*alone, installed / "wagewatch", "-w", "demo", "models", "list", cwd=tmp_path)
    briefing = ["briefing", "--month", "2025-12", "--out", "briefing.pdf"]
    run(*alone, installed / "wagewatch", "-w", "demo", *briefing, cwd=tmp_path)
    assert (tmp_path / "briefing.pdf").read_bytes().startswith(b"%PDF")
    assert {path.name for path in tmp_path.iterdir()} == {"demo", "briefing.pdf"}
    with subprocess.Popen(
        [installed / "wagewatch", "-w", "demo", "serve", "--port", "0"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as service:
        try:
            said = iter(service.stdout)
            address = next(filter(None, (re.search(r"http://[\d.]+:\d+", one) for one in said)))
            pages = ("/readyz", "/watchlist", "/v1/watchlists/latest", "/docs")
            answers = [httpx.get(address.group() + page, timeout=30) for page in pages]
        finally:
            service.terminate()
    assert [answer.status_code for answer in answers] == [200] * len(pages)
