"""Feedback through nbgrader's exchange, where a student fetches a page for each notebook that was handed in, no more.

So what `index.html` says goes out at the head of the first notebook's page, and links to it lead there.
"""

import glob
import json
import re
import shutil
from contextlib import suppress
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

INDEX = "index.html"
_BODY = re.compile(r"(.*<body>\n?)(.*)(</body>.*)", re.DOTALL)
_PARTS = re.compile(r"<(/?)(?:header|main)>")


class ReleaseFeedback(ExchangeReleaseFeedback):
    """nbgrader's own, and then the pages that have a place for the index."""

    def copy_files(self):
        super().copy_files()
        left_out = self.coursedir.student_id_exclude.split(",")
        for index in map(Path, glob.glob(f"{self.src_path}/{INDEX}")):
            if index.parent.parent.name not in left_out:
                with suppress(OSError, ValueError, LookupError, AttributeError):  # no pages of the kit's
                    self._join(index)

    def _join(self, index: Path) -> None:
        folder = index.parent
        names = [name for name in json.loads((folder / "made-of.json").read_text(encoding="utf-8"))["pages"]
                 if name != INDEX]
        first, secret = names[0], (folder / "submission_secret.txt").read_text()
        for name in names:
            page = (folder / name).read_text(encoding="utf-8")
            if name == first:
                page = joined(index.read_text(encoding="utf-8"), page)
            target = Path(self.dest_path) / f"{notebook_hash(secret=secret, notebook_id=Path(name).stem)}.html"
            half = target.with_suffix(".part")
            half.write_text(page.replace(f'href="{INDEX}"', f'href="{first}"'), encoding="utf-8")
            shutil.copymode(folder / name, half)
            half.replace(target)


def joined(index: str, page: str) -> str:
    """A notebook's page with the index before it; the page alone has a header and a main part."""
    before, body, after = _BODY.fullmatch(page).groups()
    said = _PARTS.sub(r"<\1div>", _BODY.fullmatch(index)[2])
    return f'{before}<div role="region" aria-label="the whole assignment">\n{said}</div>\n<hr>\n{body}{after}'
