"""Images that nobody drew: rare styles, non-digits, photographs of paper."""
