"""TeX formulas in Markdown: found as Jupyter finds them, and turned into typst's by pandoc.

A formula is taken out of the text before anything reads that as Markdown, and a sign is left in its place, so that no
underscore or backslash of it means anything else. What pandoc does not understand stays as it was typed.
"""

import json
import math
import re
from bisect import bisect_left

from cs231n._writeup import programs

MOST = 2_000                     # formulas of a text; the rest is shown as typed
SIGN = re.compile("\ue000(\\d+)\ue001")
_LIMITS, _HUE, _END, _BARE, _AT, _AT_END, _BOX = "\ue002", "\ue003", "\ue004", "\ue006", "\ue007", "\ue008", "\ue009"

_ENVIRONMENTS = (r"(?:align|aligned|alignat|alignedat|array|cases|dcases|eqnarray|equation|flalign|gather|gathered|"
                 r"multline|smallmatrix|split|[pbvBV]?matrix)\*?")
_PIECE = re.compile(
    r"(?P<fence>^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)?(?P<tick>`{3,}+|~{3,}+)[^\n]*\n(?:.*?^[ \t>]*(?P=tick)|.*\Z))"
    r"|(?P<span>(?<!`)(?P<run>`++)(?:(?!\n\s*\n).){1,2000}?(?<!`)(?P=run)(?!`))"
    r"|(?P<opening>\\{1,2}[\[(]|\\begin\{(?P<env>" + _ENVIRONMENTS + r")\})"
    r"|(?P<escaped>\\[^\n])"
    r"|(?P<display>\$\$(?P<d>\s*+(?:(?!\n[ \t]*\n(?!\s*+\$\$))(?:[^$\\]|\\.)){1,20000}?)\$\$)"
    r"|(?P<inline>\$(?P<i>(?:[^$\\\n`]|\\.|\n(?![ \t]*\n)){1,5000})\$(?!\d))", re.MULTILINE | re.DOTALL)
# What ends what has opened, after how many characters, and what is not in between
_ENDS = {"[": (r"\\{1,2}\]", 1, 5_000, r"\n[^\S\n]*\n"), "(": (r"\\{1,2}\)", 1, 2_000, r"\n[^\S\n]*\n"),
         "}": (r"\\end\{%s\}", 0, 20_000, r"\n[ \t]*\n")}
_TEX = re.compile(r"\\[A-Za-z]|[\^_=]")
_PROSE = re.compile(r"[A-Za-z]{2,}\W+[A-Za-z]{2,}")
_QUOTED = re.compile(r"\n[ \t]*>")


def take_out(text):
    """Return (text, formulas): a sign in place of each; a formula is (TeX, whether it is displayed, as typed)."""
    formulas, parts, at, places = [], [], 0, _Places(text)
    while found := _PIECE.search(text, at):
        start, opening = found.start(), found["opening"]
        tex, end = found["d"] or found["i"] or "", found.end()
        if opening:
            tex, end = places.closed(found) or ("", start + 2)
        parts += [text[at:start], text[start:end]]
        at = end
        if len(formulas) < MOST and _is_formula(found, tex):
            line = text[text.rfind("\n", 0, start) + 1:start]
            tex = _QUOTED.sub("\n", tex) if line.lstrip().startswith(">") else tex
            inline = found["i"] or opening and opening.endswith("(")
            formulas.append((tex.strip(), not inline, parts[-1]))
            parts[-1] = f"\ue000{len(formulas) - 1}\ue001"
    return "".join([*parts, text[at:]]), formulas


def _is_formula(found, tex):
    if found["opening"] and not found["env"]:
        return bool(_TEX.search(tex))
    return bool(tex.strip()) and not (found["i"] and _PROSE.search(tex) and not _TEX.search(tex))     # two prices


