"""Readers: the records of a file, one after the other, each with the position behind it.

A position is a byte offset (of the uncompressed data), or a row number for Parquet: reading goes on from
there without reading what comes before into memory.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from relay_cli.errors import CliError

Form = Literal["lines", "array", "csv", "parquet"]

CHUNK_BYTES: Final[int] = 1 << 20
MAX_RECORD_BYTES: Final[int] = 16 << 20
MAX_DOCUMENT_BYTES: Final[int] = 64 << 20
"""Of a JSON document that wraps its records, which has to be read as a whole."""

PARQUET_ROWS: Final[int] = 2_000
FIELD_BYTES: Final[int] = 4 << 20

WRAPPERS: Final[tuple[str, ...]] = ("orders", "data", "events")
"""Members under which an API wraps its records: Shopify's, Stripe's, ours."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its number in the file from 1, the position behind it, what it holds, or what is wrong."""

    number: int
    position: int
    value: dict[str, Any]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: its form, its columns where it has some, and where its records begin."""

    path: Path
    form: Form
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    start: int = 0
    encoding: str = "utf-8"


def open_source(path: Path) -> Source:
    """Recognise a file. Raises CliError where it can't be read or is none of the forms."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        return Source(path, "parquet", _parquet_columns(path))
    try:
        with _opened(path) as opened:
            head = opened.read(CHUNK_BYTES)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise CliError(
            f"{path} can't be read: {getattr(error, 'strerror', None) or error}", "file"
        ) from error
    bom = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    first = head[bom:].lstrip()
    if not first:
        raise CliError(f"{path} is empty.", "file")
    if first.startswith(b"{"):
        return Source(path, "lines", start=bom)
    if first.startswith(b"["):
        return Source(path, "array", start=bom + len(head[bom:]) - len(first) + 1)
    return _csv_source(path, head, bom)


def _csv_source(path: Path, head: bytes, bom: int) -> Source:
    try:
        line = head[bom:].decode("utf-8", "strict" if len(head) < CHUNK_BYTES else "ignore")
        encoding = "utf-8"
    except UnicodeDecodeError:
        # Spreadsheets of the West still write this one.
        line, encoding = head.decode("cp1252", "replace"), "cp1252"
    first = line.splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    columns = tuple(column.strip() for column in next(csv.reader(io.StringIO(line), delimiter=delimiter)))
    if len(columns) < 2:
        raise CliError(f"{path} is neither JSON nor a CSV file with a line of columns.", "file")
    return Source(path, "csv", columns, delimiter, bom, encoding)


def records(source: Source, position: int = 0, number: int = 0) -> Iterator[Record]:
    """The records behind a position; `number` is that of the last one before it. Raises CliError."""
    try:
        if source.form == "parquet":
            yield from _parquet(source, position, number)
            return
        with _opened(source.path) as opened:
            if source.form == "lines":
                yield from _lines(opened, max(position, source.start), number)
            elif source.form == "array":
                yield from _array(opened, max(position, source.start), number)
            else:
                yield from _rows(opened, source, position, number)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise CliError(f"{source.path} can't be read any further: {reason}", "file") from error


def _opened(path: Path) -> BinaryIO:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path)  # type: ignore[return-value]  # a GzipFile reads like a file
    return path.open("rb")


# ── JSON ───────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(opened: BinaryIO, position: int, number: int) -> Iterator[Record]:
    opened.seek(position)
    while line := opened.readline(MAX_RECORD_BYTES):
        position += len(line)
        if not line.strip():
            continue
        number += 1
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            if number == 1 and position < MAX_DOCUMENT_BYTES:
                # Not JSON Lines after all: one document, written for people.
                yield from _document(opened, position - len(line))
                return
            yield Record(number, position, {}, "not JSON")
            continue
        if number == 1 and (wrapped := unwrap(value)) is not None:
            yield from _listed(wrapped, position)
            return
        yield _record(number, position, value)


def _document(opened: BinaryIO, position: int) -> Iterator[Record]:
    opened.seek(position)
    raw = opened.read(MAX_DOCUMENT_BYTES + 1)
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise CliError(
            "The file is one JSON document of more than 64 MB. Write its records one a line.", "file"
        )
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise CliError(f"The file is not JSON: {error}", "file") from error
    wrapped = unwrap(value)
    yield from _listed(wrapped if wrapped is not None else [value], position + len(raw))


def unwrap(value: object) -> list[Any] | None:
    """The records that an API's response wraps; None where the value is a record itself."""
    if not isinstance(value, dict) or "id" in value or "event" in value:
        return None
    for name in WRAPPERS:
        if isinstance(value.get(name), list):
            listed: list[Any] = value[name]
            return listed
    return None


