"""Sealing: from a trained model to the bundle, and back. The only part of the bundle that needs torch."""

import json
import logging
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.bundle.appearance import appearance, appearances
from core.bundle.calibration import fit_probability_threshold, fit_temperature
from core.bundle.card import model_card
from core.bundle.format import CARD, MODEL, OUTPUTS, RECIPE, WEIGHTS, Metadata, write_sums
from core.bundle.knownness import Knownness, Said, best, candidates, compare
from core.bundle.predictor import Predictor, chunked
from core.bundle.reading import measure_reading
from core.bundle.unknowns import stand_ins
from core.bundle.variants import store
from core.data.imageset import ImageSet
from core.models import build
from core.models.classifier import Classifier
from core.training.command import command
from core.training.recipe import Recipe

REFERENCE = 2000  # training images that likeness is measured against, at most
# Of validation knownness: what lies below is refused. It is to be one in twenty of all known images at most, and a few thousand
# validation images say so to half a point only.
KNOWNNESS_QUANTILE = 0.04


class Graph(nn.Module):
    """Everything between an image and its verdict, for export.

    Args:
        model: has ``embedding(images)`` and ``head(embedding)``.
        to_input: uint8 `[n, side, side, 3]` to the model's input; the function that training used.
        temperature: divides the logits before the softmax.
        likeness: logits, embeddings and appearances to knownness; see :mod:`core.bundle.knownness`.
    """

    def __init__(
        self,
        model: Classifier,
        to_input: Callable[[Tensor], Tensor],
        temperature: float,
        likeness: Callable[[Tensor, Tensor, Tensor], Tensor],
    ) -> None:
        super().__init__()
        self.model, self.to_input, self.temperature, self.likeness = model, to_input, temperature, likeness

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        seen = self.to_input(images)
        embedding = self.model.embedding(seen)
        logits = self.model.head(embedding)
        probabilities = torch.softmax(logits / self.temperature, dim=1)
        return logits, embedding, probabilities, self.likeness(logits, embedding, appearance(seen))


def seal(
    model: Classifier,
    to_input: Callable[[Tensor], Tensor],
    metadata: Metadata,
    training: ImageSet,
    validation: ImageSet,
    folder: Path,
    natural_side: int | None = None,
) -> Metadata:
    """Write the bundle to `folder`, whole or not at all.

    Args:
        model: in eval mode.
        metadata: its temperature, score of likeness, reading, thresholds and validation figures are filled in here, the last two
            measured with the sealed graph itself.
        training: what the model learnt from; some of it is what likeness is measured against.
        validation: images that were held out of training.
        natural_side: pixels of the images' shorter side as they came; None where nobody knows.
    """
    aside = folder.with_name(folder.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    images, labels = validation.pixels, validation.labels
    model = model.cpu().eval().to(memory_format=torch.contiguous_format)
    known = outputs(model, to_input, images)
    likeness, knownness = _likeness(model, to_input, training, validation, known)
    metadata = replace(
        metadata,
        temperature=fit_temperature(known[0], labels),
        knownness=knownness,
        reading=measure_reading(training.pixels, natural_side),
    )
    graph = Graph(model, to_input, metadata.temperature, likeness)
    exported = to_onnx(graph, metadata.side)
    store(exported, metadata, aside / MODEL)
    metadata = measure(Predictor.load(aside / MODEL), images, labels)
    store(exported, metadata, aside / MODEL)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, aside / WEIGHTS)
    (aside / RECIPE).write_text(json.dumps(metadata.recipe, indent=2) + "\n")
    how = command(Recipe(**metadata.recipe), metadata.dataset["name"])
    (aside / CARD).write_text(model_card(metadata, how), encoding="utf-8")
    write_sums(aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return metadata


def _likeness(
    model: Classifier,
    to_input: Callable[[Tensor], Tensor],
    training: ImageSet,
    validation: ImageSet,
    known: Said,
) -> tuple[nn.Module, dict[str, Any]]:
    """The score that tells made-up unknown images from validation images best, and how all of them fared."""
    scores, compared = fit_scores(model, to_input, training, validation, known)
    kind = best(compared)
    return scores[kind].eval(), {"kind": kind, "compared": compared, "reach": scores[kind].strangeness.reach}


def fit_scores(
    model: Classifier,
    to_input: Callable[[Tensor], Tensor],
    training: ImageSet,
    validation: ImageSet,
    known: Said,
) -> tuple[dict[str, Knownness], dict[str, dict[str, float]]]:
    """The scores of a network, and how well each tells made-up unknown images from validation images.

    Args:
        known: what the network says of the validation images.
    """
    seen = training.subset(reference(len(training)))
    scores = candidates(outputs(model, to_input, seen.pixels), seen.labels, known)
    made = stand_ins(validation.pixels)
    return scores, compare(scores, known, {name: outputs(model, to_input, pixels) for name, pixels in made.items()})


def reference(images: int) -> np.ndarray:
    """The positions of the training images that likeness is measured against, of so many."""
    return np.sort(np.random.default_rng(0).permutation(images)[:REFERENCE])


def to_onnx(graph: nn.Module, side: int) -> onnx.ModelProto:
    """The graph as ONNX with a dynamic batch."""
    images = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    # The exporter speaks of its own workings at length, to people who develop it.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    logging.getLogger("onnxscript").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph,
            (images,),
            input_names=["images"],
            output_names=list(OUTPUTS),
            dynamic_shapes={"images": {0: torch.export.Dim("batch")}},
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def measure(predictor: Predictor, images: np.ndarray, labels: np.ndarray) -> Metadata:
    """The metadata with what the graph itself says of the validation images: accuracy, and the thresholds."""
    said = predictor.run(images, ("probabilities", "knownness"))
    return replace(
        predictor.metadata,
        validation={"accuracy": float((said.probabilities.argmax(axis=1) == labels).mean()), "n": len(labels)},
        knownness_threshold=float(np.quantile(said.knownness, KNOWNNESS_QUANTILE)),
        probability_threshold=fit_probability_threshold(said.probabilities, labels),
    )


def restore(folder: Path, dropout: float = 0.0) -> Classifier:
    """The bundle's network in PyTorch, in eval mode, built anew from its recipe and weights."""
    metadata = Predictor.open(folder).metadata
    recipe = Recipe(**metadata.recipe)
    model = build(recipe.family, recipe.shape(len(metadata.classes)), dropout)
    model.load_state_dict(load_file(folder / WEIGHTS))
    return model.eval()


def largest_difference(
    model: Classifier, to_input: Callable[[Tensor], Tensor], predictor: Predictor, pixels: np.ndarray
) -> float:
    """The largest |Δp| between PyTorch in fp32 and the bundle, over images uint8 `[n, side, side, 3]` and all classes."""
    logits = torch.from_numpy(outputs(model, to_input, pixels)[0])
    expected = torch.softmax(logits / predictor.metadata.temperature, dim=1).numpy()
    return float(np.abs(expected - predictor.run(pixels, ("probabilities",)).probabilities).max())


@torch.no_grad()
def outputs(model: Classifier, to_input: Callable[[Tensor], Tensor], pixels: np.ndarray) -> Said:
    """What the network says in fp32 of images uint8 `[n, side, side, 3]`, logits and embeddings, and their appearances."""
    seen = [model.embedding(to_input(torch.from_numpy(np.array(images)))) for images in chunked(pixels)]
    embedding = torch.cat(seen)
    return model.head(embedding).numpy(), embedding.numpy(), appearances(to_input, pixels)
