"""Amounts that span many powers of ten."""

import pytest

from ui.concepts.amounts import amount_of_energy, amount_of_memory, scientific, span

HOUR, YEAR = 1.0, 24 * 365.25


@pytest.mark.parametrize(("value", "text"), [(282_250, "282,250"), (3.146e23, "3.15 × 10²³"), (9.999e9, "1 × 10¹⁰")])
def test_operations_are_written_by_powers_of_ten_where_they_are_many(value: float, text: str) -> None:
    assert scientific(value) == text


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0.002 / 3600, "2 ms"),
        (0.45 / 3600, "450 ms"),
        (55 / 3600, "55 s"),
        (3.9, "3 h 54 min"),
        (14.82 * 24, "14.8 days"),
        (51.4 * YEAR, "51 years"),
        (263_000 * YEAR, "260,000 years"),
        (2.6e6 * YEAR, "2.6 million years"),
    ],
)
def test_a_span_has_the_unit_that_one_can_imagine(hours: float, text: str) -> None:
    assert span(hours) == text


@pytest.mark.parametrize(
    ("size", "text"), [(564_000, "564 KB"), (4.52e6, "4.52 MB"), (350e9, "350 GB"), (2.8e12, "2.8 TB")]
)
def test_memory_is_counted_by_thousands(size: float, text: str) -> None:
    assert amount_of_memory(size) == text


@pytest.mark.parametrize(
    ("kwh", "text"),
    [(0.00047, "0.47 Wh"), (0.4567, "457 Wh"), (0.9999, "1,000 Wh"), (13.9, "13.9 kWh"), (1_291_000, "1,291 MWh")],
)
def test_energy_has_the_unit_of_its_size(kwh: float, text: str) -> None:
    assert amount_of_energy(kwh) == text
