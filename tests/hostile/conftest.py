"""The pages without a browser, for these tests, too."""

from tests.pages.conftest import engine as engine
from tests.pages.conftest import open_page as open_page
