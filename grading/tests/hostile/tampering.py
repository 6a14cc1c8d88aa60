"""What hostile students do to the notebook's JSON. Each function changes `notebook`, as json.loads gave it.

One that returns bytes has written the file itself.
"""

import base64
import copy
import hashlib
import json


def tests(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")
            and not cell["metadata"]["nbgrader"]["solution"]]


def own_cell(kind: str, source: str, name: str = "HOSTILE-cell") -> dict:
    cell = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return cell | {"outputs": [], "execution_count": None} if kind == "code" else cell


# Metadata

def tag_tests(notebook):
    for cell in tests(notebook):
        cell["metadata"] |= {"tags": ["skip-execution", "raises-exception", "hide-input"], "deletable": True,
                             "editable": True, "execution": {"timeout": 0}, "init_cell": False}
    notebook["metadata"] |= {"execution": {"allow_errors": True, "timeout": -1}, "tags": ["skip-execution"]}


def raise_points(notebook):
    for cell in notebook["cells"]:
        cell["metadata"].setdefault("nbgrader", {"schema_version": 3, "grade_id": "HOSTILE-" + cell["id"]})
        cell["metadata"]["nbgrader"] |= {"points": 1000, "grade": True, "score": 1000, "max_score": 1000,
                                         "auto_score": 1000, "manual_score": 1000, "extra_credit": 1000}


def unlock_tests(notebook):
    kinds = ({"locked": False}, {"grade": False}, {"solution": True}, {"task": True},
             {"solution": True, "locked": False}, {"grade": False, "locked": False})
    for number, cell in enumerate(tests(notebook)):
        cell["metadata"]["nbgrader"] |= kinds[number % len(kinds)]
        cell["source"] = "pass"


def spoil_metadata(notebook):
    kinds = ({"schema_version": 99}, {"schema_version": "3"}, {"points": "NaN"}, {"points": -1}, {"points": 1e308},
             {"grade_id": ["list"]}, {"grade_id": None}, {"cell_type": "raw"}, {"checksum": 7})
    described = [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    for number, cell in enumerate(described):
        cell["metadata"]["nbgrader"] |= kinds[number % len(kinds)]
    described[0]["metadata"]["nbgrader"] = "text"
    described[1]["metadata"] = ["list"]


def note_outcomes(notebook):
    for cell in tests(notebook):
        cell["metadata"]["kit"] = {"outcome": "passed", "message": "", "points": 100}
        cell["execution_count"] = 1
        cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "100.0"}, "metadata": {},
                            "execution_count": 1}]


def ask_for_another_kernel(notebook):
    notebook["metadata"] = {
        "kernelspec": {"name": "../../HOSTILE", "display_name": "<b>", "language": "bash", "argv": ["touch", "x"]},
        "language_info": {"name": "bash", "file_extension": ".sh", "version": 3, "pygments_lexer": "HOSTILE"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}}, "celltoolbar": 7, "title": ["x"]}
    notebook |= {"nbformat": 4, "nbformat_minor": 9999, "orig_nbformat": "x", "HOSTILE": True}


# Cells

def empty_tests(notebook):
    for cell in tests(notebook):
        cell["source"] = "pass"
        cell["metadata"]["nbgrader"]["checksum"] = hashlib.md5(b"pass").hexdigest()


def delete_tests(notebook):
    gone = [cell["id"] for cell in tests(notebook)]
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in gone]


def duplicate_tests(notebook):
    for cell in tests(notebook):
        passing = copy.deepcopy(cell) | {"source": "pass"}
        place = notebook["cells"].index(cell)
        notebook["cells"][place:place + 1] = [passing, cell, copy.deepcopy(passing)]


def turn_tests_into_text(notebook):
    for number, cell in enumerate(tests(notebook)):
        cell["cell_type"] = ("markdown", "raw", "heading", None)[number % 4]
        cell["source"] = "passed"


def steal_ids(notebook):
    names = [cell["id"] for cell in notebook["cells"]]
    mine = [own_cell("code", "num_pairs = 0", name) for name in names]
    odd = [own_cell("code", "pass", name) for name in (None, 7, ["a"], "", " ", "a" * 1000, "../x", "<b>", "\x00")]
    notebook["cells"][:0] = [own_cell("markdown", "text", names[0]), *odd]
    notebook["cells"] += mine


