"""Serves with a process a core: python -m gunicorn --config serve/gunicorn.conf.py

It reads the same settings as `letters serve`, and WEB_CONCURRENCY: the number of processes.
"""

import gc
import os
import shutil
import tempfile

from letters.serve import memory
from letters.serve.settings import Settings

FIGURES = "PROMETHEUS_MULTIPROC_DIR"  # where processes add up what /metrics shows

settings = Settings.from_environment()
memory.keep_small()
own_figures = FIGURES not in os.environ and tempfile.mkdtemp(prefix="letters-")
os.environ.setdefault(FIGURES, str(own_figures))

wsgi_app = "letters.serve.app:create_app()"
bind = f"{settings.host}:{settings.port}"
workers = int(os.environ.get("WEB_CONCURRENCY", os.cpu_count()))
threads = settings.threads
preload_app = True  # the network is loaded once, and what no process writes to is in memory once
reuse_port = True  # the system deals the connections out; else one process may take them all
keepalive = 30  # s that a connection may be idle
loglevel = "warning"


def when_ready(server):
    gc.collect()
    gc.freeze()  # so that no process writes to what all share, only to look for garbage


def on_exit(server):
    if own_figures:
        shutil.rmtree(own_figures)
