"""Documents: one body a file, or one a line, compressed or not."""

import gzip
from pathlib import Path

from relay_cli.documents import SUFFIXES, find_files, read_documents
from tests.support.rows import every_row

TWO = b'{"a": 1}\n\n[2]\n'


@every_row(
    "name, content, documents",
    [
        *((f"a{suffix}", TWO, [(1, b'{"a": 1}'), (3, b"[2]")]) for suffix in SUFFIXES),
        ("a", b'[{"a": 1}]\n{"b": 2}\n', [(1, b'[{"a": 1}]'), (2, b'{"b": 2}')]),
        ("a.json", b'{\n"a": 1}\n', [(1, b'{\n"a": 1}\n')]),
        ("a.json", b'{"a": 1}\n', [(1, b'{"a": 1}\n')]),
        ("a.jsonl", b'{"a":\n1}\n', [(1, b'{"a":'), (2, b"1}")]),
        ("a.ndjson.gz", b'{"a":\n1}\n', [(1, b'{"a":'), (2, b"1}")]),
    ],
)
def test_each_body_of_a_file_is_a_document_with_its_line(
    name: str, content: bytes, documents: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert [(document.line, document.raw) for document in read_documents(str(file))] == documents


@every_row("suffix", SUFFIXES)
def test_folder_is_searched_for_files_of_every_form(suffix: str, tmp_path: Path) -> None:
    folder = tmp_path / suffix
    folder.mkdir()
    for name in ("b.txt", f"a{suffix}", "c.json.bak"):
        (folder / name).touch()
    assert find_files([str(folder)]) == [str(folder / f"a{suffix}")]