def reverse_cells(notebook):
    notebook["cells"].reverse()


def swap_ids(notebook):
    graded, solutions = tests(notebook), [cell for cell in notebook["cells"]
                                          if cell["metadata"].get("nbgrader", {}).get("solution")]
    for one, other in zip(graded, solutions):
        one["id"], other["id"] = other["id"], one["id"]
        one["metadata"], other["metadata"] = other["metadata"], one["metadata"]


def add_cells(notebook):
    notebook["cells"][1:1] = [own_cell("code", f"x_{n} = {n}", f"own-{n}") for n in range(2000)]


# Files

def break_characters(notebook):
    half = "\ud800"
    notebook["cells"].insert(0, own_cell("code", f"text = '{half}'", f"own{half}"))
    notebook["cells"].insert(0, own_cell("markdown", f"half {half}") | {"attachments": {half: {half: half}}})
    for cell in notebook["cells"]:
        cell["metadata"][half] = half
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = "".join(cell["source"]) + f"\n# {half}"


def nest_deeply(notebook):
    deep: list = []
    for _ in range(600):
        deep = [deep]
    for cell in notebook["cells"]:
        cell["metadata"] |= {"deep": deep, "numbers": [float("nan"), float("inf"), 10**1000]}
        cell["outputs"] = deep
    notebook["metadata"]["deep"] = deep
    notebook["cells"] += [{"cell_type": "code", "source": deep}, {"cell_type": ["code"], "source": {}}, deep, None, {}]


def only_brackets(notebook):
    return b"[" * 100_000


def only_zeros(notebook):
    return bytes(40_000_000)


def many_nothings(notebook):
    return b'{"cells": [' + b"{}," * 10_000_000 + b"{}]}"


def old_worksheets(notebook):
    cells = [{"cell_type": "code", "input": 7, "outputs": {}, "prompt_number": "x", "metadata": None},
             {"cell_type": "heading", "level": "many", "source": "x"}, 7]
    return json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}, {"cells": 7}, 7], "metadata": []}).encode()


def encode_otherwise(notebook):
    text = json.dumps(notebook)
    return text.replace('"cells": [', '"cells": 7, "cells": [', 1).encode("utf-16")


def attach_pictures(notebook):
    notebook["cells"].insert(1, own_cell("markdown", "![](attachment:a.png)") | {
        "attachments": {"a.png": {"image/png": "A" * 8_000_000}, "../../x": {"": ""}, "\x00": {"text/html": "<b>"}}})
    notebook["cells"].insert(1, own_cell("markdown", "x") | {"attachments": {"a": ["list"], "b": 7}})


def add_slow_cells(notebook):
    notebook["cells"][1:1] = [own_cell("code", "import time\ntime.sleep(2.5)", f"slow-{n}") for n in range(60)]


# What the parent reads, keeps and works out

def _chain(notebook: dict, sources: list[str]) -> None:
    """Cells of the student's, each of which needs the one before, and the search all of them."""
    search = next(cell for cell in notebook["cells"] if cell["id"] == "softmax-search-solution")
    place = notebook["cells"].index(search)
    notebook["cells"][place:place] = [
        own_cell("code", f"link_{n} = {f'link_{n - 1} + 1' if n else 0}\n{source}", f"link-{n}")
        for n, source in enumerate(sources)]
    search["source"] = f"print(link_{len(sources) - 1})\n" + "".join(search["source"])


def chain_of_outputs(notebook):
    _chain(notebook, ["from IPython.display import display\ndisplay({'text/latex': 'x' * 4_900_000}, raw=True)"] * 100)


def chain_of_small_outputs(notebook):
    _chain(notebook, ["from IPython.display import display\nfor _ in range(1990):\n"
                      "    display({'text/plain': 'x'}, raw=True)"] * 100)


def chain_of_tags(notebook):
    _chain(notebook, ["from IPython.display import HTML, display\ndisplay(HTML('<b><i>' * 13_000))"] * 3)


def _handed(cell: dict, *bundles: dict) -> None:
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data} for data in bundles]


