"""One target under atheris: ``python -m fuzz.one NAME [options of libFuzzer] CORPUS``.

Only our package is instrumented, so that the search follows its branches. Ends with a
status other than 0 on the first finding; libFuzzer keeps the input.
"""

from __future__ import annotations

import gc
import sys

import atheris

with atheris.instrument_imports(
    include=["octoprint_aiwatch"], enable_loader_override=False
):
    from fuzz import documents
    from fuzz.targets import TARGETS


def main() -> None:
    """Run until libFuzzer has enough."""
    name = sys.argv.pop(1)
    target = TARGETS[name]
    target.run(b"")  # whatever is made once is made now, and is no input's memory
    gc.collect()
    atheris.Setup(sys.argv, target.run)
    try:
        atheris.Fuzz()
    finally:
        documents.close()


if __name__ == "__main__":
    main()
