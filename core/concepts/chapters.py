"""The parts of the project that the page about the code shows, in the order in which a run goes through them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A function of this repository, by the name it has there, and what to look at in it."""

    path: str
    name: str
    note: str


def _(template: str) -> str:
    """Marks what is translated where it is shown."""
    return template


# fmt: off
CHAPTERS: dict[str, tuple[Piece, ...]] = {
    _("Preprocessing"): (
        Piece("core/training/batches.py", "to_input",
            _("Whole numbers from 0 to 255 become fractions from 0 to 1, and the colours go first. The sealed model "
              "begins with the same step.")),
        Piece("core/data/imageset.py", "hold_out",
            _("Some training images of every class only measure. The test images stay out of training and tuning "
              "altogether.")),
    ),
    _("Model"): (
        Piece("core/models/cnn.py", "article_cnn",
            _("The classic first network: two convolutions, each with a pool, then two dense layers. The table "
              "beside it counts the same layers.")),
        Piece("core/models/classifier.py", "Classifier.forward",
            _("Every network here is something that sees, and one dense layer that decides. What it gives are "
              "logits; the softmax comes with the loss.")),
    ),
    _("Training"): (
        Piece("core/training/loop.py", "fit",
            _("The whole run: epoch after epoch, until they are done, patience is at an end, or somebody asks it to "
              "stop.")),
        Piece("core/training/trainer.py", "Trainer.train_epoch",
            _("One pass over the training images in an order of its own. It follows from the seed, so that the run "
              "can be repeated.")),
        Piece("core/training/trainer.py", "Trainer.train_batch",
            _("One step: forward, the loss, backward, and every weight moves a little. All of learning is in these "
              "lines.")),
    ),
    _("Evaluation"): (
        Piece("core/training/trainer.py", "Trainer.validate",
            _("After each epoch, on images that were held out: without gradients, without augmentation.")),
        Piece("core/training/trainer.py", "Trainer.end_epoch",
            _("Measured, kept if it is the best so far, written to disk, and only then told of.")),
        Piece("core/evaluation/predictions.py", "evaluate_bundle",
            _("The test images, once training is over, by the sealed model that is shipped, not by the network that "
              "trained.")),
        Piece("core/evaluation/metrics.py", "wilson_interval",
            _("No accuracy without its 95% interval: how far another draw of test images might move it.")),
    ),
}
# fmt: on
