"""Outputs of cells: everything that came out of a submission is made harmless here, or left out.

Graded notebooks, formgrader pages, feedback pages and the kit's own lines in a terminal show what a student's code
printed, drew and raised. The formgrader is served from the address of the Jupyter server: a script that ran there
would run code as the instructor. So an output is text, a picture, or HTML without anything active; nothing else stays.
"""

from cs231n import _described
from grading.desk.html import HTML, clean_html, is_picture
from grading.desk.paths import without_paths
from grading.desk.text import COLORS, CUT, clean_message, clean_text, printable

WORDS = 2_000                    # characters that tell what a figure shows
STREAM = 1_000_000               # characters of printed text and tracebacks that are kept of one cell
RICH = 5_000_000                 # characters of pictures, tables and other representations, of one cell
OUTPUTS = 2_000                  # outputs of one cell
NOTEBOOK = 50_000_000            # characters of output, of one notebook
LINES = 2_000                    # of a traceback
KINDS = ("image/png", "image/jpeg", "text/html", "text/markdown", "text/latex", "text/plain")
_COLOR_WORK = 100_000_000        # nbconvert's work on colors grows with their number times the text's length


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
            html_room -= max(_sanitized(output.get("data"), HTML), _sanitized(made["data"]))
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
    return _stream(without_paths(_cut(text, room)), output["name"])


def _overwritten(line: str) -> str:
    """What a terminal shows of a progress bar: the last state."""
    return next((part for part in reversed(line.split("\r")) if part), "")


def _error(output: dict, room: int) -> dict:
    lines = output.get("traceback")
    lines = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
    trace = without_paths(_cut("\n".join(lines[:10_000]), room))
    return {"output_type": "error", "ename": clean_text(output.get("ename"), 200) or "Error",
            "evalue": clean_message(output.get("evalue")), "traceback": trace.split("\n", LINES - 1) if trace else []}


def _shown(output: dict, room: int, html_room: int) -> dict:
    """A display or a result: every representation that is safe, else a line of text in its place."""
    bundle = output.get("data")
    bundle = bundle if isinstance(bundle, dict) else {}
    data: dict[str, str] = {}
    metadata: dict[str, dict] = {}
    for kind in KINDS:
        if kind == "text/markdown" and "text/html" in data or kind not in bundle:
            continue
        found = _text(bundle[kind])
        picture, words = _described.of_html(found) if kind == "text/html" else ("", "")
        kept = "text/html" if kind == "text/markdown" else kind
        if kind in ("image/png", "image/jpeg"):
            picture = "".join(found.split()) if len(found) <= 2 * RICH else ""
            value = picture if len(picture) <= room and is_picture(kind, picture) else ""
            if value:
                metadata |= _picture_size(output.get("metadata"), kind)
        elif picture:                                        # as a figure of the lessons, or not at all
            value = _described.as_html(picture, clean_text(words, WORDS)) if picture == data.get("image/png") else ""
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


def _sanitized(bundle: object, most: int = 10 * HTML) -> int:
    """Characters of HTML, each of at most so many, that are no described figure: little may come out of much work."""
    found = [_text(bundle.get(kind)) for kind in ("text/html", "text/markdown")] if isinstance(bundle, dict) else []
    return sum(len(text) for text in found if len(text) <= most and not _described.of_html(text)[0])


def _picture_size(metadata: object, kind: str) -> dict:
    """Width and height as they are on a dense screen; nbconvert writes them into the page unquoted."""
    given = metadata.get(kind) if isinstance(metadata, dict) else None
    given = given if isinstance(given, dict) else {}
    size = {side: given[side] for side in ("width", "height")
            if type(given.get(side)) is int and 0 < given[side] <= 10_000}
    return {kind: size} if size else {}


# --- text -------------------------------------------------------------------------------------------------------

def _text(value: object) -> str:
    """A string, or a list of strings as nbformat also writes it; anything else is nothing."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _cut(text: str, room: int) -> str:
    """Printable text that fits into `room` characters."""
    more = len(text) > room
    text = printable(text[:room])
    if text.count("\x1b") * len(text) > _COLOR_WORK:
        text = COLORS.sub("", text)
    return text + CUT if more else text


def _stream(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def _size(output: dict) -> int:
    return (len(output.get("text", "")) + sum(map(len, output.get("traceback", ())))
            + sum(map(len, output.get("data", {}).values())))


def _rendered(markdown: str) -> str:
    from grading.desk.markdown import render  # nbconvert and nbgrader take long to import

    return render(markdown, drawn=False)                     # it is cleaned once more, where MathML does not stay
