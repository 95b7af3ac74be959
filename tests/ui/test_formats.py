"""Numbers as people read them."""

import pytest

from core.evaluation.facts import sureness
from ui.formats import (
    at_least,
    duration,
    file_size,
    large_number,
    money,
    part,
    percent,
    plain,
    rough_duration,
    speed,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (0.42, "0.4 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_have_the_two_units_that_matter(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "5 s"), (42, "40 s"), (57, "1 min"), (200, "3 min"), (3575, "1 h 0 min"), (7700, "2 h 10 min")],
)
def test_a_time_that_is_only_expected_is_round(seconds: float, text: str) -> None:
    assert rough_duration(seconds) == text


@pytest.mark.parametrize(
    ("probability", "digits", "text"),
    [(0.104, 0, "10%"), (0.994, 0, "99%"), (1.0, 0, "99%"), (0.9984, 1, "99.8%"), (0.9996, 1, "99.9%")],
)
def test_no_model_is_told_to_be_quite_sure(probability: float, digits: int, text: str) -> None:
    assert sureness(probability, digits) == text


@pytest.mark.parametrize(
    ("count", "n", "text"), [(0, 9, "0.0%"), (1, 3, "33.3%"), (9999, 10000, "99.9%"), (9, 9, "100.0%")]
)
def test_all_is_said_only_where_it_is_all(count: int, n: int, text: str) -> None:
    assert part(count, n) == text


def test_a_speed_is_told_with_its_share_of_the_machine_where_that_is_known() -> None:
    assert speed(6912.4, 0.344) == "6,912 images/s, 34% of what this machine can do"
    assert speed(6912.4, None) == "6,912 images/s"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (282_250, "282,250"),
        (25_600_000, "25.6 million"),
        (1.5e9, "1.5 billion"),
        (175e9, "175 billion"),
        (5.31e12, "5.31 trillion"),
        (2.4e15, "2,400 trillion"),
    ],
)
def test_large_numbers_are_words(value: float, text: str) -> None:
    assert large_number(value) == text


@pytest.mark.parametrize(
    ("size", "text"), [(640, "640 bytes"), (2048, "2 KB"), (1_148_598, "1.1 MB"), (3 << 29, "1.5 GB")]
)
def test_sizes_of_files(size: int, text: str) -> None:
    assert file_size(size) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (12_400, "€", "€12,400"),
        (-80, "€", "-€80"),
        (-0.001, "€", "€0.00"),
        (12.5, "$", "$12.50"),
        (12_400.4, "CHF", "CHF\N{NO-BREAK SPACE}12,400"),
    ],
)
def test_money_has_its_currency_and_cents_only_where_they_matter(amount: float, currency: str, text: str) -> None:
    assert money(amount, currency) == text


def test_a_share_has_one_decimal() -> None:
    assert percent(0.981) == "98.1%"


@pytest.mark.parametrize(
    ("threshold", "text"),
    [(0.5, "50.0%"), (0.6289, "62.8%"), (0.9989, "99.8%"), (0.99959, "99.95%"), (0.99999, "99.99%"), (1.0, "100.00%")],
)
def test_a_threshold_is_never_rounded_up(threshold: float, text: str) -> None:
    assert at_least(threshold) == text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("photo-2.final.jpg", "photo-2.final.jpg"),
        ("a|b", r"a\|b"),
        ("*x* _y_ ~z~", r"\*x\* \_y\_ \~z\~"),
        (":red[x] :smile:", r"\:red\[x\] \:smile\:"),
        ("$1 to $2", r"\$1 to \$2"),
        ("`<b>` &amp; #1", r"\`\<b\>\` \&amp; \#1"),
        ("back\\slash", r"back\\slash"),
        ("1. one", r"1\. one"),
        ("- one", r"\- one"),
        ("-€80", "-€80"),
        ("two\nlines", "two lines"),
    ],
)
def test_what_markdown_would_take_for_more_than_a_sign_is_escaped(name: str, shown: str) -> None:
    assert plain(name) == shown
