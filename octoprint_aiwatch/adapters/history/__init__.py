"""The history: every watched job in a database, its frames as files beside it.

``store`` holds both, ``writer`` is the one thread that changes them, ``recorder`` feeds
it from the control thread, ``reader`` answers questions from any.
"""
