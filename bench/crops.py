"""How a model of tight crops should look at photos, which leave room around things: once, or closer and closer.

Validation images of CIFAR-10, which the bundled model never learnt from, are pasted into scenes of other such images, blurred; nothing here
sees a test image.
"""

import numpy as np
from PIL import Image, ImageFilter

from bench.figures import Bench, Figure
from core import paths
from core.bundle.predictor import Predictor
from core.bundle.preprocess import ZOOMS, looks
from core.data.imageset import ImageSet, hold_out, load_split
from core.data.versions import get_dataset
from core.training.recipe import Recipe

MODEL = "cifar10-accurate"
IMAGES, SHORT = 500, 96  # pixels of a scene's shorter side
# How much of the shorter side the thing fills, the scene's width over its height, and whether it stands about the middle.
SCENES = [
    *((1.0, aspect, True) for aspect in (1, 4 / 3, 16 / 9)),
    *((1.0, aspect, False) for aspect in (4 / 3, 3 / 4)),
    *((share, 4 / 3, centred) for share in (0.8, 0.6) for centred in (True, False)),
    (0.45, 1, True),
]
WAYS = {"once": (1.0,), "twice": ZOOMS[:2], "three times": ZOOMS}


def measure(bench: Bench) -> list[Figure]:
    predictor = Predictor.open(paths.bundled() / MODEL / "bundle")
    images = _held_out(bench, Recipe(**predictor.metadata.recipe))
    found = {way: [_accuracy(predictor, images, scene, zooms) for scene in SCENES] for way, zooms in WAYS.items()}
    told = "; ".join(
        f"{way} {np.mean(shares):.1%} ({min(shares):.1%} to {max(shares):.1%})" for way, shares in found.items()
    )
    return [
        Figure(
            name="things in scenes named rightly, by how often a photo is looked at",
            target="the choice is the best",
            measured=told,
            sample=f"{len(SCENES)} kinds of scenes, {len(images)} validation images each; mean (range over the kinds)",
            conditions=f"{MODEL}; closer by {', '.join(f'{zoom:g}' for zoom in ZOOMS)}; the probabilities' mean",
            reached=max(found, key=lambda way: np.mean(found[way])) == "three times",
        )
    ]


def _held_out(bench: Bench, recipe: Recipe) -> ImageSet:
    images = load_split(get_dataset(bench.cifar_dataset), "train", recipe.image_side)
    _kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    return images.subset(np.sort(np.random.default_rng(0).permutation(held_out)[:IMAGES]))


def _accuracy(
    predictor: Predictor, images: ImageSet, scene: tuple[float, float, bool], zooms: tuple[float, ...]
) -> float:
    random, right, side = np.random.default_rng(0), 0, predictor.side
    grounds = random.permutation(len(images))
    for pixels, ground, label in zip(images.pixels, images.pixels[grounds], images.labels, strict=True):
        square = _centre(_scene(pixels, ground, *scene, random), 2 * side)
        said = predictor.run(looks(square, side, zooms), ("probabilities",)).probabilities.mean(axis=0)
        right += int(said.argmax() == label)
    return right / len(images)


def _scene(
    thing: np.ndarray, ground: np.ndarray, share: float, aspect: float, centred: bool, random: np.random.Generator
) -> Image.Image:
    width, height = (round(SHORT * aspect), SHORT) if aspect >= 1 else (SHORT, round(SHORT / aspect))
    scene = Image.fromarray(ground).resize((width, height), Image.Resampling.BICUBIC)
    scene = scene.filter(ImageFilter.GaussianBlur(6))
    size = round(share * SHORT)
    room = np.array([width - size, height - size])
    place = room / 2 + 0.06 * room * random.normal(size=2) if centred else random.uniform(0, room)
    left, top = (int(min(max(0, at), most)) for at, most in zip(place, room, strict=True))
    edge = max(1, size // 16)
    mask = Image.new("L", (size, size))
    mask.paste(255, (edge, edge, size - edge, size - edge))
    pasted = Image.fromarray(thing).resize((size, size), Image.Resampling.LANCZOS)
    scene.paste(pasted, (left, top), mask.filter(ImageFilter.GaussianBlur(edge)))
    return scene


def _centre(scene: Image.Image, side: int) -> np.ndarray:
    short = min(scene.size)
    left, top = ((length - short) // 2 for length in scene.size)
    box = (left, top, left + short, top + short)
    return np.asarray(scene.resize((side, side), Image.Resampling.BICUBIC, box))
