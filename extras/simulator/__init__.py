"""A printer's surroundings in software: clouds that judge, a camera that sees.

For the demo, the tests and contributors. Nothing here is imported by the plugin, and
nothing here may listen anywhere but on the loopback interface.
"""
