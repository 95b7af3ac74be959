"""The errors a user can meet.

    Exception
    └── VitrineError      a sentence the user can act on; everything else is a defect

A message crosses processes as a code with parameters (the worker's failure is read by the page, in the
page's language), and becomes words only where it is shown: see :mod:`core.messages`.
"""

import errno
import json
from typing import Any

from core.messages import words

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # what the system says when nothing more can be written
LONGEST = 200  # characters of a parameter in the store, whose values hold 8,000; one may be six, or twelve, in JSON


class VitrineError(Exception):
    """Something the user can understand and mend.

    Args:
        code: a key of :data:`core.messages.MESSAGES`.
        params: the values its placeholders name; numbers and strings only, so that they survive JSON.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return words(self.code, self.params)

    def to_json(self) -> str:
        """The message for another process; what would be too long for the store ends in an ellipsis."""
        return json.dumps({"code": self.code, "params": {key: _clipped(value) for key, value in self.params.items()}})

    @classmethod
    def from_json(cls, text: str) -> "VitrineError":
        message = json.loads(text)
        return cls(message["code"], **message["params"])


def _clipped(value: Any) -> Any:
    return value[: LONGEST - 1] + "…" if isinstance(value, str) and len(value) > LONGEST else value


def lacks_memory(error: BaseException) -> bool:
    """Whether memory ran out: torch says so in words only, and oneDNN below it that it could not make what it needs."""
    said = ("not enough memory", "out of memory", "could not create a primitive")
    return isinstance(error, MemoryError) or any(words in str(error).lower() for words in said)
