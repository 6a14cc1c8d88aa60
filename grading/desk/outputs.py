"""What reaches the instructor's desk: everything that came out of a submission is made harmless here, or left out.

Graded notebooks, formgrader pages, feedback pages and the kit's own lines in a terminal show what a student's code
printed, drew and raised. The formgrader is served from the address of the Jupyter server: a script that ran there
would run code as the instructor. So an output is text, a picture, or HTML without anything active; nothing else stays.
"""

import binascii
import re
from html import unescape
from urllib.parse import unquote

import nh3

STREAM = 1_000_000               # characters of printed text and tracebacks that are kept of one cell
RICH = 5_000_000                 # characters of pictures, tables and other representations, of one cell
HTML = 100_000                   # ... of these in HTML; sanitizing that much takes less than a second at worst
OUTPUTS = 2_000                  # outputs of one cell
NOTEBOOK = 50_000_000            # characters of output, of one notebook
PIXELS = 50_000_000              # a larger picture stops the browser that has to unpack it
_KINDS = ("image/png", "image/jpeg", "text/html", "text/markdown", "text/latex", "text/plain")
_COLOR_WORK = 100_000_000        # nbconvert's work on colors grows with their number times the text's length
CUT = "\n... output cut here ...\n"

_COLOR = (r"(?:[34]8;5;\d{1,3}|[34]8;2;\d{1,3};\d{1,3};\d{1,3}"       # a lone 38 or 48 makes nbconvert raise
          r"|0?\d|[125-9]\d|[34][0-79]|10[0-7])")
_COLORS = re.compile(rf"\x1b\[(?:{_COLOR}(?:;{_COLOR})*)?m")
_ESCAPE = re.compile(rf"({_COLORS.pattern})"                                               # kept
                     r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"   # titles, links
                     r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"                                 # cursor, screen
                     r"|\x1b[ -/]*[0-~]?"
                     r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
                     r"|[\u202a-\u202e\u2066-\u2069]")                                     # text that runs backwards
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: object, length: int = 2_000) -> str:
    """One line of plain text for a terminal or a log: no escapes, no control characters, no text that runs backwards.

    Line ends become spaces, so that a message cannot pass for a line of ours.
    """
    text = text[:20 * length] if isinstance(text, str) else ""
    text = " ".join(_COLORS.sub("", printable(text)).split())
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= length else text[:length - 4].rstrip() + " ..."


def clean_message(text: object, length: int = 10_000) -> str:
    """The same for a message of several lines that stands in a notebook or on a page."""
    text = text[:20 * length] if isinstance(text, str) else ""
    text = _COLORS.sub("", printable(text))
    return text if len(text) <= length else text[:length - len(CUT)] + CUT


def clean_notebook(notebook: dict) -> None:
    """Clean every output of an executed notebook, in place."""
    from nbformat import from_dict

    room = NOTEBOOK
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            outputs = clean_outputs(cell.get("outputs"))
            room -= sum(map(_size, outputs))
            if room < 0:
                outputs = [_stream(f"... left out: this notebook put out more than {NOTEBOOK:,} characters ...\n")]
            cell["outputs"] = from_dict(outputs)


def clean_outputs(outputs: object) -> list[dict]:
    """A cell's outputs, untrusted plain data of any shape, as valid and harmless nbformat 4 outputs.

    Only what a student's page needs is kept: printed text and tracebacks with their colors, PNG and JPEG pictures,
    sanitized HTML, LaTeX, plain text. What is more than the limits above is cut, with a line that says so.
    """
    cleaned: list[dict] = []
    stream_room, rich_room, html_room = STREAM, RICH, HTML
    for output in _joined(outputs):
        if len(cleaned) == OUTPUTS:
            cleaned.append(_stream(CUT.lstrip()))
            break
        kind = output["output_type"]
        if kind in ("stream", "error"):
            if stream_room <= 0:
                continue
            made = _printed(output, stream_room) if kind == "stream" else _error(output, stream_room)
            stream_room -= _size(made)
        else:
            made = _shown(output, rich_room, html_room)
            rich_room -= _size(made)
            html_room -= len(made["data"].get("text/html", ""))
        if kind == "error" or made.get("text") or made.get("data"):
            cleaned.append(made)
    return cleaned


# --- one output -------------------------------------------------------------------------------------------------

def _joined(outputs: object):
    """The outputs of a known kind; what was printed piece by piece comes as one."""
    printed: list[str] = []
    name = ""
    for output in outputs if isinstance(outputs, list) else ():
        kind = output.get("output_type") if isinstance(output, dict) else None
        if kind == "stream" and output.get("name") in ("stdout", "stderr"):
            if printed and output["name"] != name:
                yield {"output_type": "stream", "name": name, "text": "".join(printed)}
                printed.clear()
            name = output["name"]
            printed.append(_text(output.get("text")))
        elif kind in ("error", "display_data", "execute_result"):
            if printed:
                yield {"output_type": "stream", "name": name, "text": "".join(printed)}
                printed.clear()
            yield output
    if printed:
        yield {"output_type": "stream", "name": name, "text": "".join(printed)}


