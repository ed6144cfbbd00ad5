"""The detector: a program of its own, ``python -m octoprint_aiwatch.detector``.

It runs at the lowest priority beside OctoPrint, reads frames from its standard input and
writes heat maps to its standard output, so that neither its processor time nor a crash in
native code can touch OctoPrint or the print. Nothing in here may import OctoPrint or the
rest of the plugin; the rest of the plugin imports only what needs no numpy.
"""