def ask_for_help(notebook):
    notebook["cells"].append(own_cell("code", "a" * 90_000 + " ?\r\nfree = 1", "free"))


def share_names(notebook):
    lines = "".join(f"if s{n}: s{n} = [s{n}, s{(n + 1) % 30}]\n" for n in range(30))
    notebook["cells"][1:1] = [own_cell("code", lines, f"shared-{n}") for n in range(100)]


def hold_functions_against_names(notebook):
    functions, names = (",".join(f"{letter}{n}" for n in range(190)) for letter in "mn")
    source = f"if 0:\n    for one in ({functions}): pass\n    one({names})\n"
    notebook["cells"][1:1] = [own_cell("code", f"kind = {n}\n{source}", f"held-{n}") for n in range(52)]


def hand_in_tags(notebook):
    notebook["cells"][1:1] = [own_cell("code", f"free_{n} = {n}", f"free-{n}") for n in range(3)]
    for cell in notebook["cells"][1:4]:
        _handed(cell, {"text/html": "<b><i>" * 13_000})


def hand_in_outputs(notebook):
    notebook["cells"][1:1] = [own_cell("code", f"free_{n} = {n}", f"free-{n}") for n in range(9)]
    for cell in notebook["cells"][1:10]:
        _handed(cell, {"text/plain": "x" * 4_900_000})


def nan_and_millions(notebook):
    cell = own_cell("code", "free = 1", "free")
    cell["metadata"] = {"number": float("nan"), "parts": "PARTS"}
    notebook["cells"].append(cell)
    return json.dumps(notebook).replace('"PARTS"', "[" + ",".join(['{"a":1}'] * 1_400_000) + "]").encode()


def worksheets_of_millions(notebook):
    cells = ",".join(['{"cell_type":"code","input":"x"}'] * 4000)
    parts = ",".join(['{"a":1}'] * 1_400_000)
    return f'{{"nbformat": 3, "worksheets": [{{"cells": [{cells}], "metadata": [{parts}]}}]}}'.encode()


def add_magics(notebook):
    lines = "\n".join(f"x{n} = 1 + 2 * (3 + {n})" for n in range(2000)) + "\n" + "a = !ls\n" * 100
    notebook["cells"].insert(1, own_cell("code", lines, "magics"))


def tie_names(notebook):
    names = [f"tied_{n}" for n in range(150)]
    notebook["cells"][1:1] = [own_cell("code", f"{name} = [{', '.join(names)}]", f"tied-{name}") for name in names]


def nearly_copies(notebook):
    for n in range(500):
        cell = copy.deepcopy(notebook["cells"][n % len(notebook["cells"])])
        cell["source"] = "".join(cell["source"]) + f"\n# {n}"
        cell |= {"id": f"own-{n}", "metadata": {}}
        notebook["cells"].append(cell)


def slow_cells_missed(notebook):
    notebook["cells"][1:1] = [own_cell("code", f"import time\ntime.sleep(2.5)\nslow_{n} = {n}", f"slow-{n}")
                              for n in range(40)]
    search = next(cell for cell in notebook["cells"] if cell["id"] == "softmax-search-solution")
    search["source"] = "".join(search["source"]) + "\nraise NameError(\"name 'slow_7' is not defined\")"


def long_cells_before(notebook):
    _chain(notebook, ["import time\ntime.sleep(2.5)"] * 10)


def long_cells_to_show(notebook):
    notebook["cells"][1:1] = [own_cell("raw", "<b><i>" * 40_000, "long-0"), own_cell("markdown", "[" * 9_000, "long-1"),
                              own_cell("markdown", "* " * 4_000 + "x", "long-2"),
                              own_cell("markdown", "<b><i>" * 1_600, "long-3"),
                              own_cell("code", "f'{" * 3_000, "long-4"), own_cell("code", "'" * 9_999, "long-5")]


# The module: these return its text or bytes

def megabytes_of_comments(source: str) -> str:
    return source + "#" * 46_000_000 + "\n"


def deep_module(source: str) -> str:
    return source + "\nx = " + "-" * 100_000 + "1\ny = " + "(" * 190 + ")" * 190 + "\nz = " + "1+" * 200_000 + "1\n"


