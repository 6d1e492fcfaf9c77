"""A model that answers in a browser: its bytes on the wire, the scripts that read them, and a page of both."""
