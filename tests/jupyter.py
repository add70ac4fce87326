"""A JupyterLab of its own for the tests: free port, no token, nothing of the user's settings, nothing from outside."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(folder, log, theme="JupyterLab Light"):
    """Serve `folder` in JupyterLab while it lasts; gives its address. log: the file for what the server says.

    Raises RuntimeError, with the log, where the server does not start.
    """
    home = Path(log).parent / "jupyter-home"
    settings = home / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab" / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "lab" / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *(f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--LabApp.extension_manager=readonly", f"--ServerApp.root_dir={folder}"),
    ]
    with Path(log).open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=folder)
        try:
            _wait_until_it_answers(server, f"http://127.0.0.1:{port}/api/status", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_until_it_answers(server, url, log):
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab does not start:\n{Path(log).read_text()[-3000:]}") from error
            time.sleep(0.2)


def open_notebook(page, url, name):
    """Open a notebook in a Playwright page and run all its cells."""
    page.goto(f"{url}/lab/tree/{name}?reset")
    page.get_by_text("(ipykernel) | Idle").wait_for(timeout=60_000)  # the kernel is there
    execute(page, "notebook:run-all-cells")


def execute(page, command, **arguments):
    """Run a command of JupyterLab, as its menus do, and wait for its end, a minute at most."""
    page.evaluate(
        """([command, options]) => Promise.race([
            window.jupyterapp.commands.execute(command, options),
            new Promise((_, fail) => setTimeout(() => fail(new Error(`${command} does not end`)), 60000)),
        ]).then(() => null)""",
        [command, arguments],
    )
