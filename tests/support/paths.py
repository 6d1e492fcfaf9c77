"""Where the checkout lies, for tests of files that are not in the package."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
