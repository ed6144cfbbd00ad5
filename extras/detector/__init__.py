"""Trains the embedded detector; development code, never imported by the plugin."""
