"""The pages without a browser, as the tests of pages have them."""

from tests.pages.conftest import engine, open_page

__all__ = ["engine", "open_page"]
