"""What the Concepts page lets one touch, computed: NumPy and arithmetic, no torch."""
