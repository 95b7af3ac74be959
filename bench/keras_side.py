"""The article's program with its bugs mended, for Keras in an environment of its own: `.bench-venv/bin/python -m bench.keras_side`.

Its two bugs: the test images were passed as training labels, and labels were never encoded. Prints one JSON value.
"""

import argparse
import json
import time
from typing import Any

import keras
import numpy as np


def article_network(classes: int) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, (3, 3), activation="relu", padding="same"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu", padding="same"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ]
    )


class EpochSeconds(keras.callbacks.Callback):  # type: ignore[misc]
    """Seconds of each epoch's training."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._since = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.seconds.append(time.perf_counter() - self._since)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", help="an .npz file with train_images, train_labels, test_images, test_labels")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    keras.utils.set_random_seed(chosen.seed)
    with np.load(chosen.data) as stored:
        data = {name: stored[name] for name in stored.files}
    images, test_images = (data[f"{split}_images"].astype("float32") / 255 for split in ("train", "test"))
    labels, test_labels = (keras.utils.to_categorical(data[f"{split}_labels"]) for split in ("train", "test"))
    model = article_network(labels.shape[1])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    watch = EpochSeconds()
    model.fit(images, labels, epochs=chosen.epochs, batch_size=chosen.batch_size, verbose=0, callbacks=[watch])
    _, accuracy = model.evaluate(test_images, test_labels, verbose=0)
    report = {"seconds": watch.seconds, "images": len(images), "test_accuracy": accuracy, "keras": keras.__version__}
    print(json.dumps(report | {"parameters": model.count_params()}))


if __name__ == "__main__":
    main()
