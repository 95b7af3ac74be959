"""Evaluation: what a sealed bundle does with images it never saw."""
