"""Write the lessons' demonstrations for lectures, one self-contained HTML file each."""

from grading import commands
from grading.commands import place
from grading.errors import KitError

PLACE = 82


def arguments(parser) -> None:
    parser.add_argument("--into", type=place, required=True, metavar="FOLDER", help="it is made where there is none")


def run(options) -> int:
    from grading import demos

    if options.into.is_file():
        raise KitError(f"{options.into} is a file. Name a folder with --into.")
    try:
        options.into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KitError(f"{options.into} is no folder, and cannot be made one ({error.strerror}). Name another with "
                       "--into.") from None
    for name in demos.DEMOS:
        path = options.into / f"{name}.html"
        commands.require_writable(path)
        commands.write(path, demos.page(name), "--into")
        print(f"{path}: {demos.demo(name).TITLE}")
    return 0
