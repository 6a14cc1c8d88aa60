"""How a handed in notebook or module is read: by `cs231n.submit` before it is handed in, and by the grader after.

Both see the same cells and the same text, whatever the format, the encoding or the editor.
"""

import base64
import io
import json
import re
import tokenize
from typing import NamedTuple
from urllib.parse import unquote

NOTEBOOK_BYTES = 50_000_000      # of a notebook, and of any file: with a larger one nothing is taken
MODULE_BYTES = 1_000_000         # of a module
ALL_BYTES = 100_000_000          # of all files of a submission
MOST_CELLS = 5_000               # of a notebook
MOST_PARTS = 3_000_000           # of a notebook's JSON, its outputs included
MOST_FILES = 40                  # with pictures, of a submission
MOST_BYTES = 5_000_000           # of a picture in a file
MOST_PICTURES = 20               # of an answer
PICTURES = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
_TITLE = r"""(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?"""
_SHOWN = re.compile(rf"!\[[^\]\n]{{0,300}}\]\(\s*(?:<([^<>\n]{{1,300}})>|([^\s()<>]{{1,300}})){_TITLE}\s*\)"
                    r"""|<img\b[^<>]{0,300}?\bsrc\s*=\s*["']([^"'<>\n]{1,300})["']""", re.I)
_ADDRESS = re.compile("[a-z][a-z0-9+.-]+:|//|#", re.I)           # of the web, of a cell; no drive's letter
_COMMENT = re.compile(r"(?:^|(?<=[\r\n]))[ \t\f]*#[^\r\n]*")
_OTHERS = {b"<!doctype": "a web page, not the file itself", b"<html": "a web page, not the file itself",
           b"version https://git-lfs": "git's pointer to a large file, not the file itself", b"%pdf": "a PDF",
           b"pk\x03\x04": "a zip archive", b"\x1f\x8b": "a gzip archive", b"#!": "a script", b"# %%": "a script",
           b"# in[": "a script", b"import ": "a script"}
_KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "markdown"}


class Damaged(ValueError):
    """A file is no notebook; the message is a clause that says why."""


def assignment(folder):
    """What the release says of itself, `cs231n/assignment.json`. Raises Damaged, with a sentence."""
    path = folder / "cs231n" / "assignment.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        kinds = {"name": str, "notebooks": list, "modules": list, "cells": dict, "points": dict}
        if all(isinstance(found[key], kind) for key, kind in kinds.items()) and _is_sound(found):
            return found
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass
    raise Damaged(f"{path} is missing or damaged. Take it from the assignment's archive again.")


def _is_sound(asked):
    """Whether what stands in the parts of an assignment's description is what stands there in a release."""
    names = [asked["name"], *asked["notebooks"], *asked["modules"]]
    cells = [cell for those in asked["cells"].values() for cell in those]
    return (all(isinstance(name, str) and name and not {"..", ""} & set(name.split("/")) for name in names)
            and "/" not in asked["name"]
            and all(cell.keys() == {"name", "kind", "role", "source"} for cell in cells)
            and all(isinstance(one, str) for cell in cells for one in cell.values())
            and all(type(points) in (int, float) for points in asked["points"].values()))


def read_within(content):
    """The cells of a notebook file that is not too much to be read. Raises Damaged."""
    if has_too_many_parts(content):
        raise Damaged(f"is corrupt (more than {MOST_PARTS:,} parts)")
    cells = read_notebook(content)
    if len(cells) > MOST_CELLS:
        raise Damaged(f"has {len(cells):,} cells, and may have {MOST_CELLS:,}")
    return cells


def printable(text):
    """A line without what a terminal would take for a command, as a file's name or a message may hold it."""
    return "".join(sign if sign.isprintable() else "?" for sign in text.expandtabs(4))


def too_large(path, most):
    """A clause that says by how much a file is larger than this, or ""."""
    size = path.stat().st_size
    return f"is {size / 1e6:,.1f} MB, and may be {most / 1e6:g}" if size > most else ""


def has_too_many_parts(content):
    """Whether reading a notebook's JSON would take more memory than anybody has a use for."""
    return sum(map(content.count, (b"{", b"[", b","))) > MOST_PARTS


class Cell(NamedTuple):
    """A cell as it was handed in.

    - kind: code, markdown or raw
    - pictures: {name: {media type: data}}
    - outputs: of a code cell, as JSON that nobody has looked at
    """

    kind: str
    source: str
    id: str = ""
    grade_id: str = ""
    pictures: dict = {}          # noqa: RUF012  (never changed)
    outputs: bytes = b""


# Files

def read_notebook(content):
    """Return the cells of a notebook file, as bytes, of format 3 or later. Raises Damaged."""
    try:
        try:
            found = json.loads(content)
        except UnicodeDecodeError:
            found = json.loads(content.decode("latin-1"))
    except (ValueError, RecursionError):
        raise Damaged(_what_instead(content)) from None
    if isinstance(found, list) and any(isinstance(one, dict) and "cell_type" in one for one in found):
        found = {"cells": found}
    if isinstance(found, dict) and isinstance(found.get("worksheets"), list):
        sheets = [sheet for sheet in found["worksheets"] if isinstance(sheet, dict)]
        found = {"cells": [cell for sheet in sheets for cell in _list(sheet.get("cells"))]} if sheets else found
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise Damaged("is corrupt (JSON, but no notebook: it has no list of cells)")
    return [cell._replace(outputs=_as_json(one.get("outputs"))) if cell.kind == "code" else cell
            for one in found["cells"] if (cell := read_cell(one))]


