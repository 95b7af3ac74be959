"""Pictures that are there twice are found, whatever was done to the copy; pictures that are only alike are not."""

import io
import json
import tracemalloc
from collections.abc import Iterable
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from core.data import duplicates
from core.data.drafts import draft
from core.data.duplicates import Duplicates, find_duplicates
from core.data.layout import Split
from core.data.versions import Dataset


def ignore(done: float, total: float) -> None:
    pass


def photo(seed: int, size: int = 64) -> Image.Image:
    """Something with large shapes and fine detail, as photos have."""
    random = np.random.default_rng(seed)
    image = np.asarray(Image.fromarray(random.integers(0, 256, (6, 6, 3), dtype=np.uint8)).resize((size, size)), float)
    return Image.fromarray((image + random.normal(0, 25, (size, size, 3))).clip(0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(0.8)
    )


def published(pictures: Iterable[tuple[Image.Image, Split, int]], form: str = "PNG", **options: int) -> Dataset:
    with draft("photos") as made:
        for number, (image, split, label) in enumerate(pictures):
            file = io.BytesIO()
            image.save(file, form, **options)
            made.add(file.getvalue(), f"{number}.{form}", split, label, *image.size)
        return made.publish(("cat", "dog"), "drawn", "none")


def found_in(dataset: Dataset) -> Duplicates:
    found = find_duplicates(dataset, ignore, lambda: False)
    assert found is not None
    return found


def strangers(count: int = 30) -> list[tuple[Image.Image, Split, int]]:
    return [(photo(number), "train", number % 2) for number in range(count)]


def test_different_pictures_are_no_duplicates(home: object) -> None:
    found = found_in(published([*strangers(), (photo(99), "test", 0)]))
    assert (found.n, found.pairs, found.leaked, found.conflicting) == (31, [], [], 0)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda image: image, "exact"),
        (lambda image: ImageEnhance.Brightness(image).enhance(0.8), "near"),
        (lambda image: ImageEnhance.Contrast(image).enhance(0.7), "near"),
        (lambda image: image.resize((60, 60)), "near"),
        (lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "mirrored"),
    ],
)
def test_a_copy_is_found_whatever_was_done_to_it(home: object, change: object, kind: str) -> None:
    assert callable(change)
    found = found_in(published([*strangers(), (change(photo(7)), "test", 1)]))
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.kind) == (7, 30, kind)
    assert (found.leaked, found.copies, found.training, found.test, found.conflicting) == ([30], [7], 0, 0, 0)


def square(red: int, green: int, blue: int) -> Image.Image:
    image = Image.new("RGB", (64, 64), (12, 12, 12))
    image.paste((red, green, blue), (20, 16, 44, 40))
    return image


def test_drawings_that_differ_in_colour_alone_are_no_duplicates(home: object) -> None:
    pastel = [square(150, 220, 150), square(180, 150, 220), square(255, 218, 185), square(150, 200, 230)]
    assert found_in(published([(image, "train", 0) for image in pastel])).pairs == []


def test_the_same_drawing_in_a_darker_tone_is_found(home: object) -> None:
    found = found_in(published([(square(150, 220, 150), "train", 0), (square(115, 170, 115), "train", 0)]))
    assert [pair.kind for pair in found.pairs] == ["near"]


def test_a_copy_saved_once_more_as_jpeg_is_found(home: object) -> None:
    file = io.BytesIO()
    photo(7).save(file, "JPEG", quality=60)
    again = Image.open(file).convert("RGB")
    assert [pair.kind for pair in found_in(published([*strangers(), (again, "test", 1)])).pairs] == ["near"]


def test_repetitions_within_a_split_and_under_several_classes_are_counted(home: object) -> None:
    copies: list[tuple[Image.Image, Split, int]] = [
        (photo(3), "train", 0),
        (photo(50), "test", 0),
        (photo(50), "test", 1),
    ]
    found = found_in(published([*strangers(), *copies]))
    assert (found.training, found.test, found.conflicting) == (1, 1, 2)
    assert not found.leaked and not found.copies


