"""Keep back what TensorFlow and LiteRT remark on stderr as they start, and no setting of theirs turns off: which
processor features they use. In a notebook it would look like a warning. Everything else still gets there."""

import os
import re
import sys
import tempfile
from contextlib import contextmanager

_REMARK = re.compile(
    rb"[IW]\d{4} \d\d"  # information and warnings of their C++ side; errors begin with E or F
    rb"|WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions"
    rb"|INFO: Created TensorFlow Lite XNNPACK delegate"
)


@contextmanager
def held_back():
    """While it lasts, remarks do not reach stderr; what else was written there does, at the end."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            said.seek(0)
            for line in said:
                if not _REMARK.match(line):
                    os.write(2, line)
