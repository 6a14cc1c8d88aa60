"""Pack what is handed in, and say what is missing: `python -m cs231n.submit`.

Run it in the folder of the assignment. What belongs to the assignment is read from `cs231n/assignment.json`, which
the release carries.
"""

import argparse
import ast
import itertools
import os
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

try:
    from cs231n import _console as console
    from cs231n import _matching as matching
    from cs231n import _reading as reading
    from cs231n import _writeup as writeup
except ModuleNotFoundError:
    sys.exit("submit: in the folder of the assignment, run: python -m cs231n.submit")

_STUB = "is not implemented yet"


def main(arguments=None):
    """Pack the submission; returns 0 when it is complete, 1 when something is missing or the archive was not made."""
    parser = argparse.ArgumentParser(prog="python -m cs231n.submit", description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, metavar="ZIP", help="default: <assignment>-submission.zip")
    parser.add_argument("--pages", type=_whole, metavar="N", help="pages that writeup.pdf has for each question")
    parser.add_argument("--no-writeup", action="store_true", help="pack the archive alone")
    options = parser.parse_args(arguments)
    console.print_any_letter()
    folder = Path(__file__).resolve().parent.parent
    try:
        asked = reading.assignment(folder)
    except reading.Damaged as error:
        print(f"submit: {error}", file=sys.stderr)
        return 1
    usual = f"{asked['name']}-submission.zip"
    output = options.output or folder / usual
    try:
        output = output / usual if output.is_dir() else output
        own = output.exists() and _why_it_stays(output, asked)
    except OSError as error:                         # a name that is too long
        print(f"submit: {reading.printable(str(output))} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    if own:
        print(f"submit: {reading.printable(str(output))} is there and {own}, so it stays as it is. Name another file "
              "with --output.", file=sys.stderr)
        return 1
    packed, problems = _inspect(folder, asked)
    if not packed:
        print(f"submit: none of the assignment's files is in {reading.printable(str(folder))}. Nothing was packed.",
              file=sys.stderr)
        for problem in problems:                 # one may be there, and be too large
            if not problem.endswith(": missing"):
                print(f"    {reading.printable(problem)}", file=sys.stderr)
        return 1
    try:
        _pack(folder, packed, output)
    except OSError as error:
        print(f"submit: {reading.printable(str(output))} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    expected = asked["notebooks"] + asked["modules"]
    shown = f" and {len(set(packed) - set(expected))} pictures" if set(packed) - set(expected) else ""
    print(f"Packed {len(set(packed) & set(expected))} of {len(expected)} files{shown} into "
          f"{reading.printable(str(output))}:")
    for name in packed:
        print(f"    {reading.printable(name)}")
    written = options.no_writeup or _write_up(folder, asked, output.with_name("writeup.pdf"), options.pages)
    if problems:
        print(f"\nNot complete yet, {len(problems)} thing{'s' if len(problems) > 1 else ''} to look at:")
        for problem in problems:
            print(f"    {reading.printable(problem)}")
        print("You can hand in the archive as it is; what is listed here will not get its points.")
        return 1
    print("Complete.")
    return 0 if written else 1


def _whole(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def _write_up(folder, asked, path, pages):
    """Write the answers as a PDF; returns whether all of them are in it as they were written, if any can be."""
    if missing := writeup.missing():
        print(f"No {path.name}, your answers as a PDF: {' and '.join(missing)} not installed. To get it, "
              f"{writeup.SIZE}: {writeup.HOW_TO_GET}")
        return True
    in_full = path.with_stem(f"{path.stem}-in-full")
    try:
        for one in (path, in_full):
            if one.exists() and not writeup.is_made_here(one):
                print(f"submit: no write-up: {reading.printable(str(one))} is there, and not of submit's making, so it "
                      "stays as it is. Move it elsewhere to have one made.", file=sys.stderr)
                return False
        path.unlink(missing_ok=True)                 # an earlier one must not pass for this one
        in_full.unlink(missing_ok=True)
        made = writeup.make(asked, folder, pages=pages)
        _put(path, lambda half: half.write(made.pdf))
        if made.in_full:
            _put(in_full, lambda half: half.write(made.in_full))
    except writeup.NotMade as why:
        print(f"submit: no {path.name}: {why}.", file=sys.stderr)
        return False
    except OSError as error:
        print(f"submit: {reading.printable(str(path))} cannot be written: {error.strerror}.", file=sys.stderr)
        return False
    print(reading.printable(f"Wrote {path}, your answers on {made.pages} pages" + (
        f", and {in_full}" if made.in_full else "") + ("; not as you wrote it:" if made.problems else ".")))
    for problem in made.problems:
        print(f"    {reading.printable(problem)}")
    return not made.problems


def _why_it_stays(path, asked):
    """A clause on why the file in the archive's place is no earlier one of submit's, or ""."""
    try:
        if not (path.is_file() and zipfile.is_zipfile(path)):                             # a notebook, perhaps
            return "no archive"
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        return f"an archive that cannot be read ({error})"
    others = [name for name in names - {*asked["notebooks"], *asked["modules"]}
              if not name.lower().endswith(tuple(reading.PICTURES))]
    return f"an archive of something else (it has {reading.printable(min(others)[:60])})" if others else ""


def _inspect(folder, asked):
    """(files to pack, one sentence for everything that is missing, damaged or not written)."""
    packed, problems = [], []
    for name in asked["notebooks"] + asked["modules"]:
        path, pictures = folder / name, []
        try:
            if not path.is_file():
                problems.append(f"{name}: missing")
                continue
            notebook = name.endswith(".ipynb")
            if large := reading.too_large(path, reading.NOTEBOOK_BYTES if notebook else reading.MODULE_BYTES):
                problems.append(f"{name}: not packed, since it {large}"
                                + "; clear the outputs of its cells" * notebook)
                continue
            if notebook:
                found, pictures = _look_into_notebook(path, asked)
            else:
                found = _look_into_module(path, folder, asked)
        except OSError as error:                     # not yours to read, or only in the cloud
            problems.append(f"{name}: not packed, since it cannot be read ({error.strerror})")
            continue
        pictures = [picture for picture in pictures if picture not in packed]
        shown = len(set(packed) - {*asked["notebooks"], *asked["modules"]})
        if beyond := pictures[reading.MOST_FILES - shown:]:
            found.append(f"{len(beyond)} of the pictures in files that its answers show do not go along, from "
                         f"{beyond[0]} on: at most {reading.MOST_FILES} do")
        packed += [name, *pictures[:reading.MOST_FILES - shown]]
        problems += [f"{name}: {problem}" for problem in found]
    if (size := sum((folder / name).stat().st_size for name in packed)) > reading.ALL_BYTES:
        problems.append(f"all files together are {size / 1e6:,.1f} MB, and may be {reading.ALL_BYTES / 1e6:g}: the "
                        "archive would not be taken. Clear the outputs of your notebooks")
    return packed, problems


def _look_into_module(path, folder, asked):
    text = reading.module_text(path.read_bytes())
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith("<<<<<<< "):
                return [f"does not load (line {number}: a merge conflict is left in the file)"]
        if isinstance(error, SyntaxError) and error.lineno:
            return [f"does not load (line {error.lineno}: {error.msg})"]
        return [f"does not load ({getattr(error, 'msg', '') or str(error) or 'it is nested too deeply'})"]
    if not any(isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)) for node in tree.body):
        return ["defines no function or class", *_own_modules(tree, path, folder, asked)]
    problems = []
    for node in ast.walk(tree):
        said = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)
                and _STUB in part.value) if isinstance(node, ast.Raise) else ()
        problems += [f"{text} (line {node.lineno})" for text in itertools.islice(said, 1)]
    return problems + _own_modules(tree, path, folder, asked)


