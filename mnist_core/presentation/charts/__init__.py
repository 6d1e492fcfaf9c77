"""Charts as Vega-Lite specifications, one subject a file."""
