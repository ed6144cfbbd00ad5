"""Months at once: `make soak`. A week in virtual time, and real minutes of OctoPrint."""
