"""Filters the start-up messages that the C++ side of TensorFlow and LiteRT writes to stderr whatever the settings.

They say which processor features are used, and would look like a warning in a notebook. Everything else gets through.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_START_UP = re.compile(
    rb"[IW]\d{4} \d\d"  # information and warnings of their C++ side; errors begin with E or F
    rb"|WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions"
    rb"|INFO: Created TensorFlow Lite XNNPACK delegate"
)


@contextmanager
def filtered() -> Iterator[None]:
    """Within this context, start-up messages do not reach stderr; whatever else is written there does, at the end."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            for line in written:
                if not _START_UP.match(line):
                    os.write(2, line)
