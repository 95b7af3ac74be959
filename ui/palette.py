"""Colours with a meaning, the same on every page.

They are Okabe and Ito's (2008), told apart with every common colour blindness, and legible on light and dark ground.
"""

ACCENT = "#0072B2"
ORANGE, VERMILLION, SKY = "#E69F00", "#D55E00", "#56B4E9"
GROUND = {"light": "#FCFBF8", "dark": "#161513"}  # of the page, for what has to know what it stands on
GREY = "#8C8579"  # what is there for comparison


def faded(colour: str, opacity: float) -> str:
    """A ``#rrggbb`` colour, see-through."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def blend(colour: str, ground: str, share: float) -> str:
    """A ``#rrggbb`` colour on a ground that shines through it, for areas that lie on each other."""
    parts = [(int(colour[start : start + 2], 16), int(ground[start : start + 2], 16)) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(share * own + (1 - share) * other):02x}" for own, other in parts)
