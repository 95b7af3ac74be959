"""A model of drawings gets photos of ink on paper as it learnt drawings: grey, on a pure ground, cropped, in full contrast."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from core.bundle.format import Metadata
from core.bundle.predictor import Predictor, predict_files
from core.bundle.preprocess import is_drawing, read_square, to_square
from core.bundle.reading import measure_ground, measure_stroke
from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.runs.store import Run
from tests.bundle.files import saved

SIDE = 28
LEARNT = {"dark": (0, 255), "light": (255, 0)}  # ground and ink


def paper(size: tuple[int, int] = (600, 450), light: float = 0.4, grain: float = 4, seed: int = 0) -> np.ndarray:
    """A page that is lit from one side, and has a grain: float `[h, w]`."""
    random = np.random.default_rng(seed)
    shade = np.linspace(1, 1 - light, size[0])[None] * np.linspace(1, 0.9, size[1])[:, None]
    return 220 * shade + random.normal(0, grain, shade.shape)


def drawn(scan: Image.Image, seed: int, contrast: float = 0.75) -> Image.Image:
    """A scan, white on black, as a photo of dark ink somewhere on a page that is not evenly lit."""
    random = np.random.default_rng(seed)
    page = paper(seed=seed, light=random.uniform(0, 0.5))
    height, width = page.shape
    length = int(random.integers(200, 320))
    ink = Image.new("L", (width, height))
    place = random.integers(0, width - length + 1), random.integers(0, height - length + 1)
    ink.paste(scan.resize((length, length), Image.Resampling.BICUBIC), (int(place[0]), int(place[1])))
    covered = page * (1 - contrast * np.asarray(ink.filter(ImageFilter.GaussianBlur(1))) / 255)
    return Image.fromarray(covered.clip(0, 255).astype(np.uint8))


def ring(size: tuple[int, int] = (300, 400), box: tuple[int, int, int, int] = (120, 150, 180, 250)) -> Image.Image:
    """White on black: a ring, 60 pixels wide and 100 high, unless said otherwise."""
    image = Image.new("L", size)
    ImageDraw.Draw(image).ellipse(box, outline=255, width=12)
    return image


def read(image: Image.Image, ground: str | None = "dark", form: str = "PNG") -> np.ndarray:
    return read_square(io.BytesIO(saved(image, form)), SIDE, ground)


@pytest.fixture(scope="module")
def scans() -> tuple[np.ndarray, list[Image.Image]]:
    """Training images of digits at another size than the model's, and as they came."""
    dataset = get_dataset("digits")
    training = load_split(dataset, "train", SIDE)
    return training.pixels, [Image.open(io.BytesIO(file)) for file in dataset.originals(training.rows[:60].tolist())]


def test_the_ground_of_drawings_is_measured(scans: tuple[np.ndarray, list[Image.Image]]) -> None:
    pixels, _originals = scans
    assert measure_ground(pixels) == "dark"
    assert measure_ground(255 - pixels) == "light"


@pytest.mark.parametrize("kind", ["photos", "tinted", "margins", "on both grounds", "plain"])
def test_what_is_no_set_of_drawings_has_no_ground(kind: str, scans: tuple[np.ndarray, list[Image.Image]]) -> None:
    pixels = scans[0][:200]
    random = np.random.default_rng(0)
    images = {
        "photos": random.integers(0, 256, (200, SIDE, SIDE, 3), dtype=np.uint8),
        "tinted": pixels // np.array([1, 2, 1], np.uint8),
        "margins": np.pad(pixels, ((0, 0), (6, 6), (6, 6), (0, 0))),
        "on both grounds": np.concatenate([pixels, 255 - pixels]),
        "plain": np.zeros_like(pixels),
    }[kind]
    assert measure_ground(images) is None


@pytest.mark.parametrize("ground", ["dark", "light"])
def test_what_a_model_learnt_is_read_as_it_learnt_it(ground: str, scans: tuple[np.ndarray, list[Image.Image]]) -> None:
    """The files of the data set, which are smaller than the model's squares, and the squares themselves."""
    pixels, originals = scans
    for square, image in zip(pixels, originals, strict=False):
        for version, expected in ((image, square), (Image.fromarray(square), square)):
            if ground == "light":
                version, expected = ImageOps.invert(version), 255 - expected
            np.testing.assert_allclose(read(version, ground).astype(int), expected, atol=2)


