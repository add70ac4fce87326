"""The browser of the tests: find a Chromium or Chrome that starts, and install one where there is none.

`python tests/chromium.py` prints the path of the browser, after installing one if need be. Where there is
none and none can be installed, it ends with status 1 and a message that says what to do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# on PATH, in the order they are looked for
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# where macOS keeps them
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ADVICE = (
    "the page and notebook tests need Chromium or Chrome.\n"
    "Install one, e.g. with\n"
    "    sudo apt-get install chromium                               on Debian\n"
    "    sudo .venv/bin/python -m playwright install-deps chromium   on Ubuntu, then make test again\n"
    "    brew install --cask google-chrome                           on macOS\n"
    "or say where it is: CHROMIUM=/path/to/chrome make test"
)


def chromium_path():
    """The path of a browser that starts, or None: the one that $CHROMIUM names, else one on PATH, else one of
    macOS's applications, else Playwright's own.

    Raises FileNotFoundError where $CHROMIUM names no browser that starts: another is not what was asked for.
    """
    if chosen := os.environ.get("CHROMIUM"):
        if (path := shutil.which(chosen)) and _starts(path):
            return path
        raise FileNotFoundError(f"CHROMIUM={chosen} is no browser that starts; correct it, or leave it unset")
    on_path = filter(None, map(shutil.which, NAMES))
    installed = filter(os.path.exists, APPLICATIONS)
    return next((path for path in (*on_path, *installed) if _starts(path)), None) or _playwrights_own()


def _starts(path):
    """Whether it is a browser: Ubuntu's /usr/bin/chromium-browser may be a script that asks for a snap."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "Chrom" in answer.stdout


def _playwrights_own():
    # in a process of its own, as Playwright's blocking interface cannot be used twice in one
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    path = answer.stdout.strip()
    return path if answer.returncode == 0 and Path(path).exists() and _starts(path) else None


def _install():
    """Install a browser, showing what the installer says. Whether it worked is for `chromium_path` to see."""
    root = sys.platform == "linux" and os.geteuid() == 0
    if root and _distribution() == "debian":  # Ubuntu's package is an empty one that asks for a snap
        apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if _run([*apt, "update"], quiet) and _run([*apt, "install", "-y", "chromium"], quiet):
            return
    with_libraries = ["--with-deps"] if root and shutil.which("apt-get") else []
    _run([sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"])


def _run(command, environment=None):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment)
    except OSError as error:
        print(error, file=sys.stderr)
        return False
    return done.returncode == 0


def _distribution():
    release = Path("/etc/os-release")
    lines = release.read_text().splitlines() if release.exists() else []
    return next((line[3:].strip('"') for line in lines if line.startswith("ID=")), "")


def main():
    try:
        path = chromium_path()
        if path is None:
            print("no Chromium or Chrome found; installing one", file=sys.stderr)
            _install()
            path = chromium_path()
    except FileNotFoundError as error:
        sys.exit(str(error))
    if path is None:
        sys.exit(ADVICE)
    print(path)


if __name__ == "__main__":
    main()
