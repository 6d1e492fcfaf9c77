"""Tables and grids as HTML that can be pressed."""
