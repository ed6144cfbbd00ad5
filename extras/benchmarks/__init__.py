"""What the plugin costs; `make bench` runs it."""
