"""Names that somebody may choose, and that would be more than letters where one took them for markup."""

NAMES = (
    "<img src=x onerror=a()>",
    "[a](http://evil.ex)",
    "![a](http://evil.ex/b)",
    "http://evil.ex/a",
    "www.evil.ex",
    "me@evil.ex",
    "$x^2$ $$y$$",
    ":material/pest_control:",
    ":smile: :red[x] :blue",
    "# Big",
    "- list",
    "1. list",
    "> quote",
    "**b** _i_ `c` ~~d~~",
    "&lt;b&gt; &copy;",
    "<!-- a -->",
    "a\\*b",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "{{ 7 * 7 }} {name}",
)
