"""Tables as spreadsheets and platforms write them, to read and to change: every byte that is not set stays.

Encoding, byte order mark, separator, line ends, quotes, blanks and rows of other lengths are those of the file.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from grading.errors import KitError

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
MOST = 64 * 2**20                  # bytes of a table
_SEPARATORS = ",;\t"


@dataclass
class Cell:
    """A field: as it stands in the file, and what it says."""

    raw: str
    value: str


@dataclass
class Sheet:
    """A table. rows: of cells; ends: what ends each row, "" for a last one without a line end."""

    name: str
    encoding: str
    mark: bytes
    separator: str
    rows: list[list[Cell]]
    ends: list[str]
    before: str = ""                                             # Excel's line `sep=;`
    _set: set[tuple[int, int]] = field(default_factory=set)

    @property
    def header(self) -> list[str]:
        return [cell.value for cell in self.rows[0]] if self.rows else []

    def value(self, row: int, column: int) -> str:
        """"" where the row is too short."""
        cells = self.rows[row]
        return cells[column].value if column < len(cells) else ""

    def set(self, row: int, column: int, value: str) -> None:
        cells = self.rows[row]
        while len(cells) <= column:
            cells.append(Cell("", ""))
        if cells[column].value != value:
            cells[column] = Cell(self._quoted(value, cells[column].raw.startswith('"')), value)

    def add_column(self, name: str) -> int:
        column = max(map(len, self.rows))
        self.set(0, column, name)
        return column

    def add_row(self, values: dict[int, str]) -> None:
        if self.ends and not self.ends[-1]:
            self.ends[-1] = self._end()
        self.rows.append([Cell("", "") for _ in self.header])
        self.ends.append(self._end())
        for column, value in values.items():
            self.set(len(self.rows) - 1, column, value)

    def drop_row(self, row: int) -> None:
        del self.rows[row], self.ends[row]

    def to_bytes(self) -> bytes:
        """Raises KitError when what was set cannot be said in the file's encoding."""
        text = self.before + "".join(self.separator.join(cell.raw for cell in cells) + end
                                     for cells, end in zip(self.rows, self.ends, strict=True))
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise KitError(f"{self.name} is written in {self.encoding}, which has no {text[error.start]!r}. Save it as "
                           "UTF-8, then run this again.") from None

    def _end(self) -> str:
        return next((end for end in self.ends if end), "\n")

    def _quoted(self, value: str, quoted: bool) -> str:
        if quoted or any(sign in value for sign in (self.separator, '"', "\r", "\n")) or value != value.strip():
            return '"' + value.replace('"', '""') + '"'
        return value


def read(path: Path, blanks: bool = False) -> Sheet:
    """Raises KitError for a file that is no such table."""
    try:
        with path.open("rb") as file:                            # or a pipe, or a device that never ends
            content = file.read(MOST + 1)
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror}. Give a table saved as CSV.") from None
    if len(content) > MOST:
        raise KitError(f"{path} has more than {MOST // 2**20} MB, and is no table of a class. Name another file.")
    if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise KitError(f"{path} is a spreadsheet's own file (.xlsx or .xls). Save it as CSV, then give that.")
    return parse(content, str(path), blanks)


def parse(content: bytes, name: str, blanks: bool = False) -> Sheet:
    """- blanks: a field's quotes may stand behind some, as people type them"""
    mark, encoding, text = _decoded(content, name)
    before = ""
    if found := re.match(r"sep=([^\r\n])(?:\r\n|\r|\n)", text):
        before, separator = found[0], found[1]
    else:
        separator = _separator(text)
    rows, ends = _scan(text[len(before):], separator, blanks)
    return Sheet(name, encoding, mark, separator, rows, ends, before)


def _decoded(content: bytes, name: str) -> tuple[bytes, str, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            with suppress(UnicodeDecodeError):
                return mark, encoding, content[len(mark):].decode(encoding)
            raise KitError(f"{name} begins as {encoding} and goes on as something else. Save it once more as CSV.")
    wide = b"\0" in content[:200]
    for encoding in ("utf-16-le", "utf-16-be") if wide else ("utf-8", "cp1252", "latin-1"):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" not in text and text.encode(encoding) == content and not (
                    wide and set(text).isdisjoint(f"{_SEPARATORS}\r\n")):              # read in pairs, it is anything
                return b"", encoding, text
    raise KitError(f"{name} is no table that can be read. Give one saved as CSV.")


def _separator(text: str) -> str:
    """The one that the first row has most of, outside quotes."""
    first = re.match(r'(?:"(?:[^"]|"")*"|[^"\r\n]|")*', text.lstrip("\r\n"))[0]
    bare = re.sub(r'"(?:[^"]|"")*"', "", first)
    return max(_SEPARATORS, key=bare.count)


def _scan(text: str, separator: str, blanks: bool) -> tuple[list[list[Cell]], list[str]]:
    """As RFC 4180 and Python's csv read it: a quote opens a field only at its beginning."""
    rows: list[list[Cell]] = []
    ends: list[str] = []
    cells: list[Cell] = []
    one = re.compile((" *" if blanks else "") + r'("(?:[^"]|"")*(?:"|\Z))?([^\r\n' + re.escape(separator) + r"]*)")
    position = 0
    while position < len(text) or cells:
        found = one.match(text, position)
        quoted, rest = found[1], found[2]
        value = rest
        if quoted is not None:
            inner = quoted[1:-1] if len(quoted) > 1 and quoted.endswith('"') else quoted[1:]
            value = inner.replace('""', '"') + rest
        cells.append(Cell(found[0], value))
        position = found.end()
        if text[position:position + 1] == separator:
            position += 1
            continue
        end = re.compile(r"\r\n|\r|\n|").match(text, position)[0]
        rows.append(cells)
        ends.append(end)
        cells, position = [], position + len(end)
    return rows, ends


def write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise KitError(f"{path} cannot be written: {path.parent} is no folder. Name another file.") from None
    if path.is_dir():
        raise KitError(f"{path} is a folder. Name a file.")
    if path.exists() and not path.is_file():                     # a terminal, a pipe
        path.write_bytes(content)
        return
    half = path.with_name(f".{path.name}.part")
    try:
        half.write_bytes(content)
        half.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(half, path)
    except OSError:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise
