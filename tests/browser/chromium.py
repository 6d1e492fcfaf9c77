"""Finds a Chromium for the browser tests; `python -m tests.browser.chromium` gets one where there is none.

It also gets poppler's `pdftoppm`, which draws PDF files for the tests of the report, where that can be done.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
APPLICATIONS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)


def find() -> str | None:
    """Returns the path of an installed Chrome or Chromium, or of Playwright's own, or None."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES, *APPLICATIONS):
        if name and (path := shutil.which(name)):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Gets a Chromium: Playwright's own download, else Debian's package where we are root."""
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(download, check=False).returncode == 0 and find():
        return
    install_package("chromium")


def install_package(name: str) -> None:
    """Installs a package of Debian's where we are root, and does nothing elsewhere."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", name]):
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    if not find():
        install()
    path = find()
    if not path:
        sys.exit("The browser tests need Chrome or Chromium; install one, or name it in $CHROMIUM.")
    print(f"Browser tests use {path}")
    if not shutil.which("pdftoppm"):
        with contextlib.suppress(subprocess.CalledProcessError):  # the tests that need it skip, and say so
            install_package("poppler-utils")
