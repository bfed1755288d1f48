"""A page in a real browser, opened from disk: by keyboard, on a phone, on paper, whatever labels say.

Without Playwright or a Chromium of the system these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.report import page as room
from dynamech.report.markup import Html, element
from dynamech.report.page.sections import OPTIMUM, RELAXED, explorer

from .reports import BAD, hostile

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
NAMES = ("chromium", "chromium-browser", "google-chrome")
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a page from disk; at the end its console must be empty and nothing have been asked for."""
    noise: list[str] = []

    def opened(content: str, width: int = 1280) -> Any:
        file = tmp_path / "page.html"
        file.write_text(content, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("console", lambda message: noise.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: noise.append(f"error: {error}"))
        page.on("dialog", lambda dialog: noise.append("dialog"))
        page.on("request", lambda asked: noise.extend({asked.url} - {file.as_uri()}))
        page.goto(file.as_uri())
        return page

    yield opened
    assert noise == []


@pytest.fixture(scope="module")
def markov() -> str:
    return dm.report(dm.load("two-type-markov", horizon=3), exact=True, dated=False).page


def tree_of(page: Any, place: str) -> Any:
    return page.locator(f"#{place} [role=tree]")


def focused(page: Any) -> str:
    text: str = page.evaluate("document.activeElement.querySelector(':scope > .line').textContent")
    return text


@contextmanager
def focus_moves(page: Any) -> Iterator[None]:
    before = focused(page)
    yield
    assert focused(page) != before


def test_the_tree_is_walked_by_keyboard(visit: Open, markov: str) -> None:
    page = visit(markov)
    tree = tree_of(page, OPTIMUM)
    tree.locator("[tabindex='0']").focus()
    assert tree.locator("[tabindex='0']").count() == 1
    assert focused(page).startswith("period 0buyer: low")
    page.keyboard.press("Home")
    first = tree.locator(":scope > li").first
    assert first.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowLeft")
    assert first.get_attribute("aria-expanded") == "false"
    assert not first.locator("li").first.is_visible()
    page.keyboard.press("ArrowRight")
    assert first.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("period 1buyer: low")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("period 2buyer: low")
    item = page.evaluate("['aria-level', 'aria-posinset', 'aria-setsize', 'aria-selected']"
                         ".map(key => document.activeElement.getAttribute(key))")  # fmt: skip
    assert item == ["3", "1", "2", "true"]
    page.keyboard.press("ArrowUp")
    assert focused(page).startswith("period 1buyer: low")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert focused(page).startswith("period 0buyer: low")
    page.keyboard.press("End")
    assert focused(page).startswith("period 1buyer: high")
    page.keyboard.press("*")
    assert first.locator("xpath=following-sibling::li").locator("[aria-expanded=true]").count() == 2
    shape = page.evaluate("getComputedStyle(document.activeElement.firstElementChild).outlineStyle")
    assert shape == "solid"


def test_a_type_is_chosen_and_the_tree_follows(visit: Open, markov: str) -> None:
    """What the tree shows there is what the mechanism does there."""
    page = visit(markov)
    box = page.locator(f"#{OPTIMUM}")
    for _ in range(2):
        box.locator(".path select").last.select_option(label="high")
    chosen = box.locator("[aria-selected=true] > .line")
    assert chosen.count() == 1
    mechanism = dm.design(dm.load("two-type-markov", horizon=3), exact=True).mechanism
    paid = mechanism.stages[1].transfers[0]
    memory = int(mechanism.stages[0].next[0, 1, 1])  # type: ignore[index]
    assert "period 1" in chosen.inner_text()
    assert f"buyer pays {paid[memory, 1]}" in chosen.inner_text()
    assert "Truth comes here with probability 0.3." in box.locator(".told").inner_text()
    box.locator(".path select").first.select_option(label="low")
    assert "period 0: buyer: low; period 1: buyer: high." in box.locator(".told").inner_text()
    assert page.evaluate("document.activeElement.tagName") == "SELECT"


def test_the_lie_is_followed(visit: Open, markov: str) -> None:
    page = visit(markov)
    page.get_by_role("button", name="Follow this lie in the tree").click()
    assert "period 0buyer: low" in focused(page).replace("\n", "")
    assert page.locator(f"#{RELAXED} [aria-selected=true]").count() == 1


def test_on_a_phone_nothing_is_beside_the_page(visit: Open, markov: str) -> None:
    page = visit(markov, 360)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator(f"#{RELAXED} .open").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    wide = visit(dm.report(hostile("two-type-markov"), dated=False).page, 360)
    assert wide.evaluate("document.documentElement.scrollWidth") == 360


def test_on_paper_the_tree_is_open_as_far_as_is_said(visit: Open, markov: str) -> None:
    page = visit(markov)
    box = page.locator(f"#{RELAXED}")
    box.locator(".close").click()
    items = "[...document.querySelectorAll('[role=treeitem]')]"
    seen = f"() => {items}.filter(one => one.checkVisibility()).length"
    closed = page.evaluate(seen)
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = ({seen})(); }})")
    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate("window.printed") > closed
    assert page.evaluate(seen) == closed
    assert box.locator(".printed").text_content() == "Printed are the first 2 periods."


