"""What a page makes a browser do: scripts, handlers, links that run code, frames, styles, as an HTML5 parser sees it.

A page about a hostile submission may hold nothing active that the page about an honest one does not hold.
"""

import re
from functools import cache

from bleach._vendor import html5lib  # the parser of browsers, which nbconvert brings along

_ELEMENTS = {"script", "style", "link", "base", "meta", "iframe", "frame", "frameset", "object", "embed", "applet",
             "form", "portal", "fencedframe"}
_ADDRESSES = {"href", "src", "action", "formaction", "data", "background", "poster", "srcdoc", "cite", "longdesc", "to",
              "values", "from", "xlink:href", "{http://www.w3.org/1999/xlink}href"}
_LOADS = re.compile(r"url\(|expression|position:(fixed|absolute)|behavior|@import")
_RUNS = re.compile(r"(javascript|vbscript|livescript|data:(?!image/(png|jpeg|gif|svg\+xml|webp)[;,]))")


@cache
def active(page: str) -> frozenset[str]:
    """Everything active in the page, a line each."""
    found = set()
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rpartition("}")[2].lower()
        attributes = {name.lower(): value for name, value in element.attrib.items()}
        if tag in _ELEMENTS:
            found.add(f"<{tag}> {sorted(attributes.items())} {''.join(element.itertext())}")
        for name, value in attributes.items():
            plain = re.sub(r"[\x00-\x20\x7f-\xa0]", "", value).lower()
            if (name.startswith("on") or name in ("srcdoc", "http-equiv") or name in _ADDRESSES and _RUNS.match(plain)
                    or name == "style" and _LOADS.search(plain)):
                found.add(f"{tag} {name}={value}")
    return frozenset(found)
