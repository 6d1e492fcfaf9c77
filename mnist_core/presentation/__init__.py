"""Charts, tables, reports: data in, picture out, without Streamlit."""