class _Places:
    """Where in a text formulas may end, and where none goes on: looked for once, however many are opened."""

    def __init__(self, text):
        self._text, self._found = text, {}

    def closed(self, found):
        """(TeX, where it ends) of a formula by its opening; None where nothing closes it soon."""
        ending, least, most, gap = _ENDS[found["opening"][-1]]
        ending = ending % re.escape(found["env"]) if found["env"] else ending
        close = self._next(ending, found.end() + least)
        if close > min(found.end() + most, self._next(gap, found.end())):
            return None
        end = re.compile(ending).match(self._text, close).end()
        return self._text[found.start():end] if found["env"] else self._text[found.end():close], end

    def _next(self, pattern, start):
        if pattern not in self._found:
            self._found[pattern] = [one.start() for one in re.finditer(f"(?={pattern})", self._text)]
        place = bisect_left(self._found[pattern], start)
        return self._found[pattern][place] if place < len(self._found[pattern]) else math.inf


def as_typed(text, formulas):
    """The text with formulas back in their places: in code, in an address."""
    return SIGN.sub(lambda found: formulas[int(found[1])][2] if int(found[1]) < len(formulas) else "", text)


# TeX that pandoc does not know, or says less well

_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_DEFINITION = re.compile(r"\\(?:re)?newcommand\*?\s*\{?\s*(\\[A-Za-z]+)\s*\}?\s*(?:\[\d\])?\s*" + _BRACED
                         + r"|\\def\s*(\\[A-Za-z]+)(?:#\d)*\s*" + _BRACED)
_COLORED = re.compile(r"\\(?:textcolor|color)(?:\[[A-Za-z]*\])?\s*\{(#?\w{1,20})\}\s*" + _BRACED)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*" + _BRACED)
_CASES = re.compile(r"\\begin\{[dr]?cases\}.*?\\end\{[dr]?cases\}", re.DOTALL)
_COLOR_ON = re.compile(r"\\color\s*\{\w*\}")
_ALONE = r"(?<!\\left)(?<!\\right)(?<!\\[bB]ig)(?<!\\[bB]igg)(?<!\\middle)(?<!\\[bB]ig[lr])(?<!\\)"
_NORMED = re.compile(r"\\left\s*\\(?:\||l?Vert(?![A-Za-z]))((?:(?!\\left(?![a-z])|\\right(?![a-z])).|"
                     r"\\left(?![a-z])(?:(?!\\left(?![a-z])|\\right(?![a-z])).)*\\right(?![a-z]))*)"
                     r"\\right\s*\\(?:\||r?Vert(?![A-Za-z]))", re.DOTALL)
