"""The pure core: values, settings, evidence over time, the machine and its words.

Nothing here may import OctoPrint, do I/O, read a clock, draw a random number, start
a thread or write a log line. Time and chance come in as arguments.
"""