def test_all_copies_of_a_picture_are_found_however_many(home: object) -> None:
    flat = Image.new("RGB", (64, 64), (200, 30, 30))
    copies: list[tuple[Image.Image, Split, int]] = [
        *((photo(4), "train", 0) for _copy in range(7)),
        *((flat, "train", 1) for _copy in range(3)),
        (photo(4), "test", 0),
        (ImageEnhance.Brightness(photo(4)).enhance(0.8), "test", 0),
        (flat, "test", 1),
    ]
    found = found_in(published([*strangers(), *copies]))
    assert found.leaked == [40, 41, 42]
    assert found.copies == [4, *range(30, 40)]
    assert (found.training, found.test, found.conflicting) == (7 + 2, 1, 0)


def test_what_only_two_test_pictures_have_in_common_is_no_copy_of_training(home: object) -> None:
    """A test picture that is in training, and another test picture: only pictures of training are named as copies."""
    copies: list[tuple[Image.Image, Split, int]] = [(photo(1), "test", 1), (photo(1), "test", 1)]
    found = found_in(published([*strangers(), *copies]))
    assert found.leaked == [30, 31] and found.copies == [1]


def test_things_that_are_all_much_alike_are_not_taken_for_copies(home: object) -> None:
    """Shoes on a black ground: the same outline, and little else."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    pictures: list[tuple[Image.Image, Split, int]] = []
    for number in range(120):
        width, height = random.uniform(0.55, 0.65, 2)
        shade = 200 * np.clip(6 * (1 - (x / width) ** 2 - (y / height) ** 2), 0, 1)
        pattern = np.asarray(Image.fromarray(random.integers(0, 256, (12, 12), dtype=np.uint8)).resize((64, 64)))
        grey = (shade * (0.6 + 0.4 * pattern / 255)).clip(0, 255).astype(np.uint8)
        pictures.append((Image.fromarray(np.stack([grey] * 3, 2)), "train" if number < 100 else "test", 0))
    found = found_in(published(pictures))
    assert len(found.leaked) < 8, "of twenty"
    again = ImageEnhance.Brightness(pictures[8][0]).enhance(0.9)
    assert 120 in found_in(published([*pictures, (again, "test", 0)])).leaked, "a copy still stands out"


def test_the_same_scene_with_something_else_in_it_is_no_copy(home: object) -> None:
    """Two ships on the same sea: nearly all pixels agree."""
    sky = np.linspace(220, 90, 64)[:, None, None] * np.array([0.7, 0.85, 1.0])
    pictures: list[tuple[Image.Image, Split, int]] = []
    for seed, split in ((1, "train"), (2, "test")):
        scene = np.broadcast_to(sky, (64, 64, 3)).copy()
        scene[28:36, 24:40] = np.random.default_rng(seed).uniform(0, 255, (8, 16, 3))
        pictures.append((Image.fromarray(scene.astype(np.uint8)), split, 0))  # type: ignore[arg-type]
    assert not found_in(published([*strangers(), *pictures])).pairs


def test_flat_and_tiny_pictures_must_be_equal(home: object) -> None:
    flat = [(Image.new("RGB", (64, 64), (shade, shade, 200)), "train", 0) for shade in (90, 91, 92)]
    tiny = [(photo(5, 8), "train", 0), (ImageEnhance.Brightness(photo(5, 8)).enhance(0.9), "test", 0)]
    assert not found_in(published([*strangers(), *flat, *tiny])).pairs  # type: ignore[list-item]
    same = [*strangers(), *flat, (flat[1][0], "test", 0)]
    assert [pair.kind for pair in found_in(published(same)).pairs] == ["exact"]  # type: ignore[arg-type]


def test_progress_is_told_a_stop_is_heeded_and_the_finding_can_be_stored(home: object) -> None:
    dataset = published([*strangers(), (ImageEnhance.Brightness(photo(7)).enhance(0.8), "test", 1)])
    told: list[tuple[float, float]] = []
    found = find_duplicates(dataset, lambda done, total: told.append((done, total)), lambda: False)
    assert found is not None and told[-1] == (31, 31)
    assert Duplicates.from_json(json.loads(json.dumps(asdict(found)))) == found
    assert find_duplicates(dataset, ignore, lambda: True) is None


def test_comparing_takes_no_more_memory_than_a_few_likenesses() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (6000, 32, 32, 3), dtype=np.uint8)
    coarse, detail = duplicates._coarse(pictures)[0], duplicates._detail(pictures)
    tracemalloc.start()
    duplicates._usual(coarse, detail)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * duplicates.BLOCK * len(pictures) * 4  # bytes: four times what the correlations of a block take
