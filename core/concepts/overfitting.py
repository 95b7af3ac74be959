"""Over-fitting on points in the plane: a small network, trained in a blink, and what holds it back.

The network has one hidden layer of ReLU neurons and is trained by Adam (Kingma & Ba, 2014, arXiv 1412.6980) on all points at
once. Everything follows from the seed.
"""

from dataclasses import dataclass

import numpy as np

from core.concepts.neuron import sigmoid

HIDDEN = 64
STEPS = 300
RATE = 0.04
EVERY = 15  # steps between two points of the curves
NOISE = 0.4  # deviation of the points around their half moon: the two classes overlap
VALIDATION = 1000  # points, always the same ones
NEARLY_ZERO = 0.02  # a weight below it hardly counts


@dataclass(frozen=True)
class Remedies:
    """What a network is trained on, and what holds it back.

    Attributes:
        points: number of training points.
        l1, l2: how much the sum of all weights, taken positive, and half the sum of their squares add to the loss.
        dropout: share of hidden neurons left out at random in each step (Srivastava et al., 2014).
        seed: of points, first weights and dropout.
    """

    points: int = 40
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Scores:
    """Mean cross-entropy, and the share of points on the right side."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Network:
    """Weights `[3, hidden]` (the last row is the bias) and `[hidden + 1]` (the last is the bias)."""

    hidden: np.ndarray
    output: np.ndarray

    def logits(self, points: np.ndarray) -> np.ndarray:
        """Of points `[n, 2]`: `[n]`."""
        return np.maximum(_with_one(points) @ self.hidden, 0) @ self.output[:-1] + self.output[-1]

    def probabilities(self, points: np.ndarray) -> np.ndarray:
        """That points `[n, 2]` belong to the second class: `[n]`."""
        return sigmoid(self.logits(points))

    @property
    def weights(self) -> np.ndarray:
        """All weights but the biases."""
        return np.concatenate([self.hidden[:-1].ravel(), self.output[:-1]])


@dataclass(frozen=True)
class Training:
    """A finished training: its points `[n, 2]` and labels `[n]`, curves `[k]` over `steps` `[k]`, and what came out."""

    points: np.ndarray
    labels: np.ndarray
    steps: np.ndarray
    training: list[Scores]
    validation: list[Scores]
    network: Network


def half_moons(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points `[count, 2]` around two half circles that reach into each other, and the circle of each, `[count]` of 0 and 1."""
    angle, labels = random.uniform(0, np.pi, count), random.integers(0, 2, count)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1) - [0.5, 0.25]
    points = np.where(labels[:, None] == 1, -upper, upper)
    return points + NOISE * random.standard_normal((count, 2)), labels


def train(remedies: Remedies) -> Training:
    """Train from scratch; well under a second."""
    random = np.random.default_rng(remedies.seed)
    points, labels = half_moons(remedies.points, random)
    held_out = half_moons(VALIDATION, np.random.default_rng(2**31))
    network = Network(2 * random.standard_normal((3, HIDDEN)), random.standard_normal(HIDDEN + 1) / HIDDEN**0.5)
    flat = np.concatenate([network.hidden.ravel(), network.output])
    mean, square = np.zeros_like(flat), np.zeros_like(flat)
    steps, training, validation = [], [], []
    for step in range(STEPS + 1):
        network = Network(flat[: 3 * HIDDEN].reshape(3, HIDDEN), flat[3 * HIDDEN :])
        if step % EVERY == 0:
            steps.append(step)
            training.append(scores(network, points, labels))
            validation.append(scores(network, *held_out))
        gradient = loss_gradient(network, points, labels, remedies, random)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        unbiased = mean / (1 - 0.9 ** (step + 1)), square / (1 - 0.99 ** (step + 1))
        flat = flat - RATE * (1 - step / STEPS) * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
    return Training(points, labels, np.array(steps), training, validation, network)


def scores(network: Network, points: np.ndarray, labels: np.ndarray) -> Scores:
    """How well a network does on points `[n, 2]` with labels `[n]`, without any penalty."""
    logits = network.logits(points)
    loss = np.logaddexp(0, logits) - labels * logits
    return Scores(float(loss.mean()), float(((logits > 0) == labels).mean()))


def loss_gradient(
    network: Network, points: np.ndarray, labels: np.ndarray, remedies: Remedies, random: np.random.Generator
) -> np.ndarray:
    """The gradient of cross-entropy and penalties by all weights and biases, `[3 hidden + hidden + 1]`."""
    inputs = _with_one(points)
    sums = inputs @ network.hidden
    alive = (sums > 0).astype(float)
    if remedies.dropout:
        # What is left counts for more, so that the sum stays what it will be with all neurons.
        alive *= (random.random(sums.shape) >= remedies.dropout) / (1 - remedies.dropout)
    found = sums * alive
    error = (sigmoid(found @ network.output[:-1] + network.output[-1]) - labels) / len(labels)
    hidden = inputs.T @ (error[:, None] * network.output[:-1] * alive)
    output = np.append(error @ found, error.sum())
    hidden[:-1] += _pull(network.hidden[:-1], remedies)
    output[:-1] += _pull(network.output[:-1], remedies)
    return np.concatenate([hidden.ravel(), output])


def _pull(weights: np.ndarray, remedies: Remedies) -> np.ndarray:
    """The gradient of both penalties; biases have none."""
    return remedies.l1 * np.sign(weights) + remedies.l2 * weights


def _with_one(points: np.ndarray) -> np.ndarray:
    """Points `[n, 2]` with a third input that is always one, for the bias."""
    return np.column_stack([points, np.ones(len(points))])
