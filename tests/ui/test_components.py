"""What comes from a browser's components is checked, and what the sliders do to a photo is what they say."""

import math
from typing import Any

import numpy as np
import pytest
import streamlit as st

from ui.pad import as_mask, drawn_on
from ui.what_if import LIMITS, STEPS, changed, chosen

PHOTO = np.random.default_rng(0).integers(60, 196, (64, 64, 3)).astype(np.uint8)
NOTHING = dict.fromkeys(LIMITS, 0.0)


@pytest.mark.parametrize(
    "strokes",
    ["lines", [[]], [[[0.5]]], [[[0.5, 2.0]]], [[[math.nan, 0.5]]], [[["a", "b"]]], 7, [[[0.1, 0.1]] * 30_000]],
    ids=str,
)
def test_strokes_that_no_hand_draws_are_none(strokes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"pad": {"strokes": strokes}})
    assert drawn_on("pad") == []


def test_strokes_become_ink_where_they_are() -> None:
    mask = as_mask([[[0.25, 0.5], [0.75, 0.5]], [[0.1, 0.1]]], (100, 100), 0.1)
    assert mask[50, 30:70].min() == 1 and mask[10, 10] == 1
    assert mask[70:].max() == 0 and 0.04 < mask.mean() < 0.08


@pytest.mark.parametrize("values", [None, [], "blur", {"blur": "much"}, {"blur": 5}, {"rotation": math.nan}], ids=str)
def test_values_that_no_slider_has_change_nothing(values: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"what-if": {"values": values}})
    assert chosen("what-if") == NOTHING
    np.testing.assert_array_equal(changed(PHOTO, chosen("what-if")), PHOTO)


@pytest.mark.parametrize("name", LIMITS)
def test_every_slider_changes_the_photo_and_none_its_size(name: str) -> None:
    for value in LIMITS[name]:
        after = changed(PHOTO, {**NOTHING, name: value})
        assert after.shape == PHOTO.shape and after.dtype == np.uint8
        assert (after != PHOTO).any() == (value != 0)


def test_less_light_is_darker_and_noise_is_the_same_at_every_step() -> None:
    assert (
        changed(PHOTO, {**NOTHING, "light": -0.5}).mean()
        < PHOTO.mean()
        < changed(PHOTO, {**NOTHING, "light": 0.3}).mean()
    )
    once, again = (changed(PHOTO, {**NOTHING, "noise": 0.1}) for _ in range(2))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("name", LIMITS)
def test_a_slider_rests_at_its_end_or_in_its_middle(name: str) -> None:
    low, high = LIMITS[name]
    assert low in (0, -high) and STEPS % 2 == 0