def _listed(values: Sequence[Any], position: int) -> Iterator[Record]:
    """Records of one document: the position is behind it all only with the last one."""
    for number, value in enumerate(values, 1):
        yield _record(number, position if number == len(values) else 0, value)


def _record(number: int, position: int, value: object) -> Record:
    if isinstance(value, dict):
        return Record(number, position, value)
    return Record(number, position, {}, "not a JSON object")


_DECODER: Final = json.JSONDecoder()


def _array(opened: BinaryIO, position: int, number: int) -> Iterator[Record]:
    """The elements of a JSON array, decoded one by one from a window of the file."""
    opened.seek(position)
    window, base, ended = b"", position, False
    while True:
        stripped = window.lstrip(b" \t\r\n,")
        base += len(window) - len(stripped)
        window = stripped
        if window.startswith(b"]"):
            return
        size = _element(window)
        if size is None:
            if ended:
                if window:
                    yield Record(number + 1, base + len(window), {}, "the array is cut off here")
                return
            if len(window) > MAX_RECORD_BYTES:
                raise CliError(f"Record {number + 1} has more than 16 MB.", "file")
            more = opened.read(CHUNK_BYTES)
            window, ended = window + more, not more
            continue
        number += 1
        value = json.loads(window[:size])
        base += size
        window = window[size:]
        yield _record(number, base, value)


def _element(window: bytes) -> int | None:
    """The length in bytes of the JSON value that a window begins with; None where it is not whole."""
    if not window:
        return None
    text = window.decode("utf-8", "ignore")
    try:
        _, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    if end == len(text) and text[-1] not in '}]"':
        return None
    return len(text[:end].encode())


# ── CSV ────────────────────────────────────────────────────────────────────────────────────────────────────


class _Counted:
    """The lines of a file as text, and how many bytes of them were taken."""

    def __init__(self, opened: BinaryIO, encoding: str, position: int) -> None:
        self._opened, self._encoding, self.position = opened, encoding, position

    def __iter__(self) -> Iterator[str]:
        while line := self._opened.readline(MAX_RECORD_BYTES):
            self.position += len(line)
            yield line.decode(self._encoding, "replace")


def _rows(opened: BinaryIO, source: Source, position: int, number: int) -> Iterator[Record]:
    csv.field_size_limit(FIELD_BYTES)
    start = max(position, source.start)
    opened.seek(start)
    counted = _Counted(opened, source.encoding, start)
    # csv takes exactly the lines that a row needs, so what was taken is where the row ends.
    rows = csv.reader(counted, delimiter=source.delimiter)
    header = position <= source.start
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Record(number, counted.position, {}, f"not a CSV row: {error}")
            continue
        if header:
            header = False
            continue
        if not any(row):
            continue
        number += 1
        if len(row) > len(source.columns) and any(row[len(source.columns) :]):
            yield Record(number, counted.position, {}, f"{len(row)} fields; {len(source.columns)} columns")
            continue
        yield Record(number, counted.position, dict(zip(source.columns, row, strict=False)))


# ── Parquet ────────────────────────────────────────────────────────────────────────────────────────────────


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise CliError(
            "Parquet files need the extra `parquet`: install tiktok-events-relay[parquet].", "no_parquet"
        ) from None
    connection = duckdb.connect(":memory:")
    connection.execute("SET memory_limit = '256MB'")
    connection.execute("SET threads = 1")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _parquet_columns(path: Path) -> tuple[str, ...]:
    connection = _duckdb()
    try:
        found = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    except Exception as error:
        if not type(error).__module__.startswith(("duckdb", "_duckdb")):
            raise
        raise CliError(f"{path} can't be read: it is not a Parquet file.", "file") from error
    finally:
        connection.close()
    return tuple(row[0] for row in found)


def _parquet(source: Source, position: int, number: int) -> Iterator[Record]:
    connection = _duckdb()
    try:
        query = "SELECT * FROM read_parquet(?) OFFSET ?"
        cursor = connection.execute(query, [str(source.path), position])
        while rows := cursor.fetchmany(PARQUET_ROWS):
            for row in rows:
                position += 1
                number += 1
                yield Record(number, position, dict(zip(source.columns, map(_plain, row), strict=True)))
    finally:
        connection.close()


def _plain(value: Any) -> Any:
    """A value as JSON would have it: a date becomes ISO 8601, a decimal a number."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ == "Decimal":
        return float(value)
    return value
