"""What the tests of pages share: labels that would be markup, and reading a page back."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import dynamech as dm
from dynamech.instances.file import instance_from_json

BAD = (
    "</script><script>document.title='run'</script>",
    '"><img src=x onerror="document.title=1">',
    "it's \u202e & <b>bold</b> \u2028 ünïcødé 東京 \x1b[31m",
)
"""Labels that would end an element, be an attribute, turn the writing."""


def hostile(name: str, **settings: Any) -> dm.Environment:
    """A library environment all of whose names and labels are such."""
    content = dm.load(name, **settings).to_json()
    content["name"], content["source"] = BAD[0], BAD[1] + BAD[2]
    content["actions"] = [
        [label + BAD[k % 3] for k, label in enumerate(period)] for period in content["actions"]
    ]
    for agent in content["agents"]:
        agent["name"] += BAD[2]
        agent["types"] = [[label + BAD[k % 3] for k, label in enumerate(period)] for period in agent["types"]]
    return instance_from_json(content)


class Page(HTMLParser):
    """The elements of a page with their attributes, its text, and its data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.data: list[Any] = []
        self._open: list[str] = []
        self._kind: str | None = None
        self.feed(page)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._kind = dict(attrs).get("type") if tag == "script" else None
        if tag not in ("meta", "input", "link", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            if self._kind == "application/json":
                self.data.append(json.loads(data))
        elif self._open and self._open[-1] != "style":
            self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())
