"""Transfer: what a trained network sees is kept, and the layer that decides is learnt anew. Worker only.

The new head is a logistic regression on the embedding (a linear probe), which few images suffice for; after that the whole
network may be fine-tuned.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from torch import nn

from core.data.imageset import ImageSet
from core.errors import VitrineError
from core.models.classifier import Classifier
from core.training.batches import Batches
from core.training.devices import choose_device
from core.training.loop import FitResult, fit
from core.training.recipe import Recipe
from core.training.trainer import Reporter

STRENGTHS = tuple(10.0**power for power in np.arange(-5, 2.5, 0.5))  # C of scikit-learn: the inverse of the penalty
FOLDS = 5
COMPONENTS = 256  # principal components that are kept of an embedding, which may have thousands of features
ENOUGH = 1000  # embeddings that the strength is chosen by: more would not change it, and take minutes
ITERATIONS = 200
BATCH = 100


def take_over(
    recipe: Recipe,
    body: Classifier,
    train: ImageSet,
    validation: ImageSet,
    reporter: Reporter,
    checkpoint: Path,
    device: str = "auto",
) -> FitResult:
    """Give a trained body a head for the classes of `train`, and fine-tune all of it if the recipe has epochs.

    The curves begin with what the new head reaches on the validation images, as epoch 0.

    Raises:
        VitrineError: ``job_stopped`` when a stop is asked for before there is a head; those of :func:`core.training.loop.fit`.
    """
    started = time.perf_counter()
    model = new_head(recipe, body, train, reporter, choose_device(device))
    _report(model, validation, reporter, choose_device(device))
    if recipe.epochs:
        return fit(recipe, train, validation, reporter, checkpoint, device, model)
    seconds = time.perf_counter() - started
    return FitResult(
        model=model,
        stopped=False,
        early=False,
        epochs=0,
        kept_epoch=0,
        seconds=seconds,
        images_per_second=len(train) / seconds,
    )


def new_head(
    recipe: Recipe, body: Classifier, images: ImageSet, reporter: Reporter, device: torch.device
) -> Classifier:
    """The body with a head for the classes of the images."""
    started, found = time.perf_counter(), []
    for done, seen in embed(body, images, device):
        found.append(seen)
        if reporter.stopped():
            raise VitrineError("job_stopped")
        speed = done / (time.perf_counter() - started)
        # The bar is that of the epochs, if there are any.
        share = 0.0 if recipe.epochs else done / len(images)
        reporter.progress(share, phase="embedding", images_per_second=speed, eta_seconds=(len(images) - done) / speed)
    with threadpool_limits(1):  # the matrices are small: threads would wait for each other longer than they work
        body.head = fit_head(np.concatenate(found), images.labels, recipe)
    return body.eval()


@torch.no_grad()
def embed(body: Classifier, images: ImageSet, device: torch.device) -> Iterator[tuple[int, np.ndarray]]:
    """What the body sees in the images, batch by batch: how many are done, and float32 `[batch, d]`."""
    body = body.eval().to(device)
    batches = Batches(images, device)
    for indices in torch.arange(len(images)).split(BATCH):
        yield int(indices[-1]) + 1, body.embedding(batches[indices][0]).float().cpu().numpy()


def _report(model: Classifier, validation: ImageSet, reporter: Reporter, device: torch.device) -> None:
    """Tell of the new head as the end of epoch 0, for which there is no checkpoint."""
    seen = np.concatenate([part for _done, part in embed(model, validation, device)])
    with torch.no_grad():
        logits = model.head.cpu()(torch.from_numpy(seen)).double()
    labels = torch.from_numpy(validation.labels)
    loss, accuracy = F.cross_entropy(logits, labels), (logits.argmax(1) == labels).double().mean()
    reporter.step({"epoch": 0.0, "val_loss": loss.item(), "val_accuracy": accuracy.item()}, 0)


def fit_head(embeddings: np.ndarray, labels: np.ndarray, recipe: Recipe) -> nn.Linear:
    """Logistic regression with an L2 penalty of cross-validated strength, on standardised features.

    Standardisation and principal components are folded into the layer's weights: it takes the embedding as it is.

    Args:
        embeddings: float `[n, d]`.
        labels: int `[n]`, each of 0 to classes - 1 at least once.
    """
    scaler = StandardScaler().fit(embeddings)
    standard = scaler.transform(embeddings)
    pca = PCA(min(*standard.shape, COMPONENTS), random_state=recipe.seed).fit(standard)
    features = pca.transform(standard).astype(np.float64)  # a search along a line may find no end in float32
    balance = "balanced" if recipe.class_weights == "balanced" else None
    fitted = _regression(_strength(features, labels, balance, recipe.seed), balance).fit(features, labels)
    weights, bias = fitted.coef_, fitted.intercept_
    if len(weights) == 1:  # of two classes scikit-learn keeps the difference only
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    turned = weights @ pca.components_
    unscaled = turned / scaler.scale_
    head = nn.Linear(unscaled.shape[1], len(unscaled))
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(unscaled))
        head.bias.copy_(torch.from_numpy(bias - turned @ pca.mean_ - unscaled @ scaler.mean_))
    return head


def _strength(features: np.ndarray, labels: np.ndarray, balance: str | None, seed: int) -> float:
    """The strength whose held-out log loss is lowest; 1 where a class has too few images to hold any out.

    The penalty is weakened step by step until the loss has risen twice: where it is weak, fitting takes long.
    """
    if len(labels) > ENOUGH:
        order = np.random.default_rng(seed).permutation(len(labels))
        # Some of every class, however rare, or there would be none to hold out.
        some = [order[labels[order] == label][:FOLDS] for label in np.unique(labels)]
        chosen = np.union1d(order[:ENOUGH], np.concatenate(some))
        features, labels = features[chosen], labels[chosen]
    classes, counts = np.unique(labels, return_counts=True)
    if (number := min(FOLDS, counts.min())) < 2:
        return 1.0
    folds = list(StratifiedKFold(number, shuffle=True, random_state=seed).split(features, labels))
    models = [_regression(1.0, balance).set_params(warm_start=True) for _fold in folds]
    best, lowest, risen = 1.0, float("inf"), 0
    for strength in STRENGTHS:
        loss = 0.0
        for model, (train, test) in zip(models, folds, strict=True):
            model.set_params(C=strength).fit(features[train], labels[train])
            loss += log_loss(labels[test], model.predict_proba(features[test]), labels=classes)
        risen = risen + 1 if loss > lowest else 0
        if loss < lowest:
            best, lowest = strength, loss
        if risen == 2:
            break
    return best


def _regression(strength: float, balance: str | None) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight=balance, max_iter=ITERATIONS)
