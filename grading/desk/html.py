"""HTML and pictures that came out of a submission, without anything that runs, loads or covers the page."""

import binascii
import re
from html import escape, unescape
from urllib.parse import unquote

import nh3
from markupsafe import Markup

from grading.desk.text import SURROGATE

HTML = 100_000                   # ... of these in HTML; sanitizing that much takes less than a second at worst
PIXELS = 50_000_000              # a larger picture stops the browser that has to unpack it
DRAWN = 16_000_000               # characters of attached pictures in a text, each as often as it is shown

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "details",
    "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
}
_DROPPED = {                       # with all that is in them
    "script", "style", "title", "textarea", "template", "iframe", "object", "embed", "noscript", "noembed",
    "noframes", "svg", "math", "select",
}
_PLAIN = {                         # of which what is in them stays
    "address", "article", "aside", "audio", "base", "big", "body", "button", "center", "fieldset", "footer", "form",
    "head", "header", "html", "input", "label", "legend", "link", "main", "meta", "nav", "option", "picture",
    "progress", "section", "source", "time", "video",
}
_TAG = re.compile(r"</?([a-z][a-z0-9]*)"
                  r"(?:\s+(?:[\w:@-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+)|open|hidden|controls))*\s*/?>",
                  re.IGNORECASE)
_FILE = r"(?!files/)(?:\w[\w-]*/)*\w[\w.-]*\.(?:png|jpe?g|gif|ipynb|py)"  # beside the notebook
_LINK = re.compile(rf"https?://[^\s\"'<>\\]+|mailto:[^\s\"'<>\\]+|{_FILE}", re.ASCII | re.IGNORECASE)
_SOURCE = re.compile(rf"https?://[^\s\"'<>\\]+|attachment:[^<>]+|data:image/(?:png|jpeg);base64,[\w+/=]+|{_FILE}",
                     re.ASCII | re.IGNORECASE)
_VALUES = {
    "href": _LINK, "src": _SOURCE,
    # Nothing that nbgrader's pages look for by class: pandas' tables, highlighted code.
    "class": re.compile(r"dataframe|highlight|language-\w+|[a-z][a-z0-9]{0,2}"),
    "align": re.compile(r"[a-z]{1,8}"), "color": re.compile(r"#?\w{1,20}", re.ASCII),
    "width": re.compile(r"[0-9]{1,4}(?:px|%)?"), "height": re.compile(r"[0-9]{1,4}(?:px|%)?"),
    "border": re.compile(r"[0-9]"), "start": re.compile(r"[0-9]{1,6}"),
    "colspan": re.compile(r"[0-9]{1,3}"), "rowspan": re.compile(r"[0-9]{1,3}"),
    "alt": re.compile(r"[^\0]*"), "title": re.compile(r"[^\0]*"), "style": re.compile(r"[^\0]*"),
    "open": re.compile(""), "rel": re.compile(r"noopener noreferrer"),
}


def _attribute(tag: str, name: str, value: str) -> str | None:
    """nh3 asks for every attribute it allows; an exception here would let the value pass."""
    allowed = _VALUES.get(name)
    return value if allowed is not None and allowed.fullmatch(value) else None


_SIZED = {"width", "height", "align"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS, clean_content_tags=_DROPPED, attribute_filter=_attribute, link_rel="noopener noreferrer",
    attributes={"*": {"class", "title", "style"}, "a": {"href"}, "img": {"src", "alt"} | _SIZED, "font": {"color"},
                "table": {"border"} | _SIZED, "td": {"colspan", "rowspan"} | _SIZED,
                "th": {"colspan", "rowspan"} | _SIZED, "tr": {"align"}, "p": {"align"}, "div": {"align"},
                "col": _SIZED, "ol": {"start"}, "details": {"open"}},
    url_schemes={"http", "https", "mailto", "attachment", "data"},
    filter_style_properties={"color", "background-color", "text-align", "font-weight", "font-style"})
