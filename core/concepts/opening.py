"""A founder's questions about a product with a model in it, and what the answers come to. Rules of thumb, not science."""

from dataclasses import dataclass
from typing import Literal

Opening = Literal["open", "no-data", "no-decision", "none"]
Making = Literal["take", "new-head", "train"]
Copying = Literal["easy", "some", "hard"]


@dataclass(frozen=True)
class Answers:
    """What a founder says of the idea, yes or no.

    Attributes:
        own_data: there are data that others do not have and cannot buy.
        costly: a mistake costs real money today, or avoiding it does.
        often: it is decided often enough to be worth a machine.
        common: what comes in is what everybody has: ordinary photos, everyday language.
        enough: a ready-made model was tried on own examples, and is right often enough.
        returns: each use brings corrected data back.
        inside: it sits where its users work, so that leaving costs something.
        proof: it takes evidence to be trusted, as in medicine, and that was gathered.
    """

    own_data: bool = False
    costly: bool = False
    often: bool = False
    common: bool = False
    enough: bool = False
    returns: bool = False
    inside: bool = False
    proof: bool = False

    @property
    def opening(self) -> Opening:
        """Whether there is room for a newcomer: it takes data of one's own, and a decision that is both costly and frequent."""
        worth = self.costly and self.often
        if worth and self.own_data:
            return "open"
        if worth:
            return "no-data"
        return "no-decision" if self.own_data else "none"

    @property
    def making(self) -> Making:
        """What to build and what to take: only what is unlike anything that others trained on is trained from the beginning."""
        if self.enough:
            return "take"
        return "new-head" if self.common else "train"

    @property
    def copying(self) -> Copying:
        """How hard it is to copy, by how many of its four obstacles stand."""
        obstacles = self.own_data + self.returns + self.inside + self.proof
        return "easy" if obstacles < 2 else "some" if obstacles == 2 else "hard"


def most_it_can_save(decisions: float, wrong: float, mistake: float) -> float:
    """Money a month that a perfect model would save.

    Args:
        decisions: how many there are in a month.
        wrong: the share of them that goes wrong today.
        mistake: what one of these costs.
    """
    return decisions * wrong * mistake
