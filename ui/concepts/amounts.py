"""Amounts that span many powers of ten, as people read them: operations, spans of time, bytes, energy."""

from ui.formats import duration, large_number, number
from ui.i18n import _

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_DAY, _YEAR = 24.0, 24 * 365.25  # hours


def scientific(value: float) -> str:
    """``3.15 × 10²³``; small numbers as they are."""
    if value < 1e6:
        return number(value)
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{float(mantissa):.3g} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def span(hours: float) -> str:
    """From milliseconds to millions of years: ``42 s``, ``3 h 20 min``, ``14.8 days``, ``355 years``."""
    if hours * 3600 < 0.95:
        return _("{n} ms").format(n=_in_short(hours * 3.6e6))
    if hours < 2 * _DAY:
        return duration(hours * 3600)
    if hours < 2 * _YEAR:
        return _("{n} days").format(n=_in_short(hours / _DAY))
    years = hours / _YEAR
    return _("{n} years").format(n=f"{years:.2g}" if years < 100 else large_number(float(f"{years:.2g}")))


def amount_of_memory(size: float) -> str:
    """Bytes by thousands, as memory of this size is sold: ``350 GB``, ``2.8 TB``."""
    for unit, factor in ((_("{n} TB"), 1e12), (_("{n} GB"), 1e9), (_("{n} MB"), 1e6)):
        if size >= factor:
            return unit.format(n=f"{size / factor:,.3g}" if size < 1000 * factor else number(size / factor))
    return _("{n} KB").format(n=_in_short(size / 1000))


def amount_of_energy(kwh: float) -> str:
    """``3 Wh``, ``120 kWh``, ``1,287 MWh``."""
    if kwh < 1:
        return _("{n} Wh").format(n=_in_short(1000 * kwh))
    if kwh < 1000:
        return _("{n} kWh").format(n=_in_short(kwh))
    return _("{n} MWh").format(n=f"{kwh / 1000:,.3g}" if kwh < 1e5 else number(kwh / 1000))


def _in_short(value: float) -> str:
    """Three digits that count, never by a power of ten."""
    return f"{float(f'{value:.3g}'):,.12g}"