def test_labels_stay_text(visit: Open) -> None:
    page = visit(dm.report(hostile("two-type-markov"), exact=True, dated=False).page)
    assert page.title() == f"Report on {BAD[0]}"
    assert page.locator("img").count() == 0
    assert page.locator("#lie b, #mechanism b").count() == 0
    page.locator(f"#{OPTIMUM} .open").click()
    page.locator(f"#{OPTIMUM} .path select").first.select_option(label="low" + BAD[0])
    assert "low" + BAD[0] in page.locator(f"#{OPTIMUM} [aria-selected=true] > .line").inner_text()
    page.get_by_role("button", name="Follow this lie in the tree").click()
    assert "low" + BAD[0] in focused(page)


def remembering(env: dm.Environment) -> dm.Mechanism:
    """A mechanism whose memory is everything that was said."""
    stages = []
    for t in range(env.periods):
        shape = (2**t, 2, 2)
        allocation = np.zeros(shape)
        allocation[..., 0] = 1
        following = np.broadcast_to(np.arange(2 ** (t + 1)).reshape(2**t, 2, 1), shape)
        last = t + 1 == env.periods
        paid = np.arange(2.0 ** (t + 1)).reshape(1, 2**t, 2)
        stages.append(dm.Stage(allocation, paid, None if last else following.copy()))
    return dm.Mechanism(env.name, tuple(stages))


def test_a_hundred_thousand_nodes_are_grown_as_they_are_opened(visit: Open) -> None:
    env = dm.load("two-type-markov", horizon=16)
    box = explorer(OPTIMUM, env, remembering(env), 0.0)
    assert "131,070 states" in box
    script = resources.files(room).joinpath("script.js").read_text("utf-8")
    body = element("body", box, Html(f"<script>{script}</script>"))
    page = visit(f"<!DOCTYPE html><html>{body}</html>")
    items = page.locator("[role=treeitem]")
    assert items.count() < 20
    page.locator(".open").click()
    assert 300 < items.count() < 1000
    assert page.locator(".told").inner_text() == "Opened as far as 400 lines go."
    for _ in range(16):
        page.locator(".path select").last.select_option(label="high")
    assert "buyer pays 65535" in page.locator("[aria-selected=true] > .line").inner_text()


def test_many_reports_are_shown_a_screenful_at_a_time(visit: Open) -> None:
    """Of 10,000 profiles of two buyers sixty stand in the tree; a choice further down still leads there."""
    env = dm.load("myerson", types=100)
    allocation = np.zeros((1, 100, 100, 3))
    allocation[..., 0] = 1
    paid = np.arange(20_000.0).reshape(2, 1, 100, 100)
    box = explorer(OPTIMUM, env, dm.Mechanism(env.name, (dm.Stage(allocation, paid),)), 0.0)
    script = resources.files(room).joinpath("script.js").read_text("utf-8")
    page = visit(f"<!DOCTYPE html><html><body>{box}<script>{script}</script></body></html>")
    items = page.locator("[role=treeitem]")
    assert items.count() == 61
    assert "9940 more" in items.last.inner_text()
    tree_of(page, OPTIMUM).locator("[tabindex='0']").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert items.count() == 121
    page.locator(".path select").nth(1).select_option(label="90")
    page.locator(".path select").first.select_option(label="3")
    chosen = page.locator("[aria-selected=true] > .line").inner_text()
    assert "bidder 1: 3, bidder 2: 90" in chosen
    assert "bidder 1 pays 289" in chosen
