"""Write the lessons' demonstrations for lectures, one self-contained HTML file each."""

from pathlib import Path

from grading import commands
from grading.errors import KitError

PLACE = 82


def arguments(parser) -> None:
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="it is made where there is none")


def run(options) -> int:
    from grading import demos

    if options.into.exists() and not options.into.is_dir():
        raise KitError(f"{options.into} is a file. Name a folder with --into.")
    options.into.mkdir(parents=True, exist_ok=True)
    for name in demos.DEMOS:
        path = options.into / f"{name}.html"
        commands.require_writable(path)
        commands.write(path, demos.page(name), "--into")
        print(f"{path}: {demos.demo(name).TITLE}")
    return 0
