from mnist_core import language
from mnist_core.presentation import class_sheet


def test_the_sheet_is_a_pdf_for_screen_readers_too_and_the_same_each_time() -> None:
    content = class_sheet.render()
    assert content.startswith(b"%PDF-") and content == class_sheet.render()
    assert b"/StructTreeRoot" in content
    with language.speaking("de"):
        german = class_sheet.render()
    assert b"/Lang(de)" in german and b"/Lang(de)" not in content
