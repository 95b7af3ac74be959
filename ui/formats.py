"""Numbers as people read them: counts, shares, times, sizes, money. And names, as they are among Markdown."""

import math
import re

from ui.i18n import _

_MINUTE, _HOUR = 60, 3600
_KIB = 1024
# What Markdown, or Streamlit's own kind of it, takes for more than a sign: anywhere, or where a list may begin.
_MARKDOWN = re.compile(r"[\\`*_\[\]#<>|~$:&]|^[-+](?=\s|$)|(?<=\d)[.)](?=\s|$)")


def plain(text: str) -> str:
    """Markdown that shows `text` as it is, in one line: for names that come from files, folders and visitors."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.splitlines()))


def cell(text: str) -> str:
    """Text for a cell of a CSV that spreadsheets show as it is: what begins as a formula does gets an apostrophe before it (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def number(value: float) -> str:
    """A count: ``282,250``."""
    return f"{value:,.0f}"


def large_number(value: float) -> str:
    """A count in words where it is large: ``282,250``, ``25.6 million``, ``175 billion``, ``1,500 trillion``."""
    if value >= 1e15:
        return _("{n} trillion").format(n=number(value / 1e12))
    if value >= 999.5e9:  # which would be 1e+03 billion
        return _("{n} trillion").format(n=f"{value / 1e12:.3g}")
    if value >= 999.5e6:
        return _("{n} billion").format(n=f"{value / 1e9:.3g}")
    if value >= 1e6:
        return _("{n} million").format(n=f"{value / 1e6:.3g}")
    return number(value)


def percent(share: float, digits: int = 1) -> str:
    """A share of one: ``98.1%``."""
    return f"{share:.{digits}%}"


def part(count: int, n: int, digits: int = 1) -> str:
    """The share of `n` that so many are; all of them are said to be only where they are: ``99.9%`` of 9,999 of 10,000."""
    return percent(1.0 if count == n else min(count / n, 1 - 10 ** -(digits + 2)), digits)


def at_least(threshold: float) -> str:
    """A threshold as a percentage, never rounded up: ``99.95%``. What reaches it must be meant by it."""
    digits = 1 if threshold < 0.999 else 2
    return percent(math.floor(threshold * 10 ** (digits + 2)) / 10 ** (digits + 2), digits)


def duration(seconds: float) -> str:
    """A time in the two units that matter: ``0.4 s``, ``42 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 9.95:
        return _("{n} s").format(n=f"{seconds:.1f}")
    if round(seconds) < _MINUTE:
        return _("{n} s").format(n=round(seconds))
    if round(seconds) < _HOUR:
        minutes, rest = divmod(round(seconds), _MINUTE)
        return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    hours, rest = divmod(round(seconds / _MINUTE), _MINUTE)
    return _("{hours} h {minutes} min").format(hours=hours, minutes=rest)


def rough_duration(seconds: float) -> str:
    """A time that is only expected: ``20 s``, ``4 min``, ``2 h 10 min``."""
    if seconds < 55:
        return _("{n} s").format(n=max(5, 5 * round(seconds / 5)))
    if seconds < 59.5 * _MINUTE:
        return _("{n} min").format(n=round(seconds / _MINUTE))
    hours, rest = divmod(10 * round(seconds / _MINUTE / 10), 60)
    return _("{hours} h {minutes} min").format(hours=hours, minutes=rest)


def speed(images_per_second: float, machine_share: float | None) -> str:
    """How fast something trains, and how much of the machine that uses: ``6,900 images/s, 34% of what this machine can do``."""
    shown = _("{n} images/s").format(n=number(images_per_second))
    if machine_share is None:
        return shown
    return _("{speed}, {share} of what this machine can do").format(speed=shown, share=percent(machine_share, 0))


def file_size(size: float) -> str:
    """A number of bytes: ``640 bytes``, ``1.1 MB`` (of 1024 x 1024 bytes, as file managers count)."""
    if size < _KIB:
        return _("{n} bytes").format(n=round(size))
    if size < _KIB**2:
        return _("{n} KB").format(n=f"{size / _KIB:.0f}")
    if size < _KIB**3:
        return _("{n} MB").format(n=f"{size / _KIB**2:.1f}")
    return _("{n} GB").format(n=f"{size / _KIB**3:.1f}")


def money(amount: float, currency: str) -> str:
    """An amount with its currency: ``€12,400``, ``CHF 12,400``, ``-€80``; cents only where they matter."""
    digits = 0 if abs(amount) >= 100 or amount == round(amount) else 2
    space = "" if len(currency) == 1 else "\N{NO-BREAK SPACE}"
    sign = "-" if round(amount, digits) < 0 else ""
    return f"{sign}{currency}{space}{abs(amount):,.{digits}f}"