def long_module(source: str) -> str:
    return source + "\n" + "x=1;y=[x]\n" * 500_000


def slow_encoding(source: str) -> bytes:
    return b"# coding: punycode\n" + b"x" * 1_000_000 + b"-" + b"a" * 1_000_000


def byte_module(source: str) -> bytes:
    return b"\x00\xff\xfe" + bytes(range(256)) * 1000


# The instructor's desk

_SCRIPT = "<script>hostile()</script><img src=x onerror=hostile()>"


def add_raw_html(notebook):
    kinds = ({}, {"raw_mimetype": "text/html"}, {"format": "text/html"}, {"raw_mimetype": "text/restructuredtext"})
    notebook["cells"][2:2] = [own_cell("raw", _SCRIPT, f"raw-{n}") | {"metadata": kind} for n, kind in enumerate(kinds)]
    notebook["cells"].insert(2, own_cell("markdown", _SCRIPT + "\n\n# " + _SCRIPT))
    notebook["cells"].insert(2, own_cell("markdown", f"# a \">{_SCRIPT}\n\n<h1 id='x' onclick=hostile()>x</h1>"))


def attach_html(notebook):
    svg = "PHN2ZyB4bWxucz0naHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmcnPjxzY3JpcHQ+aG9zdGlsZSgpPC9zY3JpcHQ+PC9zdmc+"
    answer = _answer(notebook)
    answer["attachments"] = {
        "a.svg": {"image/svg+xml": svg}, "b": {"text/html": _SCRIPT}, "c": {'image/png" onerror="hostile()': "x"},
        "d": {"image/png": '"><script>hostile()</script>'}, "e": {"image/png;base64,x\" onerror=\"hostile()": "x"}}
    answer["source"] = "".join(f"![{_SCRIPT}](attachment:{name})\n" for name in answer["attachments"]) + "an answer"


def _answer(notebook: dict) -> dict:
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")
                and cell["cell_type"] == "markdown")


def answer_of_ligatures(notebook):
    _answer(notebook)["source"] = "\ufdfa" * 1_900_000


def answer_of_references(notebook):
    footnotes = "".join(f"[^{n}] " for n in range(300)) + "\n\n" + "".join(
        f"[^{n}]: [^{n + 1}] [^{n + 2}] [^{n // 2}]\n\n" for n in range(300))
    macros = "".join(f"\\newcommand{{\\m{chr(97 + n)}}}{{\\m{chr(98 + n)}\\m{chr(98 + n)}}}" for n in range(20))
    links = "[a]: " + "/x" * 900 + "\n\n" + "[a]" * 1_000
    _answer(notebook)["source"] = f"{footnotes}\n\n{links}\n\n${macros}$ $\\ma$ " + "\\[" * 500


def html_in_metadata(notebook):
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"</script>" + _SCRIPT: {}}}}
    notebook["metadata"] |= {"title": _SCRIPT, "authors": [{"name": _SCRIPT}], "widgets": widgets,
                             "kernelspec": {"name": "python3", "display_name": _SCRIPT},
                             "language_info": {"name": _SCRIPT, "pygments_lexer": _SCRIPT, "codemirror_mode": _SCRIPT}}
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {"tags": [f'x" onclick="hostile()"{number}', _SCRIPT], "collapsed": _SCRIPT,
                             "name": _SCRIPT, "jupyter": {"source_hidden": _SCRIPT}}
    notebook["cells"].insert(1, own_cell("code", "1", "\"><script>hostile()</script>"))
    notebook["cells"].insert(1, own_cell("markdown", "x", "\"><script>hostile()</script>2"))


def raw_without_end(notebook):
    notebook["cells"].insert(2, own_cell("raw", "".join(f"<p><font color=c{number}>" for number in range(11_500))))


def outputs_without_end(notebook):
    crumbs = [{"output_type": "stream", "name": name, "text": "x"} for name in ("stdout", "stderr")] * 995
    notebook["cells"][2:2] = [own_cell("code", "1", f"crumbs-{number}") | {"outputs": crumbs} for number in range(60)]
    nothings = [{"output_type": "display_data", "data": [[]] * 300_000, "metadata": {}}]
    notebook["cells"].insert(2, own_cell("code", "1", "nothings") | {"outputs": nothings})


