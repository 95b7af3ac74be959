"""Colours with a meaning: the same class and the same run have the same colour on every page.

They are Okabe and Ito's (2008), told apart with every common colour blindness, and legible on light and dark ground.
"""

ACCENT = "#0072B2"
ORANGE, GREEN, VERMILLION, PURPLE, SKY = "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
GREY = "#8C8579"  # what is there for comparison
_ORDER = (ACCENT, ORANGE, GREEN, VERMILLION, PURPLE, SKY, GREY, "#B0A000")


def nth(index: int) -> str:
    """The colour of the class or run with that index; beyond the eighth they come again."""
    return _ORDER[index % len(_ORDER)]


def faded(colour: str, opacity: float) -> str:
    """A ``#rrggbb`` colour, see-through."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