def _what_instead(content):
    """What a file is that holds no JSON, as a clause."""
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not content.strip():
        return "is empty"
    if re.search(rb"^(<{7}|>{7}) ", content, re.M):
        return "is corrupt (a merge of git's left both versions in it)"
    for begins, what in _OTHERS.items():
        if start.startswith(begins):
            return f"is corrupt ({what})"
    return "is corrupt (no valid notebook JSON)"


def read_cell(found):
    """Return the Cell that a decoded JSON object is, as far as it is one, or None."""
    if not isinstance(found, dict) or not isinstance(found.get("cell_type"), str):
        return None
    kind = _KINDS.get(found["cell_type"])
    source = found.get("source", found.get("input") if kind == "code" else None)
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if kind is None or not isinstance(source, str):
        return None
    if found["cell_type"] == "heading" and type(found.get("level")) is int:
        source = "#" * max(1, min(6, found["level"])) + " " + source
    metadata = found.get("metadata")
    described = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = described.get("grade_id") if isinstance(described, dict) else None
    return Cell(kind, whole(source), _text(found.get("id")), _text(grade_id), _pictures(found.get("attachments")))


def _pictures(found):
    """Attachments as far as they are sound: one that is not takes no other with it."""
    if not isinstance(found, dict):
        return {}
    bundles = {name: {kind: joined for kind, data in bundle.items() if (joined := _joined(data)) is not None}
               for name, bundle in found.items() if isinstance(bundle, dict)}
    return {name: bundle for name, bundle in bundles.items() if bundle}


def _joined(data):
    """A text that may stand in the file as lines, as an SVG's does; None for anything else."""
    if isinstance(data, list) and all(isinstance(line, str) for line in data):
        return "".join(data)
    return data if isinstance(data, str) else None


def whole(text):
    """The text without half a surrogate pair, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def module_text(content):
    """A module's text, decoded as Python would, if it is in an encoding that people use: some others take minutes.

    No line of it would have Python read it as anything but UTF-8; every line stays where it is.
    """
    return without_coding_line(_decoded(content))


def without_coding_line(text):
    """The text without the encoding that its first two lines may name."""
    place = text.find("\n", text.find("\n") + 1) + 1 or len(text)
    head = _COMMENT.sub(lambda line: re.sub("coding[:=]", "coding ", line[0]), text[:place])
    return head + text[place:]


def _decoded(content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0].lower()
        if encoding.startswith(("utf-8", "ascii", "us-ascii", "iso-8859", "latin", "cp125", "windows-125")):
            return content.decode(encoding)
    except (SyntaxError, ValueError, LookupError):
        pass
    return content.decode("utf-8", "replace")


# Pictures in files

def shown_files(text):
    """Return the paths of pictures beside the notebook that a text shows, in order; none that leaves its folder."""
    return list(dict.fromkeys(path for match in _SHOWN.finditer(text) if (path := _beside(match))))


def files_elsewhere(text):
    """Return what a text shows from a file that `shown_files` does not tell of, in order; nothing of the web."""
    paths = [_shown(match) for match in _SHOWN.finditer(text) if not _beside(match)]
    return list(dict.fromkeys(path for path in paths if not _ADDRESS.match(path)))


def shown_attachments(text):
    """Return the names of attachments that a text shows, in order, as they stand in it."""
    paths = map(_shown, _SHOWN.finditer(text))
    return list(dict.fromkeys(path.removeprefix("attachment:") for path in paths if path.startswith("attachment:")))


def with_files(text, pictures, file):
    """Return (text, pictures) with the pictures in files that the text shows attached to it.

    - file: file(path) returns a file's content, or None where there is none
    """
    pictures = dict(pictures)

    def attached(match):
        path = _beside(match)
        content = file(path) if path and len(pictures) < MOST_PICTURES else None
        if content is None or not is_picture(path, content):
            return match[0]
        name = f"file-{len(pictures)}-{re.sub(r'[^A-Za-z0-9.]+', '-', path)}"
        pictures[name] = {"image/png" if path.lower().endswith(".png") else "image/jpeg":
                          base64.b64encode(content).decode()}
        place = next(number for number in (1, 2, 3) if match[number] is not None)
        start, end = (at - match.start() for at in match.span(place))
        if place == 1:                                             # <in angle brackets>
            start, end = start - 1, end + 1
        return f"{match[0][:start]}attachment:{name}{match[0][end:]}"

    return _SHOWN.sub(attached, text), pictures


def is_picture(name, content):
    """Whether a file is a PNG or JPEG, as its name says, of at most MOST_BYTES."""
    starts = next((starts for ending, starts in PICTURES.items() if name.lower().endswith(ending)), None)
    return starts is not None and content.startswith(starts) and len(content) <= MOST_BYTES


def _shown(match):
    return match[1] or match[2] or match[3]


def _beside(match):
    """The path below the notebook's folder that a shown picture has, or an empty text."""
    path = unquote(_shown(match))
    parts = [part for part in path.split("/") if part not in ("", ".")]
    outside = path.startswith("/") or ".." in parts or "\\" in path or ":" in path or "\0" in path
    return "" if outside or not path.lower().endswith(tuple(PICTURES)) else "/".join(parts)


def _as_json(outputs):
    try:
        return json.dumps(outputs).encode() if isinstance(outputs, list) else b""
    except (ValueError, RecursionError):
        return b""


def _list(value):
    return value if isinstance(value, list) else []


def _text(value):
    return value if isinstance(value, str) else ""
