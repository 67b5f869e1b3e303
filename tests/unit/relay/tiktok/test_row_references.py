"""Row references: the rows that TikTok's words name, and no more."""

from hypothesis import given
from hypothesis import strategies as st

from relay.tiktok.row_references import MAX_ROW, parse_failed_events, parse_message
from tests.support.rows import every_row


@every_row(
    ("message", "rows"),
    [
        ("Batch.0.properties.contents.0.content_id: Not a valid string", (0,)),
        ("Batch.417.event_id: Not a valid string", (417,)),
        ("Batch.3.user: no; Batch.1.user: no; Batch.3.page: no", (3, 1)),
        ("data[2].event_time is required", (2,)),
        ("data.2.event_time is required", (2,)),
        ("Invalid item at index 3", (3,)),
        ("invalid item, index: 12", (12,)),
        ("Row 5 is no good", (5,)),
        ("Not a valid value", ()),
        ("properties.contents.0.content_id: Not a valid string", ()),
        ("Batch.12345: more than there can be", ()),
        ("subindex 3", ()),
        ("", ()),
    ],
)
def test_message_names_rows(message: str, rows: tuple[int, ...]) -> None:
    assert parse_message(message) == rows


@given(st.text())
def test_any_words_are_read(message: str) -> None:
    assert all(0 <= row <= 9999 for row in parse_message(message))


@given(st.lists(st.none() | st.integers() | st.text() | st.dictionaries(st.just("index"), st.integers())))
def test_any_list_is_read(failed: list[object]) -> None:
    rows = parse_failed_events(failed)
    assert len(rows) <= len(failed)
    assert all(0 <= row <= MAX_ROW for row in rows)


def test_list_without_an_index_is_read_by_its_words() -> None:
    assert parse_failed_events([{"index": True, "message": "Batch.4: no"}, {"index": 2}, {"index": 2}]) == (
        4,
        2,
    )
