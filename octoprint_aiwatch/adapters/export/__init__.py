"""``octoprint plugins aiwatch:export-model``: our detector for inference servers."""