_SIZED = re.compile(r"\\[bB]igg?[lrm]?\s*(?=\\(?:\||[lr]?Vert(?![A-Za-z])))")
_NORM = re.compile(_ALONE + r"\\(?:\||Vert(?![A-Za-z]))")
_SIDE = re.compile(_ALONE + r"\\[lr]vert(?![A-Za-z])")
_BAR = re.compile(_ALONE + r"(?:\||\\vert(?![A-Za-z]))")
_APART = re.compile(r"&|\\\\|\\(?:left|right|begin|end)(?![A-Za-z])")
_REWRITTEN = [(re.compile(pattern), new) for pattern, new in (
    (r"\\(?:label|require)\s*\{[^{}]*\}|\\(?:nonumber|notag|displaylimits)(?![A-Za-z])", ""),
    (r"\\tag\*\s*\{([^{}]*)\}", r"\\qquad\\text{\1}"),
    (r"\\tag\s*\{([^{}]*)\}", r"\\qquad\\text{(\1)}"),
    (r"\\begin\{array\}\s*(?:\[[a-z]\])?\s*\{[|\s]*([lcr]?)[^{}]*\}", rf"\\begin{{pmatrix}}\\text{{{_BARE}\1}}"),
    (r"\\begin\{(?:small)?matrix\}", rf"\\begin{{pmatrix}}\\text{{{_BARE}}}"),
    (r"\\end\{(?:array|matrix|smallmatrix)\}", r"\\end{pmatrix}"),
    (r"\\(?:eq)?ref\s*\{([^{}]*)\}", r"\\text{(\1)}"),
    (r"\{\s*\\(rm|bf|it|sf|tt|cal)(?![A-Za-z])\s*([^{}]*)\}", r"{\\math\1{\2}}"),
    (r"\\(rm|bf|it|sf|tt|cal)\s*\{", r"\\math\1{"),
    (r"\\[dt]binom(?![A-Za-z])", r"\\binom"), (r"(?<!\\)%", r"\\%"),
    (r"\\(?:tiny|scriptsize|footnotesize|small|normalsize|[lL]arge|LARGE|[hH]uge|hfill)(?![A-Za-z])", ""),
    (r"\\newline(?![A-Za-z])", r"\\\\"), (r"\^?\\degree(?![A-Za-z])", r"^\\circ "),
    (r"\\[hv]?phantom\s*\{[^{}]*\}|\\mathstrut(?![A-Za-z])|\\smash(?![A-Za-z])", ""),
    (r"\\hbox(?![A-Za-z])", r"\\text"),
    (r"(?<=\d)\{,\}(?=\d)", r"\\text{,}"),
    (r"\\hline(?![A-Za-z])", ""),
    (r"\\left\s*\.((?:(?!\\left|\\right|&).)*)\\right\s*(?:\||\\r?vert(?![A-Za-z]))",
     rf"\\text{{{_AT}}}\1\\text{{{_AT_END}}}"),
    (r"\\begin\{(?:d|r)cases\}", r"\\begin{cases}"),
    (r"\\end\{(?:d|r)cases\}", r"\\end{cases}"),
    (r"\\mathbbm(?![A-Za-z])", r"\\mathbb"),
    (r"\\lt(?![A-Za-z])", "<"), (r"\\gt(?![A-Za-z])", ">"),
    (r"(?<!command)(?<!command\{)(?<!\\def)(?<!Operator\{)(?<!Operator\*\{)\\arg(max|min)(?![A-Za-z])",
     r"\\arg\\\1"),
    (r"\\arg\s*(?:\\[,!;: ]\s*)?\\(max|min)(?![A-Za-z])(?:\\limits)?", r"\\operatorname*{arg\\,\1}"),
    (r"\\operatorname\*\s*\{", rf"\\operatorname{{{_LIMITS}"),
)]
COLORS = {"red": "#c22f2f", "blue": "#2456b8", "green": "#2c7a3c", "orange": "#c26a12", "purple": "#7a3aa8",
           "magenta": "#b02a8a", "cyan": "#16808f", "gray": "#70757f", "grey": "#70757f", "brown": "#7d5230",
           "teal": "#137a74", "pink": "#c2528a", "violet": "#6d4bbf"}


def definitions(texts):
    """{name: definition} of the commands that texts define: Jupyter knows them in the whole notebook."""
    found = {}
    for text in texts:
        if "\\newcommand" in text or "\\def" in text or "\\renewcommand" in text:
            for match in list(_DEFINITION.finditer(text[:200_000]))[:100]:
                found[match[1] or match[3]] = match[0][:1_000]
    return found


def _prepared(tex, defined):
    for _ in range(3):                                             # a color within a color
        colored = _COLORED.sub(_hue, tex)
        if colored == tex:
            break
        tex = colored
    tex = _BOXED.sub(rf"{{\\text{{{_BOX}}}{{\1}}\\text{{{_END}}}}}", tex)
    tex = _CASES.sub(lambda cases: re.sub(r"(?<!\\)&", r"&\\quad ", cases[0]), tex)
    tex = _COLOR_ON.sub("", tex)
    tex = _SIDE.sub("|", _NORMED.sub(r"\\lVert \1\\rVert ", _SIZED.sub("", tex)))
    tex = _paired(_paired(tex, _NORM, "\\lVert ", "\\rVert "), _BAR, "\\left|", "\\right|")
    for pattern, new in _REWRITTEN:
        tex = pattern.sub(new, tex)
    used = [told for name, told in defined.items() if re.search(re.escape(name) + r"(?![A-Za-z])", tex)]
    return "".join(used) + tex if used and "\\newcommand" not in tex and "\\def" not in tex else tex


def _paired(tex, bar, opening, closing):
    """The TeX with bars that stand around something written as its fences."""
    bars, made, end, number = list(bar.finditer(tex)), [], 0, 0
    while number + 1 < len(bars):
        first, second = bars[number:number + 2]
        inner = tex[first.end():second.start()]
        if inner.strip() and not _APART.search(inner) and _is_closed(inner):
            made += [tex[end:first.start()], opening, inner, closing]
            end, number = second.end(), number + 1
        number += 1
    return "".join(made) + tex[end:]


