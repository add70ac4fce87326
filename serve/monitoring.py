"""What the server did: a line of JSON for each request, and figures for Prometheus. Neither holds a picture or text."""

import ipaddress
import json
import os
import sys
import time

import prometheus_client
from flask import Flask, Response, abort, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.multiprocess import MultiProcessCollector

from letters.serve.settings import Settings

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


def watch(app: Flask, settings: Settings) -> None:
    """Log and count every request of a Flask app, and show the counts at /metrics.

    With PROMETHEUS_MULTIPROC_DIR set, as for gunicorn, the counts are those of all processes.
    """
    registry = CollectorRegistry()
    requests = Counter("letters_requests", "Requests", ["method", "route", "status"], registry=registry)
    seconds = Histogram("letters_request_seconds", "Time of a request", ["route"], buckets=SECONDS, registry=registry)
    refusals = Counter("letters_refusals", "Refused requests", ["code"], registry=registry)
    found = Counter("letters_found", "Letters that were read", registry=registry)
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        ProcessCollector(registry=registry)

    @app.before_request
    def start():
        g.started = time.perf_counter()

    @app.after_request
    def note(response):
        taken = time.perf_counter() - g.get("started", time.perf_counter())
        route = request.url_rule.rule if request.url_rule else "none"
        requests.labels(request.method if request.method in METHODS else "other", route, response.status_code).inc()
        seconds.labels(route).observe(taken)
        if refused := g.get("refused"):
            refusals.labels(refused).inc()
        found.inc(g.get("letters", 0))
        if settings.access_log == "on":
            _log(response, taken)
        return response

    @app.get("/metrics")
    def metrics():
        if settings.metrics == "off" or (settings.metrics == "local" and not _local()):
            abort(404)
        source = registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            MultiProcessCollector(source := CollectorRegistry())
        return Response(prometheus_client.generate_latest(source), content_type=prometheus_client.CONTENT_TYPE_LATEST)


def _local():
    """Whether the request comes from this machine, and not by way of a proxy on it."""
    try:
        here = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:  # a Unix socket has no address
        here = False
    return here and not {"X-Forwarded-For", "Forwarded"} & set(request.headers.keys())


def _log(response, taken):
    line = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "client": request.remote_addr,
        "method": request.method[:20],
        "path": request.path[:200],
        "status": response.status_code,
        "received": request.content_length or 0,
        "ms": round(1000 * taken, 1),
    }
    for name in ("refused", "letters"):
        if name in g:
            line[name] = g.get(name)
    print(json.dumps(line), file=sys.stderr, flush=True)
