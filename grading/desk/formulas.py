"""TeX formulas as MathML, which a browser draws by itself: no script, and nothing that is loaded from anywhere.

What goes out is built anew from a list of elements and attributes; a formula that is not understood in full is left to
be shown as it was typed.
"""

import re
from html import escape, unescape
from xml.etree.ElementTree import Element

LONG = 2_000                     # characters of a formula; 0.02 s for this much, at worst
_TAGS = {"math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded",
         "mphantom", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none",
         "mtable", "mtr", "mtd", "menclose"}
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
_VALUES = {
    "display": re.compile(r"block|inline"), "mathcolor": re.compile(r"#?\w{1,20}", re.ASCII),
    "mathvariant": re.compile(r"normal"), "linethickness": re.compile(r"\d{1,2}(?:\.\d+)?(?:px|pt|em)?"),
    "width": re.compile(r"-?\d{1,2}(?:\.\d{1,3})?(?:em|px|pt)"), "scriptlevel": re.compile(r"[+-]?\d"),
    "form": re.compile(r"prefix|postfix|infix"),
    **dict.fromkeys(("stretchy", "fence", "accent", "accentunder", "displaystyle", "movablelimits", "symmetric",
                     "largeop"), re.compile("true|false")),
}
_ALIGNED = re.compile("left|right|center")
_ELSEWHERE = ((re.compile(r"\\(begin|end)\{(?:aligned|alignedat|eqnarray\*?|flalign\*?|align)\}"), r"\\\1{align*}"),
              (re.compile(r"\\(begin|end)\{(?:gathered|gather\*?|multline\*?)\}"), r"\\\1{matrix}"),
              (re.compile(r"\\(begin|end)\{(?:equation\*?|math|displaymath)\}"), ""),
              (re.compile(r"\\(?:boldsymbol|bm|pmb)(?![A-Za-z])"), r"\\mathbf"),
              (re.compile(r"\\(?:nonumber|notag|label\{[^{}]*\})"), ""))


def mathml(tex: str, display: bool = False) -> str:
    """The formula as harmless MathML, or "" where it is not understood or too long."""
    if len(tex) > LONG or not tex.strip():
        return ""
    from latex2mathml.converter import convert_to_element

    for known, said in _ELSEWHERE:
        tex = known.sub(said, tex)
    try:
        return _written(convert_to_element(tex, display="block" if display else "inline"))
    except Exception:                # a parser of free text, fed by anyone
        return ""


def _written(element: Element, depth: int = 0) -> str:
    text = unescape(element.text or "")
    if element.tag not in _TAGS or len(element) != _PARTS.get(element.tag, len(element)) \
            or element.tag == "mi" and "\\" in text or depth > 100:
        raise ValueError(element.tag)
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.attrib.items()
                         if name in _VALUES and _VALUES[name].fullmatch(value))
    if _ALIGNED.fullmatch(align := element.attrib.get("columnalign", "")):
        attributes += f' style="text-align: {align}"'
    inside = "".join(_written(child, depth + 1) for child in element)
    return f"<{element.tag}{attributes}>{escape(text)}{inside}</{element.tag}>"
