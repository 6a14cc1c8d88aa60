"""Fonts for scripts that typst brings none for, and what to do for a sign that no font has.

typst has Latin, Greek, Cyrillic, Hebrew, Arabic and mathematics in it. What else a text is written in needs a font of
the machine's; a picture sign that none has is shown by its name, a letter as a box, and that is said.
"""

import bisect
import struct
import unicodedata

_MOST_OPENED = 40                # fonts that are looked into
_HELD = ((0x0, 0x0700), (0x10a0, 0x10ff), (0x1e00, 0x2bff), (0xfb00, 0xfb4f), (0xfe70, 0xfeff), (0x1d400, 0x1d7ff))
_LIKED = ("Noto Serif CJK", "Source Han Serif", "Songti", "SimSun", "Noto Sans CJK", "Source Han Sans", "PingFang",
          "Hiragino", "Microsoft YaHei", "Yu Mincho", "Malgun Gothic", "Apple SD Gothic", "Noto Color Emoji",
          "Apple Color Emoji", "Segoe UI Emoji", "Noto ", "DejaVu")
_CJK = "Chinese, Japanese and Korean (Debian: fonts-noto-cjk)"
_SCRIPTS = dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH", "IDEOGRAPHIC"), _CJK)


class Fonts:
    """For one document.

    - families: to be tried in this order, behind typst's own
    - problems: a clause for each script that no font is there for
    """

    def __init__(self, text):
        wanted = {sign for sign in set(text) if not _is_held(sign) and not unicodedata.combining(sign)}
        self.families, self.problems, self._named = [], [], {}
        if not wanted:
            return
        for family, spans in _opened(_region(text)):
            if found := {sign for sign in wanted if _is_in(ord(sign), spans)}:
                self.families.append(family)
                wanted -= found
            if not wanted:
                break
        scripts = {}
        for sign in sorted(wanted):
            name = unicodedata.name(sign, "")
            if unicodedata.category(sign) in ("So", "Sk", "Cn", "Co", "Cf") and "IDEOGRAPH" not in name:
                shown = name and not name.startswith(("VARIATION", "EMOJI MODIFIER"))
                self._named[ord(sign)] = f"[{name.lower()}]" if shown else ""
            else:
                script = name.split(" ")[0].split("-")[0]
                scripts.setdefault(_SCRIPTS.get(script, script.capitalize() or "an unknown script"), []).append(sign)
        self.problems = [f"no font here has {script}: {len(signs)} of its letters cannot be read, or not well"
                         for script, signs in scripts.items()]

    def shown(self, text):
        """The text with the names of signs that no font has."""
        return text.translate(self._named) if self._named else text


def _is_held(sign):
    return sign.isspace() or any(first <= ord(sign) < end for first, end in _HELD)


def _is_in(number, spans):
    place = bisect.bisect_right(spans, (number, 0x110000))
    return place > 0 and number <= spans[place - 1][1]


def _region(text):
    """Of the CJK fonts, the one whose forms of letters a text's readers know."""
    if any("\u3040" <= sign <= "\u30ff" for sign in text):
        return "JP"
    return "KR" if any("\uac00" <= sign <= "\ud7a3" for sign in text) else "SC"


def _opened(region):
    """(family, spans of the signs that it has) for fonts of the machine, liked ones first."""
    import typst
    from fontTools.ttLib import TTFont

    def rank(font):
        liked = next((number for number, name in enumerate(_LIKED) if font.family.startswith(name)), len(_LIKED))
        return liked, "CJK" in font.family and not font.family.endswith(region), font.family, font.path

    found = {}
    for font in typst.Fonts(include_embedded_fonts=False).fonts():
        if font.path and font.style == "normal" and (font.family not in found or abs(font.weight - 400) <
                                                     abs(found[font.family].weight - 400)):
            found[font.family] = font
    for font in sorted(found.values(), key=rank)[:_MOST_OPENED]:
        try:
            with TTFont(font.path, fontNumber=font.index, lazy=True) as opened:
                yield font.family, _spans(opened.reader["cmap"])
        except Exception:                # a font that cannot be read is none
            continue


def _spans(table):
    """[(first, last)] of the signs in a font's table `cmap`; fontTools builds all of it, which takes half a second."""
    found = []
    for number in range(int.from_bytes(table[2:4], "big")):
        start = int.from_bytes(table[8 + 8 * number:12 + 8 * number], "big")
        form = int.from_bytes(table[start:start + 2], "big")
        if form == 4:
            count = int.from_bytes(table[start + 6:start + 8], "big") // 2
            lasts = struct.unpack_from(f">{count}H", table, start + 14)
            found += zip(struct.unpack_from(f">{count}H", table, start + 16 + 2 * count), lasts)
        elif form == 12:
            count = int.from_bytes(table[start + 12:start + 16], "big")
            found += [group[:2] for group in struct.iter_unpack(">III", table[start + 16:start + 16 + 12 * count])]
    return sorted(found)