_HOSTILE_SVG = ("<svg xmlns='http://www.w3.org/2000/svg' onload='hostile()'><script>hostile()</script>"
                "<style>@import '//hostile.example'</style></svg>")
_MARKS = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x2028, 0x2029,
                           0xFEFF)))


def _own_code(notebook: dict, name: str) -> dict:
    notebook["cells"].insert(1, own_cell("code", f"free_{len(notebook['cells'])} = 1", name))
    return notebook["cells"][1]


def _png(side: int, length: int) -> str:
    """What has a picture's header and no more of one."""
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + side.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return base64.b64encode(head + b"\0" * length).decode()


def titles_without_end(notebook):
    title, ligatures = "# " + "title <b> $x$ " * 2_000, "\ufdfa" * 9_000
    texts = (title, "a" * 9_000 + "\n===", f"<h1>{title}</h1>\n\n## {ligatures}")
    notebook["cells"][1:1] = [own_cell("markdown", text, f"title-{n}") for n, text in enumerate(texts)]
    _answer(notebook)["source"] = ("#" * 6 + " " + "t" * 900 + "\n\n") * 150 + "# " + "\u0430" * 8_000


def text_that_runs_backwards(notebook):
    heaped = "a" + "\u0300\u20dd\u0489" * 3_000
    _answer(notebook)["source"] = (f"# {_MARKS}stniop lla\n\n{heaped}\n\n{_MARKS} <b title='{_MARKS}'>{_MARKS}</b> "
                                   f"![{_MARKS}](x.png)")
    notebook["cells"].insert(1, own_cell("markdown", f"## {heaped} {_MARKS}", "backwards-0"))
    cell = _own_code(notebook, "backwards")
    cell["source"] = f"text = '{_MARKS}'  # {heaped}"
    _handed(cell, {"text/plain": _MARKS + heaped}, {"text/html": f"<b title='{_MARKS}'>{_MARKS}{heaped}</b>"})


def thousands_of_texts(notebook):
    texts = ("*x* `y` <b>z</b>", "# $x$", "| a |\n|---|\n| $b$ |", "- x\n  - y", "![](attachment:a.png)",
             "[x](https://x.example)")
    notebook["cells"][1:1] = [own_cell("markdown", texts[n % len(texts)], f"text-{n}") for n in range(4_900)]


def floods_of_colors(notebook):
    flood = "".join(f"\x1b[3{n % 8};4{n % 7};1mx\x1b[38;5;{n % 256}m&" for n in range(40_000))
    _own_code(notebook, "flood-0")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": flood}]
    _own_code(notebook, "flood-1")["outputs"] = [{"output_type": "error", "ename": flood[:900],
                                                  "evalue": flood[:90_000], "traceback": [flood[:900]] * 900}]
    _own_code(notebook, "flood-2")["outputs"] = [
        {"output_type": "stream", "name": name, "text": "\x1b[31m" * 90 + "&'\"<" * 400}
        for name in ("stdout", "stderr")] * 200


def nested_deeply_to_show(notebook):
    lists = "".join("  " * n + "- x\n" for n in range(95))
    quotes = "\n".join("> " * n + "x" for n in range(90))
    links = "[![" * 1_500 + "x" + "](y)](z)" * 400 + "\n\n" + "**a *b " * 900
    tags = "<div>" * 1_900 + "x" + "</div>" * 100
    texts = (lists, quotes, links, tags, "1. " * 3_000 + "x", "<details><summary>" * 500)
    _answer(notebook)["source"] = "\n\n".join(texts)
    notebook["cells"][1:1] = [own_cell("markdown", text, f"deep-{n}") for n, text in enumerate(texts)]
    _handed(_own_code(notebook, "deep"), {"text/html": "<table><tr><td>" * 5_000}, {"text/html": "<ul><li>" * 9_000},
            {"text/markdown": lists * 9})


