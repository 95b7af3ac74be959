"""A new version of a dataset with more training images. The version before stays."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import paths
from core.bundle.decoding import Rejected, shared_pool
from core.data.attributes import copy_attributes
from core.data.corrections import copy_originals, own_name
from core.data.drafts import Draft, draft
from core.data.imageset import cached_sides, in_order, write_cache
from core.data.importing import SIDE
from core.data.layout import Split
from core.data.versions import Dataset
from core.errors import DISK_FULL, VitrineError

TOGETHER = 32  # photos that are in memory at once


@dataclass(frozen=True)
class Photo:
    """An image file or where it lies, a name for it, and the number of the class that it shows."""

    file: bytes | Path
    name: str
    label: int

    def read(self) -> bytes:
        return self.file if isinstance(self.file, bytes) else self.file.read_bytes()


def add_photos(
    dataset: Dataset, photos: Sequence[Photo], progress: Callable[[int, int], None] = lambda done, total: None
) -> Dataset:
    """Make the version with those photos behind the other training images: the newest of the dataset's name, or of a name of its own for one
    that comes with Vitrine.

    Args:
        progress: told of photos read and in all.

    Raises:
        VitrineError: ``photos_none``, the decoder's when one cannot be read, ``disk_full``; nothing is made then.
    """
    if not photos:
        raise VitrineError("photos_none", name=dataset.name)
    try:
        with draft(own_name(dataset), derived=True) as made:
            return _made(made, dataset, photos, progress)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise VitrineError("disk_full", path=str(paths.folder("datasets"))) from error
        raise


def _made(made: Draft, dataset: Dataset, photos: Sequence[Photo], progress: Callable[[int, int], None]) -> Dataset:
    known = dataset.manifest().to_pydict()
    images = len(known["label"])
    if dataset.embedded:
        copy_originals(made, dataset, range(images), known)
    else:
        made.rows = known
    for done, (photo, (_pixels, width, height)) in enumerate(zip(photos, _decoded(photos, SIDE), strict=True), start=1):
        made.add(photo.read(), photo.name, "train", photo.label, width, height)
        progress(done, len(photos))
    # Images of a split stand together, as imports write them.
    training = [row for row in range(images) if known["split"][row] == "train"]
    test = [row for row in range(images) if known["split"][row] != "train"]
    order = [*training, *range(images, images + len(photos)), *test]
    splits: list[Split] = ["train"] * len(order)
    splits[len(order) - len(test) :] = ["test"] * len(test)
    made.reorder(order, splits)
    copy_attributes(dataset, made.folder)
    for side, pixels in cached_sides(dataset):
        added = [image for image, _width, _height in _decoded(photos, side)]
        write_cache(made.folder / "cache", side, len(order), in_order(pixels, added, order))
    source = f"{dataset.name} {dataset.version}: {len(photos)} more"
    return made.publish(dataset.classes, source, dataset.licence, dataset.skipped)


def _decoded(photos: Sequence[Photo], side: int) -> Iterator[tuple[np.ndarray, int, int]]:
    """Pixels, width and height of each, a few in memory at once."""
    for start in range(0, len(photos), TOGETHER):
        files = [photo.read() for photo in photos[start : start + TOGETHER]]
        for image in shared_pool().decode(files, side):
            if isinstance(image, Rejected):
                raise VitrineError(image.code, **image.params)
            yield image.pixels, image.width, image.height
