"""Pictures inside a page: what matplotlib draws, as markup without names that two pictures could share."""

from __future__ import annotations

import io
import warnings
from typing import Any
from xml.etree import ElementTree

from ..markup import Html, element
from ..plotting import plain_texts

_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


def picture(figure: Any, caption: str, number: int) -> Html:
    """A figure with its caption; `number` tells the pictures of a page apart."""
    from matplotlib import rc_context

    plain_texts(figure)
    drawn = io.BytesIO()
    with warnings.catch_warnings(), rc_context({"svg.hashsalt": "dynamech", "svg.fonttype": "path"}):
        warnings.filterwarnings("ignore", "Glyph ")  # a letter that the font lacks is drawn as a box
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(drawn.getvalue())
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for node in root.iter():
        for key, value in node.attrib.items():
            if key == "id":
                node.set(key, f"p{number}-{value}")
            elif key.rpartition("}")[2] == "href":
                node.set(key, value.replace("#", f"#p{number}-", 1))
            else:
                node.set(key, value.replace("url(#", f"url(#p{number}-"))
    root.set("role", "img")
    root.set("aria-label", caption)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _LINK)
    markup = Html(ElementTree.tostring(root, encoding="unicode"))
    return element("figure", markup, element("figcaption", caption))