def pictures_that_run(notebook):
    svg, bomb = base64.b64encode(_HOSTILE_SVG.encode()).decode(), _png(7_000, 900)
    answer = _answer(notebook)
    answer["attachments"] = {"a.svg": {"image/svg+xml": svg}, "b.png": {"image/png": svg}, "c.png": {"image/png": bomb},
                             "d.png": {"image/png": bomb, "image/svg+xml": _HOSTILE_SVG}}
    answer["source"] = "\n\n".join((
        _HOSTILE_SVG, "![](attachment:a.svg) ![](attachment:b.png) ![](attachment:c.png)",
        "![x](attachment:d.png 'onerror=\"hostile()\"')", f"<img src='data:image/svg+xml;base64,{svg}'>",
        f"![](data:image/svg+xml;base64,{svg})",
        "<picture><source srcset='//hostile.example/x.png'><img srcset='//hostile.example/y.png 2x' src=x></picture>",
        "<b style='background:url(//hostile.example/z.png);position:fixed;top:0'>x</b>",
        "<table background='//hostile.example/w.png'></table> <link rel=preload href='//hostile.example/u'>",
        "<img src='https://hostile.example/v.png' width=9999 height=9999>"))
    _handed(_own_code(notebook, "run"), {"image/svg+xml": _HOSTILE_SVG}, {"text/html": _HOSTILE_SVG},
            {"text/html": f"<img src='data:image/svg+xml;base64,{svg}'>"},
            {"image/png": bomb, "text/html": f"<img alt='\"><script>hostile()</script>' "
                                             f"src='data:image/png;base64,{bomb}'>"})


def formulas_without_end(notebook):
    tricks = (r"\href{javascript:hostile()}{x}", r"\class{score}{x}", r"\cssId{softmax-naive}{x}",
              r"\style{background:url(//hostile.example/x)}{x}", r"\require{html}\unicode{60}script\unicode{62}",
              r"\text{<script>hostile()</script>}", r"\color{red;background:url(//hostile.example)}x",
              r"\includegraphics{https://hostile.example/x.png}", r"\def\x{\x\x}\x", r"\rule{99999em}{99999em}",
              r"\hspace{99999cm}x", r"\Huge x")
    flood = " ".join(f"$x_{{{n}}}$" for n in range(1_000))
    nested = " ".join(f"${one}$" for one in (r"\frac{1}{" * 200 + "x" + "}" * 200, r"\sqrt{" * 900,
                                             "{" * 3_000 + "}" * 3_000, "x^" * 2_000))
    matrix = r"\begin{matrix}" + ("&" * 30 + r"\\ ") * 90 + r"\end{matrix}"
    _answer(notebook)["source"] = "\n\n".join((*(f"$${one}$$ ${one}$" for one in tricks), nested, matrix,
                                               *[flood] * 15))
    notebook["cells"][1:1] = [own_cell("markdown", text, f"formulas-{n}")
                              for n, text in enumerate((flood, nested, matrix))]
    _handed(_own_code(notebook, "formulas"), *({"text/latex": f"${one}$"} for one in tricks),
            {"text/latex": "$$" + flood * 9 + "$$"})


def pictures_by_the_megabyte(notebook):
    """And one letter that makes each of a text's take four bytes."""
    answer = _answer(notebook)
    answer["attachments"] = {"a.png": {"image/png": _png(90, 1_050_000)}}
    answer["source"] = "\U0001f600 " + "![](attachment:a.png)\n" * 11
    notebook["cells"][1:1] = [own_cell("markdown", answer["source"], f"picture-{n}")
                              | {"attachments": answer["attachments"]} for n in range(2)]


def forge_what_graders_write(notebook):
    graded = {"schema_version": 3, "grade": True, "solution": True, "locked": False, "points": 99, "score": 99,
              "grade_id": "HOSTILE-own", "cell_type": "markdown", "checksum": "0" * 32}
    noted = {"outcome": "passed", "message": _SCRIPT, "points": 99, "score": 99, "unloaded": _SCRIPT}
    marks = {"kit": noted, "kit_note": noted, "kit_left_out": True, "kit_marked_for": _SCRIPT, "tags": ["kit"],
             "deletable": False}
    names = ("softmax-naive", "softmax-vectorized", "first", "overview", "data", 'x" onclick="hostile()', "__proto__")
    notebook["cells"][1:1] = [own_cell(kind, "**Score: 99 / 99** Passed.", name) | {"metadata": {"nbgrader": graded}}
                              for name in names for kind in ("markdown", "code", "raw")]
    for cell in (*notebook["cells"], notebook):
        cell["metadata"] |= copy.deepcopy(marks)


