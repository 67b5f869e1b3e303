"""Generated blocks: their own text is written again, and everything else of a page stays."""

from tools.generated_blocks import block_names, fill

PAGE = "a\n<!-- made: one -->\nold\n<!-- end -->\nb\n<!-- made: two -->\nkept\n<!-- end -->\nc <!-- end -->\n"


def test_a_named_block_is_written_again_and_the_rest_stays() -> None:
    assert fill(PAGE, {"one": lambda: "new\\1\n"}) == PAGE.replace("old\n", "new\\1\n")


def test_every_block_has_its_name() -> None:
    assert block_names(PAGE) == {"one", "two"}
