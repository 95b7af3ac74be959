"""What the titles of the learning curves say is what was seen."""

import pytest

from ui.curves import loss_title


def title(validation: list[float], training: list[float]) -> str:
    """The title after so many epochs; two batches in each, around the training loss given."""
    return loss_title(
        {
            "val_loss": [(float(epoch), loss) for epoch, loss in enumerate(validation, 1)],
            "batch_loss": [
                (epoch + place, loss + noise)
                for epoch, loss in enumerate(training)
                for place, noise in ((0.5, 9), (1, -9))
            ],
        }
    )


@pytest.mark.parametrize(
    ("validation", "training", "said"),
    [
        ([], [], "Loss: the lower, the better"),
        ([2.5], [2], "Validation loss is 2.500"),
        ([2.5, 2.25], [2, 1], "Validation loss is 2.250, its lowest so far"),
        ([2.5, 2.25, 2.3], [3, 2, 1], "Validation loss was lowest at epoch 2"),
        ([2.5, 2.25, 2.3, 2.4], [4, 3, 2, 1], "Validation loss was lowest at epoch 2: since then it learns by heart"),
        ([2.5, 2.25, 2.4, 2.3], [4, 3, 2, 1], "Validation loss was lowest at epoch 2"),
        ([2.5, 2.25, 2.3, 2.4], [4, 3, 3, 3], "Validation loss was lowest at epoch 2"),
        ([2.5, 2.25, 2.3, 2.4], [], "Validation loss was lowest at epoch 2"),
    ],
)
def test_the_loss_is_said_no_louder_than_it_was_seen(validation: list[float], training: list[float], said: str) -> None:
    assert title(validation, training) == said