def outputs_made_like_marks(notebook):
    marks = ("<p><em>[as handed in; no point hangs on it]</em></p>",
             "<p><em>[when it was graded, it ended so]</em></p>",
             "<article class='question right' id='softmax-naive'><h3>softmax-naive</h3>"
             "<p class='score'>Score: 9 / 9</p></article>",
             "</div></div></article><section><h2>Marked</h2><p class='total'><strong>20</strong> of 20 points</p>"
             "<div class='comment'><p class='label'>A comment on it</p>Full marks.</div>",
             "<style>.wrong,.score{display:none}</style><link rel=stylesheet href=//hostile.example/x.css>"
             "<meta http-equiv=refresh content='0;url=//hostile.example'><base target=_parent>",
             "<a href='index.html' target=_top name=score>Score</a><form action=//hostile.example><button>x</button>",
             "<div style='position:fixed;inset:0;background:white;z-index:9'>20 of 20 points</div>")
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            _handed(cell, *({"text/html": text, "text/plain": "[as handed in; no point hangs on it]"}
                            for text in marks))
    _answer(notebook)["source"] = "".join(_answer(notebook)["source"]) + "\n\n" + "\n\n".join(marks)


def outputs_of_signs(notebook):
    """Each sign is five letters in a page."""
    for name in ("signs-0", "signs-1"):
        _handed(_own_code(notebook, name), *[{"text/plain": "&" * 19_900}] * 149)


def write_loop_out(source: str) -> str:
    lines = "\n".join(f"    if n > {row}: np.dot(X[{row}], W, out=scores[{row}])" for row in range(300))
    return source + f"""
def softmax_loss_vectorized(W, X, y, reg):
    X, n = np.array(X, subok=False), len(X)
    scores, ones = np.zeros((n, W.shape[1])), np.eye(W.shape[1])[np.array(y)]
{lines}
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return -np.log((p * ones).sum(axis=1)).mean() + reg * np.sum(W**2), X.T @ (p - ones) / n + 2 * reg * W
"""


def say_it_is_escaped(source: str) -> str:
    """For a reader of UTF-8 the last line is a comment; where escapes are read as such, functions follow it."""
    return f"# coding: unicode_escape coding: unicode_escape\n{source}\n" + (
        r"# \x0adef _looped(W, X, y, reg):\x0a    return softmax_loss_naive(W, X, y, reg)"
        r"\x0asoftmax_loss_vectorized = _looped\x0a#") + "\n"


# What no version of the format has

def true_version(notebook):
    """JSON's true equals 1 wherever numbers are compared."""
    notebook["nbformat"], notebook["nbformat_minor"] = True, -1
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"code": cell["source"], "input": cell["source"], "prompt_number": True, "collapsed": "no"}


def odd_outputs(notebook):
    odd = [{"output_type": "stream", "text": "no name"}, {"output_type": "stream", "name": "stdin", "text": [1, None]},
           {"output_type": "display_data", "data": {"text/html": None, "text/plain": 7, "image/png": ["!", "not", 3]}},
           {"output_type": "display_data", "data": [], "metadata": 7}, {"output_type": "pyout", "text": "old"},
           {"output_type": "error", "ename": [], "evalue": None, "traceback": "one text"},
           {"output_type": "error", "ename": "E" * 10**5, "evalue": "v\x1b]0;x\x07", "traceback": ["\x1b[31m"] * 10**4},
           {"output_type": "update_display_data", "data": {"text/html": "<script>x</script>"}, "transient": {}},
           {"output_type": "display_data", "data": {"application/vnd.HOSTILE+json": {"a": {}}, "text/html; charset=x":
                                                    "<script>x</script>", "TEXT/HTML": "<script>x</script>",
                                                    "image/svg+xml": "<svg onload=x>", "text/latex": "$\\href{x}$"},
            "metadata": {"image/png": {"width": "1 onload=x"}, "isolated": True, "text/html": {"isolated": "no"}}},
           {"output_type": ["stream"]}, {}, None, 7, [], "text"]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = copy.deepcopy(odd)


