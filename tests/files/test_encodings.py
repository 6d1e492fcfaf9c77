import pytest

from mnist_core.files.encodings import encoding_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_can_be_read_by_what_its_first_bytes_tell(encoding: str) -> None:
    content = "label,1x1".encode(encoding)
    assert content.decode(encoding_of(content[:4])) == "label,1x1"


@pytest.mark.parametrize("start", [b"", b"5", b"\0\0", b"\0\0\0\0"])
def test_whatever_it_begins_with_there_is_an_answer(start: bytes) -> None:
    assert encoding_of(start) == "utf-8"