@pytest.mark.parametrize("ground", ["dark", "light"])
def test_an_image_of_the_models_size_passes_bit_for_bit(ground: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    np.testing.assert_array_equal(read(Image.fromarray(noise), ground), noise)


@pytest.mark.parametrize("ground", ["dark", "light"])
@pytest.mark.parametrize("inverted", [False, True], ids=["white on black", "black on white"])
def test_a_drawing_pad_is_cropped_to_its_ink_whatever_its_polarity(inverted: bool, ground: str) -> None:
    pad = ImageOps.invert(ring()) if inverted else ring()
    square = read(pad, ground).astype(int)
    blank, ink = LEARNT[ground]
    assert (square == square[..., :1]).all()
    assert (square[:, [0, 1, -2, -1]] == blank).all(), "the ring is higher than it is wide"
    assert abs(square[SIDE // 2, SIDE // 2, 0] - blank) <= 10, "it is a ring"
    assert (np.abs(square[..., 0] - ink).min(axis=1) <= 120).all(), "from the first row to the last"
    assert np.abs(square - ink).min() <= 5, "in full contrast"


@pytest.mark.parametrize("inverted", [False, True], ids=["white on black", "black on white"])
@pytest.mark.parametrize("pen", [3, 8, 16])
@pytest.mark.parametrize("across", [40, 60, 80, 120, 200])
def test_the_gap_in_a_nought_is_not_taken_for_ink(across: int, pen: int, inverted: bool) -> None:
    image = Image.new("L", (400, 300), 40)
    ImageDraw.Draw(image).ellipse((60, 40, 60 + across, 40 + across), outline=215, width=pen)
    square = read(ImageOps.invert(image) if inverted else image)[..., 0].astype(int)
    middle, rim = square[SIDE // 2, SIDE // 2], square[SIDE // 2].max()
    assert middle < 30 and rim > 100


@pytest.mark.parametrize("place", [(5, 5), (230, 290), (120, 2), (235, 150)])
def test_it_does_not_matter_where_on_the_page_a_drawing_is(place: tuple[int, int]) -> None:
    left, top = place
    at = read(ImageOps.invert(ring(box=(left, top, left + 60, top + 100)))).astype(int)
    assert np.abs(at - read(ImageOps.invert(ring()))).mean() < 4


@pytest.mark.parametrize("seed", range(5))
def test_an_empty_page_stays_empty(seed: int) -> None:
    blackboard = 40 + np.random.default_rng(seed).normal(0, 3, (450, 600))
    for page in (paper(seed=seed), paper(seed=seed, light=0.7), paper(seed=seed, grain=8), blackboard):
        for image in (page, page / 2):
            assert (read(Image.fromarray(image.clip(0, 255).astype(np.uint8))) == 0).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2), (29, 28), (8, 8)])
@pytest.mark.parametrize("colour", ["white", "black", "grey", "red"])
def test_the_smallest_and_the_longest_pages_are_read(size: tuple[int, int], colour: str) -> None:
    assert read(Image.new("RGB", size, colour)).shape == (SIDE, SIDE, 3)


def test_specks_and_what_comes_in_from_beyond_the_frame_are_no_part_of_a_drawing() -> None:
    clean = Image.fromarray(np.maximum(paper(), 0).astype(np.uint8))
    ImageDraw.Draw(clean).line([(250, 120), (300, 200), (240, 300)], fill=40, width=14)
    dirty = clean.copy()
    pen = ImageDraw.Draw(dirty)
    pen.ellipse((420, 60, 424, 64), fill=40)
    pen.rectangle((0, 0, 25, 450), fill=30)  # the desk beside the page
    assert np.abs(read(dirty).astype(int) - read(clean)).mean() < 3


def test_the_edge_of_a_shadow_is_no_ink() -> None:
    page = paper(light=0.1)
    page[:, 330:] *= 0.6
    image = Image.fromarray(page.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(3))
    assert (read(image)[..., 0] > 128).mean() < 0.01 or (read(image) == 0).all()
    ImageDraw.Draw(image).line([(150, 120), (200, 200), (140, 300)], fill=40, width=14)
    columns = np.flatnonzero((read(image)[..., 0] > 100).any(axis=0))
    assert np.ptp(columns) < SIDE * 0.6, "only the line, which is twice as high as wide"


def test_photos_of_digits_on_paper_are_read_by_a_model_that_learnt_scans(
    first_start: object, scans: tuple[np.ndarray, list[Image.Image]]
) -> None:
    """Training images only. Before there was a ground, one in ten was right."""
    from core.runs.library import find_run

    predictor = Predictor.open(find_run("digits-cnn").bundle)
    pixels, originals = scans
    expected = predictor.run(pixels[: len(originals)]).probabilities.argmax(axis=1)
    files = [("", saved(drawn(scan, seed), "JPEG", quality=90)) for seed, scan in enumerate(originals)]
    answers = predict_files(predictor, files)
    right = [predictor.classes[label] == answer["label"] for label, answer in zip(expected, answers, strict=True)]
    assert np.mean(right) > 0.93
    known = [answer["verdict"] for answer in answers].count("known")
    assert known > 0.6 * len(answers)


def test_a_bundle_that_was_sealed_before_reads_photos_plainly() -> None:
    fields = json.loads(Metadata(("a", "b"), 28, {}, {}, reading={"ground": "dark", "grain": 8}).to_json())
    assert Metadata.from_json(json.dumps(fields)).reading == {"ground": "dark", "grain": 8}
    del fields["reading"]
    assert Metadata.from_json(json.dumps(fields)).reading == {}


def test_sealing_measures_the_ground(trained_run: Run) -> None:
    reading = Predictor.open(trained_run.bundle).metadata.reading
    assert reading == {"ground": "dark", "grain": 8, "stroke": pytest.approx(0.2, abs=0.02)}


def test_the_stroke_of_drawings_is_measured_as_a_share_of_their_side() -> None:
    for ground, (paper_level, ink) in LEARNT.items():
        drawings = np.full((5, SIDE, SIDE, 3), paper_level, np.uint8)
        drawings[:, :, 11:17] = ink  # six pixels wide
        assert measure_stroke(drawings, ground) == pytest.approx(
            6 / SIDE, rel=0.2
        )  # of a short line the ends count too


@pytest.mark.parametrize("ground", LEARNT)
def test_thin_lines_become_as_thick_as_those_that_the_model_learnt_and_thick_ones_stay(ground: str) -> None:
    def inked(width: int, stroke: float) -> float:
        image = Image.new("L", (400, 400), 255)
        ImageDraw.Draw(image).ellipse((100, 100, 300, 300), outline=0, width=width)
        square = read_square(io.BytesIO(saved(image, "PNG")), SIDE, ground, stroke=stroke)
        return float(np.mean(square if ground == "dark" else 255 - square)) / 255

    learnt = inked(40, 0)
    assert inked(6, 0) < 0.3 * learnt
    for width in (4, 6, 12, 24):
        assert inked(width, 0.2) == pytest.approx(learnt, rel=0.2)
    assert inked(40, 0.2) == pytest.approx(learnt, rel=0.02)


def test_without_a_ground_an_image_is_read_as_ever() -> None:
    whole = np.asarray(to_square(ring(), SIDE)).astype(int)
    assert np.abs(read(ring(), None) - whole).max() <= 10
    assert not is_drawing(np.asarray(ring().convert("RGB")), "dark")


def test_a_sharp_drawing_is_made_as_coarse_as_those_that_the_model_learnt_from() -> None:
    file = saved(ring(), "PNG")
    sharp = read_square(io.BytesIO(file), SIDE, "dark").astype(float)
    coarse = read_square(io.BytesIO(file), SIDE, "dark", grain=8).astype(float)
    again = Image.fromarray(coarse.astype(np.uint8)).resize((8, 8), Image.Resampling.BOX).resize((SIDE, SIDE))
    assert np.abs(coarse - np.asarray(again)).mean() < np.abs(sharp - np.asarray(again)).mean() / 2
    scan = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8))
    as_it_came = read_square(io.BytesIO(saved(scan, "PNG")), 8, "dark", grain=8)
    np.testing.assert_array_equal(as_it_came[..., 0], np.asarray(scan))


def test_an_image_of_the_models_size_with_wide_margins_is_no_drawing_as_it_learnt_them() -> None:
    small = Image.new("L", (SIDE, SIDE))
    small.paste(255, (12, 9, 15, 19))
    square = read_square(io.BytesIO(saved(small, "PNG")), SIDE, "dark", grain=8)
    assert square[:3].max() > 100 and square[-3:].max() > 100  # it was cropped to its ink
