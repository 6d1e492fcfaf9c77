"""What Streamlit shows: what every page uses at the root, then a folder a page."""