def _printed(output: dict, room: int) -> dict:
    text = output["text"]
    if "\r" in text:
        text = "\n".join(_overwritten(line) for line in text[:4 * room].replace("\r\n", "\n").split("\n"))
    return _stream(_cut(text, room), output["name"])


def _overwritten(line: str) -> str:
    """What a terminal shows of a progress bar: the last state."""
    return next((part for part in reversed(line.split("\r")) if part), "")


def _error(output: dict, room: int) -> dict:
    lines = output.get("traceback")
    lines = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
    trace = _cut("\n".join(lines[:10_000]), room)
    return {"output_type": "error", "ename": clean_text(output.get("ename"), 200) or "Error",
            "evalue": clean_message(output.get("evalue")), "traceback": trace.split("\n") if trace else []}


def _shown(output: dict, room: int, html_room: int) -> dict:
    """A display or a result: every representation that is safe, else a line of text in its place."""
    bundle = output.get("data")
    bundle = bundle if isinstance(bundle, dict) else {}
    data: dict[str, str] = {}
    metadata: dict[str, dict] = {}
    for kind in _KINDS:
        if kind == "text/markdown" and "text/html" in data or kind not in bundle:
            continue
        found = _text(bundle[kind])
        kept = "text/html" if kind == "text/markdown" else kind
        if kind in ("image/png", "image/jpeg"):
            picture = "".join(found.split()) if len(found) <= 2 * RICH else ""
            value = picture if len(picture) <= room and is_picture(kind, picture) else ""
            if value:
                metadata |= _picture_size(output.get("metadata"), kind)
        elif kept == "text/html":
            value = clean_html(found if kind == "text/html" else _rendered(found)) if len(found) <= html_room else ""
            value = value if len(value) <= 5 * html_room else ""        # escaped, it may have grown
        else:
            value = _cut(found, max(0, min(room, STREAM)))
        if value:
            data[kept] = value
            room -= len(value)
    if bundle and not data:
        names = ", ".join(clean_text(name, 60) for name in list(bundle)[:5])
        data["text/plain"] = f"[{names}: not shown]"
    made = {"output_type": output["output_type"], "data": data, "metadata": metadata}
    if made["output_type"] == "execute_result":
        count = output.get("execution_count")
        made["execution_count"] = count if type(count) is int and 0 <= count < 1_000_000 else None
    return made


def _picture_size(metadata: object, kind: str) -> dict:
    """Width and height as they are on a dense screen; nbconvert writes them into the page unquoted."""
    given = metadata.get(kind) if isinstance(metadata, dict) else None
    given = given if isinstance(given, dict) else {}
    size = {side: given[side] for side in ("width", "height")
            if type(given.get(side)) is int and 0 < given[side] <= 10_000}
    return {kind: size} if size else {}


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


# --- text -------------------------------------------------------------------------------------------------------

def _text(value: object) -> str:
    """A string, or a list of strings as nbformat also writes it; anything else is nothing."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def printable(text: str) -> str:
    """Text without escapes (but colors) and control characters, and such that it can be written as UTF-8."""
    return _SURROGATE.sub("\ufffd", _ESCAPE.sub(lambda match: match[1] or "", text))


def _cut(text: str, room: int) -> str:
    """Printable text that fits into `room` characters."""
    more = len(text) > room
    text = printable(text[:room])
    if text.count("\x1b") * len(text) > _COLOR_WORK:
        text = _COLORS.sub("", text)
    return text + CUT if more else text


def _stream(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def _size(output: dict) -> int:
    return (len(output.get("text", "")) + sum(map(len, output.get("traceback", ())))
            + sum(map(len, output.get("data", {}).values())))


# --- HTML -------------------------------------------------------------------------------------------------------

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


def clean_html(html: str, attachments: object = None) -> str:
    """HTML without anything that runs, loads, covers the page or takes the name of something on it.

    Pictures come from the notebook itself; one from elsewhere becomes a link, because loading it would tell its owner
    who reads this and when, and could be a request to the Jupyter server. `attachments` are a Markdown cell's.
    """
    cleaned = _CLEANER.clean(_SURROGATE.sub("\ufffd", html))
    if "<img" not in cleaned:
        return cleaned
    return _PICTURE.sub(lambda match: _picture(match[0], match[1], attachments), cleaned)


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
        return tag.replace(source[0], f' src="{found}"') if found else "[picture: not in the notebook]"
    return tag


def _attached(name: str, attachments: object) -> str:
    """A picture pasted into the cell as an address, or ""."""
    for known in (name, unquote(name)):
        bundle = attachments.get(known) if isinstance(attachments, dict) else None
        for kind in ("image/png", "image/jpeg"):
            base64 = bundle.get(kind) if isinstance(bundle, dict) else None
            if isinstance(base64, str) and is_picture(kind, base64 := "".join(base64.split())):
                return f"data:{kind};base64,{base64}"
    return ""


def _rendered(markdown: str) -> str:
    from grading.pages import render  # nbconvert and nbgrader take long to import

    return render(markdown)
