"""What is done at the desk with hostile data, by gloves: bytes in, bytes out (see `grading/engine/glovebox.py`)."""

import json

import msgspec

from grading.desk import arrived, html
from grading.desk.outputs import clean_outputs
from grading.desk.paths import without_paths
from grading.desk.text import clean_message, printable

LARGE = 1_000_000            # characters of HTML, in which a letter is written so that none takes more than a byte

without_paths("/")           # which looks at the root of the file system once: before this process cannot any more


class _Told(msgspec.Struct):
    """Of an answer of a candidate's or an examiner's."""

    outputs: msgspec.Raw = msgspec.Raw(b"\x90")


def clean(messages: bytes, frame: bytes, kept: dict) -> bytes:
    """(outputs, messages), both clean: the outputs in a frame from the sandbox, and texts that came in it."""
    outputs = arrived.read(msgspec.msgpack.decode(frame, type=_Told).outputs, msgspec.msgpack)
    return msgspec.msgpack.encode([clean_outputs(outputs), list(map(clean_message, json.loads(messages)))])


def markdown_cell(attachments: bytes, source: bytes, kept: dict) -> bytes:
    """A text cell as HTML, where `attachments` are its pictures as JSON."""
    from grading.desk import markdown  # which takes half a second; see PAGES in grading/engine/sandbox.py

    return _narrow(markdown.render(source.decode(), json.loads(attachments))).encode()


def _narrow(html: str) -> str:
    """The same HTML in ASCII alone: beside one wide letter, Python keeps four bytes for each of a picture's."""
    return html.encode("ascii", "xmlcharrefreplace").decode() if len(html) > LARGE and not html.isascii() else html


def code_cell(_: bytes, source: bytes, kept: dict) -> bytes:
    """A code cell as HTML, always as Python: a magic in its first line must not choose the parser."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    formatter = HtmlFormatter(cssclass=" highlight hl-ipython3")
    return highlight(printable(source.decode()) or " ", PythonLexer(), formatter).encode()


def html_output(_: bytes, source: bytes, kept: dict) -> bytes:
    """An output in HTML, or a raw cell, without what is active."""
    return html.clean_html(source.decode()).encode()


def texts(_: bytes, page: bytes, kept: dict) -> bytes:
    """The texts of a page, each as HTML: (what it is, the text, its pictures) each, in the order in which they come."""
    made = {"markdown": lambda text, attached: markdown_cell(json.dumps(attached).encode(), text, kept),
            "code": lambda text, _: code_cell(b"", text, kept),
            "html": lambda text, _: html_output(b"", text, kept)}
    asked = msgspec.msgpack.decode(page, type=list[tuple[str, str, dict]])
    return msgspec.msgpack.encode([made[kind](text.encode(), attached).decode() for kind, text, attached in asked])


def functions(asked: bytes, modules: bytes, kept: dict) -> bytes:
    """[(module, function, first line, text)] of the functions that are `asked` for, {module: names} as JSON."""
    from grading.desk import passages

    texts = msgspec.msgpack.decode(modules, type=dict[str, str])
    return msgspec.msgpack.encode([(module, *found) for module, names in json.loads(asked).items()
                                   for found in passages.of(texts.get(module, ""), names)])
