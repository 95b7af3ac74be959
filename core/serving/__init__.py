"""The finished model for other programs."""
