"""Data: where images come from, the immutable versions they are kept in, and the arrays that training reads."""
