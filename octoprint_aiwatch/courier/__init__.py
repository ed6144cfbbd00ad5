"""The courier process: hands messages to the services that Apprise knows.

Only here is Apprise imported, which is large, and Pillow, to draw; OctoPrint's own
process loads neither. A service that hangs holds up one thread here and nothing else.
"""
