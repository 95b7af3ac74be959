"""How far the bundle's probabilities are from PyTorch's, for the same images."""

import numpy as np
import torch
from safetensors.torch import load_file

from bench.figures import Bench, Figure, SkippedError
from core.bundle.format import WEIGHTS
from core.bundle.predictor import Predictor
from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.models import build
from core.runs.store import Run, store
from core.training.loop import to_input
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
    shipped = predictor.run(test.pixels[chosen]).probabilities
    distance = float(np.abs(shipped - _by_torch(trained, predictor, test.pixels[chosen])).max())
    return [
        Figure(
            name="largest |Δp| between PyTorch and the bundle",
            target=f"at most {TARGET:g}",
            measured=f"{distance:.1e}",
            sample=f"{len(chosen):,} test images, {shipped.shape[1]} classes",
            conditions=f"article-cnn on {trained.data}, both in fp32",
            reached=distance <= TARGET,
        )
    ]


@torch.no_grad()
def _by_torch(run: Run, predictor: Predictor, pixels: np.ndarray) -> np.ndarray:
    recipe = Recipe(**run.recipe)
    model = build(recipe.family, len(predictor.classes), recipe.image_side, recipe.dropout)
    model.load_state_dict(load_file(run.bundle / WEIGHTS))
    logits = model.eval()(to_input(torch.from_numpy(pixels)))
    return torch.softmax(logits / predictor.metadata.temperature, dim=1).numpy()
