"""Texts of a page as HTML, made in a glovebox: all of a page at once, and one by one where that takes too long.

The lesson's own are made once, in gloves that no submission has touched.
"""

from typing import NamedTuple

import msgspec
from markupsafe import Markup

from grading.desk.html import HTML
from grading.desk.markdown import LONG, SHOWN, with_data_attached
from grading.desk.text import CUT, printable
from grading.engine import handling
from grading.engine.glovebox import Refused

PAGE = 300_000               # characters of a page that are rendered: Pygments too is quadratic in some texts
TEXT_SECONDS = 3.0           # of processor time for one text
TOGETHER_SECONDS = 4.0       # for all of a page at once,
PAGE_SECONDS = 15.0          # and one by one; what comes then is shown as it was typed
PAGE_BYTES = 20_000_000      # of what they come to
_LONGEST = {"markdown": SHOWN, "code": LONG, "html": 5 * HTML}
_PAGE = msgspec.msgpack.Decoder(list[str])


class Text(NamedTuple):
    """kind: markdown, code or html"""

    kind: str
    source: str
    attachments: dict | None = None


class Rendering:
    """For one submission after the other."""

    def __init__(self):
        self._lesson: dict[tuple[str, str], Markup] = {}

    def learn(self, texts: list[Text]) -> None:
        """Make the lesson's texts, before any submission's."""
        self.begin()
        self._lesson |= {text[:2]: html for text, html in zip(texts, self.page(texts), strict=True)}

    def begin(self) -> None:
        """Another submission."""
        handling.box().begin()

    def page(self, texts: list[Text]) -> list[Markup]:
        """One after the other, as harmless HTML."""
        made: dict[int, Markup] = {}
        asked: dict[int, tuple[str, str, dict]] = {}
        room = PAGE
        for number, text in enumerate(texts):
            if not text.attachments and text[:2] in self._lesson:
                made[number] = self._lesson[text[:2]]
                continue
            source, attached = (with_data_attached(text.source, text.attachments) if text.kind == "markdown"
                                else (text.source, {}))
            room -= len(source)
            if room < 0 or len(source) > _LONGEST[text.kind]:
                made[number] = typed(source)
            else:
                asked[number] = text.kind, source, attached
        made |= dict(zip(asked, self._made(list(asked.values())), strict=True))
        return [made[number] for number in range(len(texts))]

    def _made(self, texts: list[tuple[str, str, dict]]) -> list[Markup]:
        if not texts:
            return []
        try:
            return _ask(texts, TOGETHER_SECONDS)
        except Refused:
            pass
        box, found, room = handling.box(), [], PAGE_BYTES
        until = box.seconds + PAGE_SECONDS
        for text in texts:
            try:
                if (left := until - box.seconds) <= 0:
                    raise Refused("those before took all the time that there is for a page")
                made, = _ask([text], min(left, TEXT_SECONDS))
                room -= len(made)
                if room < 0:
                    raise Refused("with the others it would make a page too large")
                found.append(made)
            except Refused as error:
                found.append(Markup("<p><em>[shown as it was typed: {}]</em></p>{}").format(error, typed(text[1])))
        return found


def typed(text: str) -> Markup:
    """Text as it is."""
    return Markup("<pre>{}</pre>").format(printable(text[:SHOWN]) + (CUT if len(text) > SHOWN else ""))


def _ask(texts: list[tuple[str, str, dict]], seconds: float) -> list[Markup]:
    clean = [(kind, source.encode("utf-8", "replace").decode(), attached) for kind, source, attached in texts]
    answer = handling.box().do("grading.desk.handling.texts", b"", [msgspec.msgpack.encode(clean)], seconds=seconds,
                               most=PAGE_BYTES)
    try:
        found = _PAGE.decode(answer)
    except msgspec.MsgspecError:
        found = []
    del answer
    if len(found) != len(texts):
        raise Refused("what came back is no answer")
    return [Markup(html) for html in found]
