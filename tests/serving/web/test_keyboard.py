"""The main pages with the keyboard alone, in Chromium: order, reach, a visible focus, no trap."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from ...conftest import thorough
from .browsing import PHONE, signed_in

MOST = 400

REACHABLE = """() => {
  const groups = new Set(), found = [];
  const all = "a[href], button, input, select, textarea, summary, [tabindex]";
  for (const one of document.querySelectorAll(all)) {
    if (one.disabled || one.tabIndex < 0 || one.type === "hidden") continue;
    if (!one.checkVisibility({visibilityProperty: true})) continue;
    if (one.type === "radio") {
      if (groups.has(one.name)) continue;
      groups.add(one.name);
    }
    found.push(one);
  }
  window.expected = found;
  return found.length;
}"""
"""Collects what the Tab key must reach, in the order of the page; a radio group is one stop."""

STOP = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const shown = one.matches(".unseen") ? document.querySelector(`label[for="${one.id}"]`) : one;
  const inside = shown.querySelector(".finger") || shown, style = getComputedStyle(inside);
  const [kind, width] = shown === inside ? [style.outlineStyle, style.outlineWidth]
    : [style.stroke, style.strokeWidth];
  const ring = kind !== "none" && parseFloat(width) > 1;
  const box = shown.getBoundingClientRect();
  const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return {place: window.expected.indexOf(one), ring, seen, html: one.outerHTML.slice(0, 120)};
}"""
"""Where the focus is, whether a ring shows it, and whether it is on the screen."""


def walked(page) -> list[dict]:
    """Press Tab until the focus leaves the page or begins again; return the stops.

    A field of a date is one stop, though Tab goes through its year, month and day.
    """
    found: list[dict] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (found and stop["place"] == found[0]["place"]):
            return found
        if not found or stop["place"] != found[-1]["place"]:
            found.append(stop)
    raise AssertionError(f"the focus does not leave the page: {found[-1]}")


@thorough
@pytest.mark.parametrize(
    ("role", "paths"),
    [
        ("inspector", ("/watchlist", "/projects/{0}", "/projects/{0}/visit", "/map", "/password")),
        ("briefer", ("/month", "/briefings", "/data", "/indicators/trend")),
        ("supervisor", ("/ledger", "/supervision", "/supervision/audit", "/notices")),
    ],
)
def test_every_control_is_reached_in_order_and_seen(browser, site, role, paths):
    page = signed_in(browser, site, role, size=PHONE)
    for path in paths:
        page.goto(site.url + path.format(quote(site.listed[0], safe="")))
        count = page.evaluate(REACHABLE)
        stops = walked(page)
        places = [stop["place"] for stop in stops]
        assert places == list(range(count)), (path, stops[:3], count)
        assert [stop for stop in stops if not (stop["ring"] and stop["seen"])] == [], path
    page.context.close()


@thorough
def test_a_visit_is_recorded_with_the_keyboard_alone(browser, site):
    page = signed_in(browser, site, "inspector")
    page.goto(f"{site.url}/projects/{quote(site.listed[6], safe='')}/visit")
    page.evaluate(REACHABLE)
    page.focus("input[name=arrears_found]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")  # found
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    page.keyboard.press("Tab")
    page.keyboard.type("345600")
    page.keyboard.press("Enter")
    page.locator("#said", has_text="已保存。").wait_for()
    page.context.close()
