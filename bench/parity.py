"""How far the bundle's probabilities are from PyTorch's, for the same images."""

import numpy as np

from bench.figures import Bench, Figure, SkippedError
from core.bundle.export import largest_difference, restore
from core.bundle.predictor import Predictor
from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.runs.store import store
from core.training.batches import to_input
from core.training.recipe import Recipe

TARGET = 1e-4
IMAGES = 1000


def measure(bench: Bench) -> list[Figure]:
    try:
        run = bench.trained(bench.cifar_dataset, "article-0")
    except SkippedError:
        run = bench.trained("digits", "digits-0")
    trained = store().get(run["run_id"])
    test = load_split(get_dataset(trained.data), "test", Recipe(**trained.recipe).image_side)
    chosen = np.random.default_rng(0).permutation(len(test))[:IMAGES]
    predictor = Predictor.open(trained.bundle)
    distance = largest_difference(restore(trained.bundle), to_input, predictor, test.pixels[chosen])
    return [
        Figure(
            name="largest |Δp| between PyTorch and the bundle",
            target=f"at most {TARGET:g}",
            measured=f"{distance:.1e}",
            sample=f"{len(chosen):,} test images, {len(predictor.classes)} classes",
            conditions=f"article-cnn on {trained.data}, both in fp32",
            reached=distance <= TARGET,
        )
    ]
