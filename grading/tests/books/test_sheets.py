"""Tables as others write them: read as Python's csv reads them, and unchanged but for what is set."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.books import sheets
from grading.errors import KitError

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",;\t\n\r =+0.'), max_size=8)
ROWS = st.lists(st.lists(TEXT, min_size=2, max_size=5), min_size=1, max_size=5)


@st.composite
def files(draw):
    """(the file's bytes, its text without the mark, the separator)."""
    separator, end = draw(st.sampled_from(",;\t")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    text = io.StringIO(newline="")
    written = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)
    written.writerow(["Student", "ID", "Grade"])
    written.writerows(draw(ROWS))
    text = text.getvalue()
    text = text[:-len(end)] if draw(st.booleans()) else text
    mark, encoding = draw(st.sampled_from([(b"", "utf-8"), (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"),
                                           (b"\xfe\xff", "utf-16-be")]))
    return mark + text.encode(encoding), text, separator


def by_csv(text, separator):
    return [row or [""] for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]


@settings(max_examples=200, deadline=None)
@given(files(), st.data())
def test_a_sheet_reads_as_csv_reads_it_and_only_what_is_set_changes(file, data):
    content, text, separator = file
    sheet = sheets.parse(content, "sheet.csv")
    expected = by_csv(text, separator)
    assert sheet.separator == separator and [[cell.value for cell in row] for row in sheet.rows] == expected
    assert sheet.to_bytes() == content
    row = data.draw(st.integers(0, len(expected) - 1))
    column = data.draw(st.integers(0, len(expected[row]) - 1))
    value = data.draw(TEXT)
    before = [[cell.raw for cell in cells] for cells in sheet.rows]
    sheet.set(row, column, value)
    after = [[cell.raw for cell in cells] for cells in sheet.rows]
    changed = {(r, c) for r, cells in enumerate(after) for c, raw in enumerate(cells) if raw != before[r][c]}
    assert changed <= {(row, column)}
    expected[row][column] = value
    if expected[row] != [""]:
        again = sheet.to_bytes()[len(sheet.mark):].decode(sheet.encoding)
        assert by_csv(again, separator) == expected


@pytest.mark.parametrize("content", ["name;x\nMüller;1\n".encode("cp1252"), b"sep=;\na;b\r\n1,5;2\r\n", b"a,b",
                                     b"\n\na\n", "a\tb\n".encode("utf-16-le")])
def test_other_files_are_kept_as_they_are_too(content):
    sheet = sheets.parse(content, "sheet.csv")
    assert sheet.to_bytes() == content
    sheet.set(len(sheet.rows) - 1, 1, "7.5")
    assert sheets.parse(sheet.to_bytes(), "again").value(len(sheet.rows) - 1, 1) == "7.5"


def test_what_an_encoding_cannot_say_is_a_sentence_and_so_is_a_workbook(tmp_path):
    sheet = sheets.parse("Müller,\n".encode("cp1252"), "old.csv")
    sheet.set(0, 1, "王")
    with pytest.raises(KitError, match=r"old.csv is written in cp1252, which has no '王'"):
        sheet.to_bytes()
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(KitError, match="Save it as CSV"):
        sheets.read(tmp_path / "book.xlsx")


def test_a_zero_byte_makes_no_letters_of_other_scripts_out_of_a_file():
    with pytest.raises(KitError, match="is no table that can be read"):
        sheets.parse(b"id;name\nann;\x00x\nbob;Bob\n", "roster.csv")
