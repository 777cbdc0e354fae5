"""Tables as CSV files that spreadsheets and statistics programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class TableError(Exception):
    """A table that cannot be read; the message names the file, and the line if there is one."""


def cell(value: Any) -> str:
    """A value as a cell: numbers with a point, flags as 1 and 0, None empty.

    A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return format(value, ".6g")
    text = str(value)
    return "'" + text if isinstance(value, str) and text.startswith(_FORMULA) else text


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV with a header line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table.

    Raises:
        OSError: It cannot be written.
    """
    path.write_text(csv_text(columns, rows), encoding="utf-8")


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """All keys of some rows; a key stands after the one it follows in its row."""
    columns: list[str] = []
    for row in rows:
        place = 0
        for name in row:
            if name in columns:
                place = columns.index(name) + 1
            else:
                columns.insert(place, name)
                place += 1
    return columns


def read_csv(path: Path, needed: Iterable[str] = ()) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file by their header, with line numbers; comma, semicolon or tab; no empty rows.

    Raises:
        TableError: It cannot be read, has no header, lacks a needed column or names one twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise TableError(f"{path}: this is no text in UTF-8") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        header = [name.strip() for name in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader if any(value.strip() for value in row)]
    except csv.Error as error:
        raise TableError(f"{path}: {error}") from None
    missing = [name for name in needed if name not in header]
    if missing:
        raise TableError(f"{path}: the first line names the columns; {', '.join(missing)} is missing")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise TableError(f"{path}: column {', '.join(twice)} stands there twice")
    for line, row in rows:
        if len(row) > len(header):
            raise TableError(f"{path}:{line}: this row has more cells than the first line names")
    return [
        (line, {name: value.strip() for name, value in zip(header, row, strict=False) if name})
        for line, row in rows
    ]