def _is_closed(tex):
    depth = 0
    for sign in tex:
        depth += (sign in "({[") - (sign in ")}]")
        if depth < 0:
            return False
    return depth == 0


def _hue(found):
    color = COLORS.get(found[1].lower(), found[1] if re.fullmatch(r"#[0-9a-fA-F]{6}", found[1]) else "")
    return rf"{{\text{{{_HUE}{color}}}{{{found[2]}}}\text{{{_END}}}}}" if color else f"{{{found[2]}}}"


# typst's formulas

_STRING = re.compile(r'((?:delim: |(?:upright|bold|italic|sans|mono|bb|cal|frak|scr)\())?"((?:[^"\\]|\\.)*)"')
_SCALED = re.compile(r"#scale\(x: (\d+)%, y: \d+%\)\[((?:\\.|[^\]\\])+)\]")
_SPACE = re.compile(r"#h\((-?)0em\)|#h\(-1em\)")
_HUE_ON = re.compile(rf'upright\("{_HUE}(#\w+)"\)')
_MATRIX = re.compile(rf'mat\(delim: "\(", upright\("{_BARE}([lcr]?)"\)')
_VECTOR = re.compile(rf'vec\(upright\("{_BARE}([lcr]?)"\)')
_SIDES = {"l": "left", "r": "right"}
_WORD = re.compile(r"upright\(((?:[A-Za-z] )+[A-Za-z])\)")
_KNOWN_CODE = re.compile(r"#h\(-?[\d.]+em\)|#[\d.]+em|#true|#rgb\(\)")
_FOREIGN = re.compile(r"[#$`@]|//|/\*|\bstd\b")


def converted(formulas, defined, deadline):
    """Return typst's math for each formula, or None for one that is not understood.

    Raises programs.Failed when pandoc does.
    """
    if not formulas:
        return []
    blocks = []
    for number, (tex, display, _) in enumerate(formulas):
        kind = {"t": "DisplayMath" if display else "InlineMath"}
        blocks += [{"t": "RawBlock", "c": ["typst", f"//\ue005{number}"]},
                   {"t": "Para", "c": [{"t": "Math", "c": [kind, _prepared(tex, defined)]}]}]
    document = {"pandoc-api-version": programs.API, "meta": {}, "blocks": blocks}
    made = programs.pandoc(json.dumps(document), "json", "typst", deadline)
    found = [None] * len(formulas)
    for part in made.split("//\ue005")[1:]:
        number, _, math = part.partition("\n")
        math = math.strip()
        if math.startswith("$") and math.endswith("$") and len(math) > 2:
            found[int(number)] = _finished(math[1:-1].strip())
    return found


def _finished(math):
    """Math as typst shows it best; None if there is anything in it that is no math."""
    math = _SPACE.sub(lambda space: "thick" if space[0] == "#h(0em)" else "#h(-0.17em)", math)
    math = _SCALED.sub(lambda scaled: f"stretch({scaled[2]}, size: #{int(scaled[1]) / 100}em)", math)
    bare = _KNOWN_CODE.sub("", _STRING.sub("", math))
    if _FOREIGN.search(re.sub(r"\\.", "", bare)):
        return None
    if math.count(_HUE) + math.count(_BOX) != math.count(_END) or math.count(_AT) != math.count(_AT_END):
        return None
    math = _MATRIX.sub(lambda matrix: f"mat(delim: #none, align: #{_SIDES.get(matrix[1], 'center')}, ", math)
    math = _VECTOR.sub(lambda vector: f"vec(delim: #none, align: #{_SIDES.get(vector[1], 'center')}, ", math)
    math = _WORD.sub(lambda word: f'op("{word[1].replace(" ", "")}")', _STRING.sub(_named, math))
    math = math.replace(f'upright("{_AT}")', "lr(").replace(f'upright("{_AT_END}")', "\\|)")
    math = math.replace(f'upright("{_BOX}")', "boxed(")
    return _HUE_ON.sub(r'hue("\1", ', math).replace(f'upright("{_END}")', ")")


def _named(found):
    """An operator's name; text stays text."""
    if found[1]:
        return found[0]
    if found[2].startswith(_LIMITS):
        return f'op("{found[2][1:]}", limits: #true)'
    return f'op("{found[2]}")'
