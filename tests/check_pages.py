"""`make check-pages`: Lighthouse looks at the pages that strangers see first; every part must reach 95 of 100.

Not a test: it wants a quiet machine. Lighthouse itself comes through npm when it is asked for and is no part of the
product.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.journeys.browsing import chromium_path
from web.commands.output import progress, say
from web.commands.process import free_port
from web.commands.town import running_town

LIGHTHOUSE = ["npm", "exec", "--yes", "--package=lighthouse@13", "--", "lighthouse"]
PAGES = {"home": "/", "service": "/services/ac/ac_service", "booking": "/book/ac_service"}
LANGUAGES = ("en", "bn")
WANTED = 95


def scores(url: str, report: Path) -> dict[str, int]:
    """The parts of one page, each from 0 to 100."""
    flags = ["--quiet", "--output=json", f"--output-path={report}", "--chrome-flags=--headless=new --no-sandbox"]
    quiet = {"CHROME_PATH": chromium_path() or "", "PUPPETEER_SKIP_DOWNLOAD": "1", "CHROMEDRIVER_SKIP_DOWNLOAD": "true"}
    subprocess.run([*LIGHTHOUSE, url, *flags], check=True, env=os.environ | quiet, stdout=subprocess.DEVNULL)
    parts = json.loads(report.read_text())["categories"]
    return {name: round(100 * part["score"]) for name, part in parts.items()}


def main() -> int:
    """Print every page's scores; the exit code is 1 when one of them is too low."""
    if chromium_path() is None:
        progress("Lighthouse needs a Chromium: install it, or name it in KARIGAR_CHROMIUM.")
        return 2
    low = 0
    with tempfile.TemporaryDirectory(prefix="karigar-pages-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # the database's user must be able to enter
        with running_town(home / "town", town="dhaka", port=free_port()) as town:
            for name, path in PAGES.items():
                for language in LANGUAGES:
                    found = scores(f"{town.url}{path}?language={language}", home / "report.json")
                    low += sum(score < WANTED for score in found.values())
                    say(f"{name:<8} {language}  " + "  ".join(f"{part} {score}" for part, score in found.items()))
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
