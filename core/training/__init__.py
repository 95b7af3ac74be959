"""Training: the recipe (no torch) and the loop that follows it (torch)."""