def _own_modules(tree, path, folder, asked):
    """Problems: the modules of the package that a module imports, and that are neither handed in nor given."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            home = path.relative_to(folder).parts[:-node.level] if node.level else ()
            home = ".".join(filter(None, [*home, node.module]))
            names += [home, *[f"{home}.{alias.name}" for alias in node.names]]
    files = {f"{name.replace('.', '/')}.py" for name in names if name.startswith("cs231n.")}
    files -= {*asked["modules"], *asked.get("given", files)}
    return [f"imports {file}, which is not handed in: put what it has into one of the modules that are"
            for file in sorted(files) if os.path.isfile(folder / file)]


def _look_into_notebook(path, asked):
    """(problems, the files beside it with pictures that its answers show)."""
    lesson = [matching.Known(**known) for known in asked["cells"].get(path.stem, [])]
    try:
        cells = reading.read_within(path.read_bytes())
    except reading.Damaged as damage:
        return [str(damage)], []
    found = matching.read(cells, lesson)
    problems, pictures = [], []
    for known in lesson:
        for picture in reading.shown_files(found.texts.get(known.name, "")) if known.role == "answer" else ():
            if why := _no_picture(path.parent, picture):
                problems.append(f"the answer {known.name} shows {picture}, which {why}")
            else:
                pictures.append(picture)
        if known.role == "answer":
            problems += [f"the answer {known.name} shows {lost}" for lost in _lost_pictures(
                found.texts[known.name], found.pictures[known.name])]
        if known.role == "answer" and not found.texts[known.name]:
            gone = " (its cell is gone)" if known.name in found.missing else ""
            problems.append(f"the question {known.name} is not answered{gone}")
        elif known.role == "code" and not matching.is_written(known, found.texts.get(known.name, "")):
            problems.append(f"the cell {known.name} is {'missing' if known.name in found.missing else 'not written'}")
    for name, added in found.changed.items():
        problems.append(f"the locked cell {name} was changed; it is graded as it was handed out"
                        + (f", without: {added[0].strip()[:60]}" if added else ""))
    return problems, list(dict.fromkeys(pictures))           # several answers may show the same


def _no_picture(folder, picture):
    """A clause on why a file in the folder is no picture that goes along, or "". What a link leads to is elsewhere."""
    file = folder / picture
    try:
        if not file.is_file():
            return "is not there"
        here = file.resolve() == folder.resolve() / picture
        fits = here and not reading.too_large(file, reading.MOST_BYTES) and reading.is_picture(
            file.name, file.read_bytes())
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if fits else "is no PNG or JPEG of at most 5 MB"


def _lost_pictures(text, attached):
    """What a text shows that does not go along, each with a clause on why."""
    return [f"{path}, which does not go along: only PNG and JPEG files in the folder of the notebook do, written "
            "with /" for path in reading.files_elsewhere(text)] + [
            f"the attachment {name}, which is not in the notebook: put the picture into the cell again"
            for name in reading.shown_attachments(text) if not {name, unquote(name)} & attached.keys()]


def _pack(folder, names, output):
    def write(half):
        with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:   # some are of 1970
            for name in names:
                archive.write(folder / name, name)

    _put(output, write)


def _put(path, write):
    """Have `write` fill a file, and put it into its place once it is whole; raises OSError, and leaves nothing half."""
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    with half.open("xb") as stream:              # never one that is there: a file of one's own, a link, a pipe
        try:
            write(stream)
            stream.close()
            half.replace(path)
        except BaseException:
            half.unlink(missing_ok=True)
            raise


if __name__ == "__main__":
    console.run_as_program(main, "submit")