_PICTURE = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')        # as nh3 writes it, never as it was submitted
_PICTURE_SOURCE = re.compile(r' src="([^"]*)"')
_ALT = re.compile(r' alt="([^"]*)"')
_BACKTICKS = re.compile(r"`([^`\n]+)`")


def is_tag(text: str) -> bool:
    """Whether what Markdown takes for HTML is any; `vector<int>` and `a<b then b>a` hold none."""
    found = _TAG.fullmatch(text)
    return text.startswith(("<!", "<?")) or found is not None and found[1].lower() in _TAGS | _DROPPED | _PLAIN


def with_code(text: str) -> Markup:
    """A sentence as HTML; what stands in it between backticks is code."""
    return Markup(_BACKTICKS.sub(r"<code>\1</code>", escape(text)))


def clean_html(html: str, attachments: object = None) -> str:
    """HTML without anything that runs, loads, covers the page or takes the name of something on it.

    Pictures come from the notebook itself; one from elsewhere becomes a link, because loading it would tell its owner
    who reads this and when, and could be a request to the Jupyter server. `attachments` are a Markdown cell's.
    """
    cleaned = _CLEANER.clean(SURROGATE.sub("\ufffd", html))
    if "<img" not in cleaned:
        return cleaned
    room = DRAWN

    def picture(match: re.Match) -> str:
        nonlocal room
        made = _picture(match[0], match[1], attachments)
        room -= len(made) if "attachment:" in match[1] else 0
        return made if room >= 0 else "[picture: left out, there are too many before it]"

    return _PICTURE.sub(picture, cleaned)


def _picture(tag: str, attributes: str, attachments: object) -> str:
    source = _PICTURE_SOURCE.search(attributes)
    if source is None:
        return tag
    alt = _ALT.search(attributes)
    url = source[1]
    if url.lower().startswith("http"):
        words = alt[1] if alt and alt[1] else url
        return f'<a href="{url}" rel="noopener noreferrer">[picture: {words.replace("<", "&lt;")}]</a>'
    if url.startswith("data:"):
        kind, _, base64 = url.removeprefix("data:").partition(";base64,")
        return tag if is_picture(kind, base64) else "[picture: not a PNG or JPEG]"
    if url.startswith("attachment:"):
        found = _attached(unescape(url.removeprefix("attachment:")), attachments)
        if found is None:
            return "[picture: no PNG or JPEG that can be shown]"
        return tag.replace(source[0], f' src="{found}"') if found else "[picture: not in the notebook]"
    return tag


def _attached(name: str, attachments: object) -> str | None:
    """A picture pasted into the cell as an address; "" where there is none of that name, None for one in another form.
    """
    for known in (name, unquote(name)):
        bundle = attachments.get(known) if isinstance(attachments, dict) else None
        for kind in ("image/png", "image/jpeg"):
            base64 = bundle.get(kind) if isinstance(bundle, dict) else None
            if isinstance(base64, str) and is_picture(kind, base64 := "".join(base64.split())):
                return f"data:{kind};base64,{base64}"
        if bundle:
            return None
    return ""


def is_picture(kind: str, base64: str) -> bool:
    """Whether this is base64 of a picture of that kind, and of a size that a browser can show."""
    if not base64.isascii() or base64.encode().translate(None, _BASE64) or len(base64) % 4 or "=" in base64.rstrip("="):
        return False
    try:
        if kind == "image/png":
            head = binascii.a2b_base64(base64[:32])
            if not (head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR"):
                return False
            width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
        else:
            width, height = _jpeg_size(binascii.a2b_base64(base64))
    except binascii.Error:
        return False
    return 0 < width * height <= PIXELS


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def _jpeg_size(raw: bytes) -> tuple[int, int]:
    """(width, height) from the frame header, or zeros when this is no JPEG."""
    if not raw.startswith(b"\xff\xd8\xff"):
        return 0, 0
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        if 0xC0 <= raw[at + 1] <= 0xCF and raw[at + 1] not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(raw[at + 7:at + 9], "big"), int.from_bytes(raw[at + 5:at + 7], "big")
        at += 2 + int.from_bytes(raw[at + 2:at + 4], "big")
    return 0, 0
