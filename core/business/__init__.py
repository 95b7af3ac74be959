"""What a model is worth: its mistakes, its doubts and the people who review them, in money."""
