"""Suggestions are what the model says on Predict, or what the nearest labelled photos are; the least certain photo comes first."""

import functools
import io
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data.imageset import load_split
from core.data.labelling import Tray
from core.data.versions import get_dataset
from core.runs.store import Run
from core.serving.models import predictor
from core.serving.suggesting import AGAIN, Seen, Suggestion, _look, least_certain_first, look_on, suggest

CLASSES = tuple(str(digit) for digit in range(10))


def digits(tray: Tray, count: int) -> dict[str, str]:
    """Put test images of digits into the tray; their classes."""
    images = load_split(get_dataset("digits"), "test")
    truth = {}
    for row in range(count):
        file = io.BytesIO()
        Image.fromarray(np.asarray(images.pixels[row])).save(file, "PNG")
        before = set(tray.photos())
        tray.add([(f"{row}.png", functools.partial(bytes, file.getvalue()))])
        (new,) = set(tray.photos()) - before
        truth[new] = str(images.labels[row])
    return truth


def right(suggestions: Mapping[str, Suggestion], truth: Mapping[str, str]) -> float:
    return float(np.mean([suggestions[digest].label == truth[digest] for digest in suggestions]))


def test_a_model_that_knows_the_classes_suggests_what_it_says_on_predict(own_run: Run) -> None:
    tray, model = Tray(), predictor(own_run)
    digits(tray, 20)
    seen, left = look_on(tray, own_run, model, 60)
    assert left == 0
    suggestions = suggest(seen, CLASSES, model.classes, {})
    answers = model.judge([tray.file(digest).read_bytes() for digest in tray.photos()])
    for digest, judged in zip(tray.photos(), answers, strict=True):
        _image, answer = judged  # type: ignore[misc]
        assert suggestions[digest].label == answer.label
        assert suggestions[digest].share == pytest.approx(answer.probability, abs=1e-5)


def test_it_chooses_among_the_classes_that_are_asked_for_and_is_silent_where_it_sees_another() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.2, 0.7, 0.1]], np.float32)
    seen = Seen(("torn", "other", "sure"), probabilities, np.zeros((3, 2), np.float16))
    suggestions = suggest(seen, ("5", "2", "bird"), ("2", "5", "7"), {})
    assert {digest: one.label for digest, one in suggestions.items()} == {"torn": "2", "sure": "5"}
    assert suggestions["torn"].share == pytest.approx(0.625) and suggestions["torn"].margin == pytest.approx(0.25)


def test_looking_goes_on_where_it_stopped_and_is_remembered(own_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.serving.suggesting.TOGETHER", 4)
    tray, model = Tray(), predictor(own_run)
    digits(tray, 6)
    assert look_on(tray, own_run, model, 0)[1] == 6
    clock = SimpleNamespace(monotonic=iter([0, 0, 2]).__next__)
    monkeypatch.setattr("core.serving.suggesting.time", clock)
    assert look_on(tray, own_run, model, 1)[1] == 2
    monkeypatch.setattr("core.serving.suggesting.time", time)
    assert look_on(Tray(), own_run, model, 60)[1] == 0
    seen, left = look_on(Tray(), own_run, model, 0)
    assert look_on(Tray(), own_run, model, 0)[0] is seen, "not read again"
    assert (set(seen.digests), left) == (set(tray.photos()), 0)
    (tray.folder / f"seen-{own_run.id}.npz").write_bytes(b"cut short")
    assert look_on(tray, own_run, model, 60)[0].digests == tuple(tray.photos())


def test_nothing_is_kept_of_photos_that_leave_while_it_looks(own_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tray, model = Tray(), predictor(own_run)
    digits(tray, 2)

    def emptied(*args: Any) -> Seen:
        seen = _look(*args)
        tray.clear()
        return seen

    monkeypatch.setattr("core.serving.suggesting._look", emptied)
    seen, _left = look_on(tray, own_run, model, 60)
    assert not seen.digests and [path.name for path in tray.folder.iterdir()] == [".lock"]


def test_a_photo_that_is_gone_has_no_suggestion_and_holds_nobody_up(own_run: Run) -> None:
    tray, model = Tray(), predictor(own_run)
    gone, *others = digits(tray, 3)
    tray.file(gone).unlink()
    seen, left = look_on(tray, own_run, model, 60)
    assert left == 0
    assert list(suggest(seen, CLASSES, model.classes, {})) == others


def test_a_model_that_knows_none_of_the_classes_lets_neighbours_vote(own_run: Run) -> None:
    tray, model = Tray(), predictor(own_run)
    truth = {digest: f"the {label}" for digest, label in digits(tray, 120).items()}
    classes, labels = tuple(f"the {name}" for name in CLASSES), dict(list(truth.items())[:60])
    seen, _left = look_on(tray, own_run, model, 60)
    assert suggest(seen, classes, model.classes, dict(list(labels.items())[:4])) == {}, "too few to vote"
    suggestions = suggest(seen, classes, model.classes, labels)
    waiting = {digest: one for digest, one in suggestions.items() if digest not in labels}
    assert len(waiting) == 60 and right(waiting, truth) > 0.5, "ten classes: a tenth by chance"


def test_neighbours_vote_anew_only_after_some_labels() -> None:
    random = np.random.default_rng(0)
    places = random.standard_normal((40, 8))
    digests = tuple(str(number) for number in range(40))
    embeddings = (places / np.linalg.norm(places, axis=1, keepdims=True)).astype(np.float16)
    seen, labels = Seen(digests, np.zeros((40, 2), np.float32), embeddings), {}
    found = []
    for number in range(AGAIN * 2):
        labels[str(number)] = ("cat", "dog")[number % 2]
        found.append(suggest(seen, ("cat", "dog"), ("0", "1"), labels))
    assert found[3] == {} and found[4] is found[8] is not found[9] is found[18] is not found[19], "not counted again"
    assert set(found[4]) == set(digests[5:]) and set(found[19]) == set(digests[20:]), "of those that wait"
    assert len({tuple(one[digest].share for digest in digests[20:]) for one in (found[4], found[9], found[19])}) == 3


def test_only_the_nearest_labelled_photos_vote() -> None:
    angles = np.radians([*range(5), *range(40, 45), 1.5, 38, 24])  # ten that vote, three that wait
    embeddings = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float16)
    seen = Seen(tuple("abcdefghijklm"), np.zeros((13, 2), np.float32), embeddings)
    labels = dict(zip("abcdefghij", ["cat"] * 5 + ["dog"] * 5, strict=True))
    said = suggest(seen, ("cat", "dog", "owl"), ("0", "1"), labels)
    assert {digest: one.label for digest, one in said.items()} == {"k": "cat", "l": "dog", "m": "dog"}
    assert said["k"].share == said["l"].share == 1.0


def test_the_least_certain_comes_first_and_the_unknown_last() -> None:
    suggestions = {"sure": Suggestion("cat", 0.9, 0.8), "torn": Suggestion("cat", 0.5, 0.01)}
    assert least_certain_first(["new", "sure", "torn", "later"], suggestions) == ["torn", "sure", "new", "later"]
