"""A page in a real browser, as wide as a phone."""

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--allow-file-access-from-files --enable-logging=stderr --v=0 --dump-dom"
)
FRAME = (
    "<iframe src='report.html' width='390' height='900' style='border:0'></iframe>"
    "<script>onload = () => { const page = frames[0].document.documentElement;"
    "const width = `${page.scrollWidth} of ${page.clientWidth}`;"
    "document.title = `${frames[0].document.title}: ${width}`; }</script>"
)


def on_a_phone(page: str, folder: Path) -> tuple[str, str]:
    """Show a page.

    Args:
        page: the HTML.
        folder: where it is written.

    Returns:
        Its title with its width in pixels and that of the window; what the browser logs.
    """
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no chromium is installed; the page is looked at in a real browser with it")
    (folder / "report.html").write_text(page, encoding="utf-8")
    (folder / "frame.html").write_text(FRAME, encoding="utf-8")
    shown = subprocess.run(
        [
            browser,
            *OPTIONS.split(),
            f"--user-data-dir={folder / 'profile'}",
            (folder / "frame.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (title,) = re.findall(r"<title>(.*?)</title>", shown.stdout)
    return unescape(title), shown.stderr
