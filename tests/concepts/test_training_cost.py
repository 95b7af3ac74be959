"""The calculator of large trainings, against what was published of them and against this product's own figures."""

import pytest

from core.concepts.training_cost import HARDWARE, PRESETS, Check, Place, Workload, bill, checks

A100 = HARDWARE["A100"]


@pytest.mark.parametrize("check", checks(), ids=lambda check: f"{check.preset}-{check.quantity}")
def test_what_is_computed_is_within_a_fifth_of_what_was_published(check: Check) -> None:
    assert 0.8 <= check.ratio <= 1.2


def test_gpt3_is_met_closely_where_all_of_its_figures_are_published() -> None:
    ratios = {check.quantity: check.ratio for check in checks() if check.preset == "GPT-3"}
    assert ratios.keys() == {"operations", "petaflop-days", "days", "energy", "serving"}
    assert max(abs(ratio - 1) for ratio in ratios.values()) < 0.01


def test_every_preset_has_something_published_beside_it() -> None:
    assert {check.preset for check in checks()} >= set(PRESETS)


@pytest.mark.parametrize(
    "source", [check.source for check in checks()] + [hardware.source for hardware in HARDWARE.values()]
)
def test_every_figure_has_a_source_to_open(source: str) -> None:
    assert source.startswith("https://")


def test_a_language_model_takes_six_operations_a_parameter_and_token() -> None:
    assert Workload(1000, 50).operations == 6 * 1000 * 50


def test_an_image_takes_three_forward_passes() -> None:
    assert Workload(1000, examples=50, forward=700).operations == 3 * 50 * 700


def test_adam_in_mixed_precision_takes_sixteen_bytes_a_parameter_and_serving_two() -> None:
    work = Workload(10, 1)
    assert (work.training_memory, work.serving_memory(), work.serving_memory(4)) == (160, 20, 5)


def test_more_devices_take_less_time_and_the_same_money_and_energy() -> None:
    work = Workload(10**9, 10**10)
    one, eight = (bill(work, Place(A100, count, 0.4, 400)) for count in (1, 8))
    assert one.hours == pytest.approx(8 * eight.hours)
    assert (one.money, one.energy) == (eight.money, eight.energy)


def test_a_bill_follows_from_operations_peak_price_and_watts() -> None:
    work = Workload(1, examples=1, forward=A100.peak * 3600 / 3)  # an hour at the peak
    spent = bill(work, Place(A100, 2, 0.5, watts=500, overhead=1.2, price=3.0))
    assert (spent.hours, spent.device_hours, spent.money) == pytest.approx((1, 2, 6))
    assert spent.energy == pytest.approx(2 * 0.5 * 1.2)


def test_gpt3_needs_dozens_of_devices_to_be_held_in_training() -> None:
    assert bill(PRESETS["GPT-3"].work, Place(A100, 1, 0.4, 400)).to_hold == 35