def odd_keys(notebook):
    more = {"Cells": [], "cells ": [], "__class__": "x", "__proto__": {"points": 9}, "NBFORMAT": 3, "": {}, "kit": []}
    notebook |= copy.deepcopy(more)
    for cell in notebook["cells"]:
        cell |= {"Source": "pass", "__init__": 1, "source ": "pass", "Cell_type": "raw", "__dict__": {}, "update": 1}
        cell["metadata"] |= {"NBGRADER": {"points": 99}, "__class__": 1, "kit": [], "kit_left_out": True,
                             "kit_marked_for": "x", "get": 1, "items": None}


def names_in_reverse(text):
    lines = ["class Chain:"]
    for n in range(38, 0, -1):
        lines += [f"    def f{n}(self, x):", f"        self.a{n} = {f'self.a{n - 1}' if n > 1 else 'x'}"]
        lines += [f"        v{k} = v{k - 1}" for k in range(37, 0, -1)] + ["        v0 = x"] + ["        z = x"] * 60
    return text + "\n\n" + "\n".join(lines) + "\n"


_RAISING = "\n\ndef softmax_loss_naive(W, X, y, reg):\n{}\n\n\nsoftmax_loss_vectorized = softmax_loss_naive\n"


def names_of_thousands_of_letters(text):
    kind, method = "C" * 3000, "m" * 3000
    return text + f"\n\nclass {kind}:\n    def {method}(self, W):\n        return W.T + W[:, 0] + [] + None\n" + (
        _RAISING.format(f"    return {kind}().{method}(W)"))


def names_nearly_alike(text):
    return text + _RAISING.format("    " + "; ".join(f"abcdefg{number} = 0" for number in range(1, 380))
                                  + "\n    return abcdefgh0, W")


def keys_beside_a_long_literal(text):
    literal = ", ".join(f"'k{number}'" for number in range(9000))
    return text + _RAISING.format(f"    key = 'key of ' + repr(np.random.rand())\n    return {{}}[key], [{literal}]")


def a_line_of_many_numbers(text):
    numbers = ", ".join(map(str, range(2500)))
    return text + _RAISING.format(f"    return W + X + np.array([{numbers}]) + [{numbers}][W] + undefined_name")


def nothing_but_numbers_behind(text):
    return text + "\n\nnumbers = [\n" + "(1,2,3,4,5,6,7,8,9,0),\n" * 4000 + "]\n"


def nothing_but_lines_behind(text):
    return text + "\n" * 900_000


def longer_than_is_read(text):
    return text + "# comments\n" * 10_000


# What is left out

_MISSED = "print(final_softmax, val_accuracies, finalists, probabilities)"


def miss_a_name(notebook):
    """The lesson's own cells are there, as they came, and what one of them binds is read in front of it."""
    notebook["cells"].append(own_cell("code", _MISSED, "HOSTILE-missed"))


def long_cells_then_a_name(notebook):
    notebook["cells"] += [own_cell("code", f"import time; last_{n} = time.sleep(2.7)", f"HOSTILE-{n}")
                          for n in range(20)]
    notebook["cells"].append(own_cell("code", _MISSED, "HOSTILE-missed"))


def lessons_cells_again(notebook):
    given = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell not in tests(notebook)]
    change = "y_val, X_val, num_pairs, num_iters, lr_range = y_val * 0, X_val * 0, 1, 0, (1e-9, 1.0)"
    for cell in given:
        again = own_cell("code", cell["source"], "HOSTILE-" + cell["id"])
        notebook["cells"][notebook["cells"].index(cell):notebook["cells"].index(cell)] = [
            own_cell("code", "".join(again["source"]), again["id"]), own_cell("code", change, again["id"] + "-2")]


def lessons_cells_nearly(notebook):
    for number, cell in enumerate(list(notebook["cells"])):
        if cell["cell_type"] == "code":
            text = "".join(cell["source"])
            for other in (text.replace("a", "\u0430", 1), text + "\u200b", text.replace("\n", "\r\n"), text + "\n",
                          text.replace("\n", "\x0c\n"), text.replace("np", "\uff4ep")):
                notebook["cells"].append(own_cell("code", other, f"HOSTILE-{number}-{len(notebook['cells'])}"))
