"""What runs in inference servers of the user's, never in OctoPrint."""
