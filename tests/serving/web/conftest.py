"""Chromium and a site of the small office, for the tests of pages in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from ...conftest import MUST_RUN_ALL, require_program
from ..site import copied, site_of
from .browsing import listed_paths, paths


@pytest.fixture(scope="module")
def site(office_with_employers, tmp_path_factory):
    made = copied(office_with_employers, tmp_path_factory.mktemp("browser"))
    with site_of(made) as opened:
        yield opened


@pytest.fixture(scope="module")
def addresses(site):
    """The addresses of all pages there are; without WAGEWATCH_TEST_ALL=1, of a few."""
    return paths(site) if MUST_RUN_ALL else listed_paths(site)


@pytest.fixture(scope="module")
def browser():
    program = require_program("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield opened
        opened.close()
