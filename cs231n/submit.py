"""Pack what is handed in, and say what is missing: `python -m cs231n.submit`.

Run it in the folder of the assignment. What belongs to the assignment is read from `cs231n/assignment.json`, which
the release carries.
"""

import argparse
import ast
import json
import sys
import zipfile
from pathlib import Path

_STUB = "is not implemented yet"
_ANSWER = "YOUR ANSWER HERE"
_UNWRITTEN = "this cell is not written yet"


def main(arguments=None):
    """Pack the submission; returns 0 when it is complete, 1 when something is missing or the archive was not made."""
    parser = argparse.ArgumentParser(prog="python -m cs231n.submit", description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, metavar="ZIP", help="default: <assignment>-submission.zip")
    options = parser.parse_args(arguments)
    folder = Path(__file__).resolve().parent.parent
    try:
        asked = json.loads((folder / "cs231n" / "assignment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        print(f"submit: {folder / 'cs231n' / 'assignment.json'} is missing or damaged. Take it from the assignment's "
              "archive again.", file=sys.stderr)
        return 1
    output = options.output or folder / f"{asked['name']}-submission.zip"
    packed, problems = _inspect(folder, asked)
    if not packed:
        print(f"submit: none of the assignment's files is in {folder}. Nothing was packed.", file=sys.stderr)
        return 1
    try:
        _pack(folder, packed, output)
    except OSError as error:
        print(f"submit: {output} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"Packed {len(packed)} of {len(asked['notebooks']) + len(asked['modules'])} files into {output}:")
    for name in packed:
        print(f"    {name}")
    if problems:
        print(f"\nNot complete yet, {len(problems)} thing{'s' if len(problems) > 1 else ''} to look at:")
        for problem in problems:
            print(f"    {problem}")
        print("You can hand in the archive as it is; what is listed here will not get its points.")
        return 1
    print("Complete.")
    return 0


def _inspect(folder, asked):
    """(files to pack, one sentence for everything that is missing, damaged or not written)."""
    packed, problems = [], []
    for name in asked["notebooks"] + asked["modules"]:
        path = folder / name
        if not path.is_file():
            problems.append(f"{name}: missing")
            continue
        packed.append(name)
        look = _look_into_notebook if name.endswith(".ipynb") else _look_into_module
        problems += [f"{name}: {problem}" for problem in look(path, asked)]
    return packed, problems


def _look_into_module(path, _):
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        return [f"does not load (line {getattr(error, 'lineno', '?')}: {getattr(error, 'msg', error)})"]
    problems = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and _STUB in ast.unparse(node):
            text = next(part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
            problems.append(f"{text} (line {node.lineno})")
    return problems


def _look_into_notebook(path, asked):
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = {cell.get("id"): "".join(cell["source"]) for cell in cells}
    except (ValueError, KeyError, TypeError, AttributeError):
        return ["is damaged: not a valid notebook"]
    problems = []
    for name in asked["cells"].get(path.stem, []):
        if name not in sources:
            problems.append(f"the cell {name} was deleted")
        elif not sources[name].strip() or sources[name].strip() == _ANSWER:
            problems.append(f"the question {name} is not answered")
        elif _UNWRITTEN in sources[name]:
            problems.append(f"the cell {name} is not written")
    return problems


def _pack(folder, names, output):
    half = output.with_suffix(".part")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(folder / name, name)
    half.replace(output)


if __name__ == "__main__":
    sys.exit(main())
