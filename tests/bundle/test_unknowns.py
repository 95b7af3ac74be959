"""Scores that tell unknown images from known ones, and the images that they are chosen by."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from core.bundle.knownness import KINDS, Entropy, Knownness, Said, best, candidates, compare, score
from core.bundle.unknowns import auroc, foreign, stand_ins


@pytest.mark.parametrize("seed", range(20))
def test_auroc_is_scikit_learns_with_ties_and_without(seed: int) -> None:
    random = np.random.default_rng(seed)
    known, unknown = random.normal(1, 1, 60), random.normal(0, 1, 40)
    if seed % 2:
        known, unknown = known.round(), unknown.round()
    truth = np.repeat([1, 0], [60, 40])
    assert auroc(known, unknown) == pytest.approx(roc_auc_score(truth, np.concatenate([known, unknown])))


def test_stand_ins_are_made_of_the_images_and_are_other_images() -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    made = stand_ins(images)
    assert set(made) == {"blended", "pasted", "shuffled", "textures", "drawings", "clouds"}
    for pictures in made.values():
        assert pictures.dtype == np.uint8 and pictures.shape[1:] == (32, 32, 3)
        assert not any((picture == image).all() for picture in pictures[:5] for image in images)
    order = np.random.default_rng(0).permutation(30)
    same = np.sort(images[np.sort(order)].reshape(30, -1), axis=1)
    np.testing.assert_array_equal(np.sort(made["shuffled"].reshape(30, -1), axis=1), same)  # the same pixels elsewhere


def test_two_images_are_blended_or_one_pasted_into_the_other() -> None:
    images = np.stack([np.full((32, 32, 3), shade, np.uint8) for shade in (10, 200)])
    made = stand_ins(images)
    assert (made["blended"] == 105).all()
    assert [(image[0, 0, 0], image[16, 16, 0]) for image in made["pasted"]] == [(10, 200), (200, 10)]


def test_a_texture_has_the_frequencies_of_its_image() -> None:
    image = np.full((1, 32, 32, 3), 128, np.uint8)
    image[:, ::2] = 158  # stripes, far from black and white
    found = stand_ins(image)["textures"]
    before, after = (np.abs(np.fft.fft2(picture[0, :, :, 0].astype(float))) for picture in (image, found))
    np.testing.assert_allclose(before, after, atol=32 * 32)  # half a step of a pixel's value each
    assert not (image == found).all()


def test_a_drawing_is_white_but_for_outlines() -> None:
    image = np.full((1, 32, 32, 3), 50, np.uint8)
    image[:, 8:24, 8:24] = 200
    drawing = stand_ins(image)["drawings"][0]
    assert (drawing[16, 16] == 255).all() and (drawing[2, 2] == 255).all()
    assert (drawing[8, 16] < 20).all() and (drawing[16, 23] < 20).all()


@pytest.mark.parametrize("side", [20, 32, 65])
def test_foreign_images_have_the_size_that_is_asked_for(side: int) -> None:
    for pictures in foreign(side, n=9).values():
        assert pictures.shape == (9, side, side, 3) and pictures.dtype == np.uint8
        assert len({picture.tobytes() for picture in pictures}) == 9


def world(n: int, where: float = 0.0, looks: float = 0.0) -> tuple[Said, np.ndarray]:
    """What is said of three classes, and their labels; `where` moves all of them to a place that no class has, `looks` how they look."""
    random = np.random.default_rng(n)
    labels = np.arange(n) % 3
    embedding = np.zeros((n, 8)) + random.normal(0, 0.3, (n, 8))
    embedding[np.arange(n), labels] += 3
    embedding[:, 7] += where
    logits = 2 * embedding[:, :3]
    appearances = looks + random.normal(0, 1, (n, 12))
    return (logits.astype(np.float32), embedding.astype(np.float32), appearances.astype(np.float32)), labels


def fitted(n: int = 300, held_out: int = 90) -> dict[str, Knownness]:
    return candidates(*world(n), world(held_out)[0])


def test_an_embedding_like_none_that_was_seen_is_noticed_by_distance_and_neighbours() -> None:
    assert set(fitted()) == set(KINDS)
    compared = compare(fitted(), world(90)[0], {"far": world(60, where=6.0)[0]})
    assert compared["distance"]["far"] > 0.99 and compared["neighbours"]["far"] > 0.99
    assert compared["probability"]["far"] < 0.7  # the classes still have their say
    assert compared["both"]["far"] > 0.95


def test_an_embedding_between_all_classes_is_noticed_by_the_relative_distance_whatever_else_is_unusual() -> None:
    logits, embedding, looks = world(90)[0]
    nowhere, elsewhere = embedding.copy(), embedding.copy()
    nowhere[:, :3] = 1.0  # the middle of them all
    elsewhere[:, 7] += 1.5  # where no class lies, and yet as near to its own class as before
    compared = compare(
        fitted(),
        (logits, embedding, looks),
        {"nowhere": (logits, nowhere, looks), "elsewhere": (logits, elsewhere, looks)},
    )
    assert compared["relative"]["nowhere"] > 0.99
    assert compared["relative"]["elsewhere"] < 0.8 and compared["distance"]["elsewhere"] > 0.99


def test_entropy_is_highest_for_one_class_alone_and_lowest_for_all_alike() -> None:
    sure, torn, lost = torch.tensor([[9.0, 0, 0], [4, 4, 0], [1, 1, 1]]).unbind()
    told = [float(Entropy()(logits[None], torch.zeros(1, 8))) for logits in (sure, torn, lost)]
    assert told == sorted(told, reverse=True) and len(set(told)) == 3


def test_entropy_is_as_exact_where_a_network_is_sure_as_in_double_precision() -> None:
    logits = torch.zeros(60, 10)
    logits[:, 0] = torch.linspace(0, 30, 60)
    found, exact = Entropy()(logits, logits), Entropy()(logits.double(), logits)
    torch.testing.assert_close(found.double(), exact, rtol=1e-4, atol=1e-5)


def test_what_looks_like_no_known_image_is_unknown_by_every_score() -> None:
    compared = compare(fitted(), world(90)[0], {"strange": world(60, looks=9.0)[0]})
    assert min(found["strange"] for found in compared.values()) > 0.99


def test_the_score_is_chosen_that_is_best_where_it_is_worst() -> None:
    assert best({"a": {"x": 0.99, "y": 0.6}, "b": {"x": 0.8, "y": 0.7}}) == "b"
    assert best({"a": {"x": 0.6, "y": 0.9}, "b": {"x": 0.8, "y": 0.5}}) == "a"


@pytest.mark.parametrize("n", [6, 12])
def test_a_handful_of_images_is_enough_for_every_score(n: int) -> None:
    for held_out in (2, 9):
        for one in fitted(n, held_out).values():
            told = score(one, world(5)[0])
            assert np.isfinite(told).all() and np.abs(told).max() < 1000
