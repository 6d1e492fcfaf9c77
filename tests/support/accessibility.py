"""Whether a page can be used by everybody, as far as a program can tell: Deque's axe-core looks at it."""

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

# What Streamlit itself does, each by its rule and a part of its markup, with the reason that it stays.
STREAMLITS_OWN = {
    # The drop zone says "presentation" of itself and has a name; what is operated is the button in it.
    ("presentation-role-conflict", 'data-testid="stFileUploaderDropzone"'),
}


def violations(page: Page) -> list[str]:
    """What axe-core finds on a page, but for what is Streamlit's own."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']} ({violation['help']}): {node['html'][:300]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
        if not any(violation["id"] == rule and part in node["html"] for rule, part in STREAMLITS_OWN)
    ]
