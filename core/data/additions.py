"""A new version of a dataset with more training images. The version before stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core import paths
from core.bundle.decoding import Rejected, shared_pool
from core.data.attributes import copy_attributes
from core.data.corrections import copy_originals, own_name
from core.data.drafts import Draft, draft
from core.data.imageset import CHUNK, cached_sides, write_cache
from core.data.importing import SIDE
from core.data.layout import Split
from core.data.versions import Dataset
from core.errors import DISK_FULL, VitrineError


@dataclass(frozen=True)
class Photo:
    """An image file, a name for it, and the number of the class that it shows."""

    file: bytes
    name: str
    label: int


def add_photos(dataset: Dataset, photos: Sequence[Photo]) -> Dataset:
    """Make the version with those photos behind the other training images: the newest of the dataset's name, or of a name of its own for one
    that comes with Vitrine.

    Raises:
        VitrineError: ``photos_none``, the decoder's when one cannot be read, ``disk_full``; nothing is made then.
    """
    if not photos:
        raise VitrineError("photos_none", name=dataset.name)
    try:
        with draft(own_name(dataset)) as made:
            return _made(made, dataset, photos)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise VitrineError("disk_full", path=str(paths.folder("datasets"))) from error
        raise


def _made(made: Draft, dataset: Dataset, photos: Sequence[Photo]) -> Dataset:
    known = dataset.manifest().to_pydict()
    images = len(known["label"])
    if dataset.embedded:
        copy_originals(made, dataset, range(images), known)
    else:
        made.rows = known
    for photo, (_pixels, width, height) in zip(photos, _decoded(photos, SIDE), strict=True):
        made.add(photo.file, photo.name, "train", photo.label, width, height)
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
        write_cache(made.folder / "cache", side, len(order), _in_order(pixels, added, order))
    source = f"{dataset.name} {dataset.version}: {len(photos)} more"
    return made.publish(dataset.classes, source, dataset.licence, dataset.skipped)


def _decoded(photos: Sequence[Photo], side: int) -> list[tuple[np.ndarray, int, int]]:
    """Pixels, width and height of each."""
    found = []
    for image in shared_pool().decode([photo.file for photo in photos], side):
        if isinstance(image, Rejected):
            raise VitrineError(image.code, **image.params)
        found.append((image.pixels, image.width, image.height))
    return found


def _in_order(pixels: np.ndarray, added: Sequence[np.ndarray], order: Sequence[int]) -> Iterator[np.ndarray]:
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        yield np.stack([pixels[row] if row < len(pixels) else added[row - len(pixels)] for row in rows])
