"""What holds for the tests that compute: one thread does, as in the detector process."""

from __future__ import annotations

import os

# Several threads that wait for each other's share of a busy machine take far longer.
# Read when numpy is first imported, which is after this.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
