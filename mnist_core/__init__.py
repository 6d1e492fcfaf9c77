"""Everything of Digit Lab that is not a page; a package imports only what stands below it in README's tree."""

__version__ = "0.1.0"
