# The page: docker build -t letters . && docker run --read-only --tmpfs /tmp -p 127.0.0.1:5000:5000 letters
# Its commands were run one by one, read-only and non-root; no image has been built from it yet.
FROM python:3.11-slim AS build
RUN python -m venv /opt/letters
ENV PATH=/opt/letters/bin:$PATH
WORKDIR /build
COPY requirements-serve.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements-serve.lock
COPY pyproject.toml README.md LICENSE NOTICE.md ./
COPY lib lib
COPY serve serve
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && pip uninstall --yes setuptools pip

FROM python:3.11-slim
COPY --from=build /opt/letters /opt/letters
# 0.0.0.0 is the container's own network: which addresses reach it is up to docker run --publish
ENV PATH=/opt/letters/bin:$PATH PYTHONDONTWRITEBYTECODE=1 LETTERS_HOST=0.0.0.0 LETTERS_PORT=5000
USER 10001
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["python", "-c", \
  "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"LETTERS_PORT\"]}/healthz', timeout=4)"]
CMD ["letters", "serve"]
