"""The thin edges: OctoPrint, the network, threads and files. Decisions live in core."""
