"""Python runs this when it starts in an environment where `make coverage` wants to know.

It begins the measuring in every process, the detector's and the courier's too, before
anything of ours is imported. The folder with Coverage.py comes last in the search, so
that nothing else in it stands before what the tests' environment has.
"""

import os
import sys

if "AIWATCH_COVERAGE" in os.environ:
    sys.path.append(os.environ["AIWATCH_COVERAGE"])
    import coverage

    coverage.process_startup()
