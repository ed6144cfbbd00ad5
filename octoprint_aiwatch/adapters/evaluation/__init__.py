"""``octoprint plugins aiwatch:evaluate FOLDER``: a backend judges a folder of pictures.

Runs in a process of its own beside OctoPrint's, which never loads this: no watch, no
printer, no webcam, and settings are only read. Begins in :mod:`command`.
"""
