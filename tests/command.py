"""The server as its own process, for tests that start and stop it."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVE = ("-m", "letters", "serve")
GUNICORN = ("-m", "gunicorn", "--config", "serve/gunicorn.conf.py")


def start(port, command=SERVE, **settings):
    """A server's process, which is still starting."""
    environment = {**os.environ, "LETTERS_PORT": str(port), **settings}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, **pipes)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for(port):
    """Wait until something listens."""
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nothing listens")
