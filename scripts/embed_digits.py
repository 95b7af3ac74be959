"""Make the embedded `digits` dataset from scikit-learn's scans, once: ``python scripts/embed_digits.py``.

1,797 handwritten digits of 8 × 8 pixels, by 43 people (Alpaydin and Kaynak, 1998; the test part of UCI's "Optical Recognition of
Handwritten Digits"). Grey levels 0 to 16 become 0 to 255; a stratified fifth is the test split, for good.
"""

import io
import os
import shutil
import tempfile

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from core.data import drafts, versions
from core.data.layout import Split


def main() -> None:
    os.environ["VITRINE_HOME"] = tempfile.mkdtemp()
    scans = load_digits()
    levels = np.round(scans.images * 255 / 16).astype(np.uint8)
    train, test = train_test_split(np.arange(len(levels)), test_size=0.2, stratify=scans.target, random_state=0)
    parts: list[tuple[Split, np.ndarray]] = [("train", np.sort(train)), ("test", np.sort(test))]
    target = versions.EMBEDDED / "digits"
    shutil.rmtree(target, ignore_errors=True)
    with drafts.draft("digits") as made:
        for split, members in parts:
            for index in members:
                png = io.BytesIO()
                Image.fromarray(levels[index]).save(png, "PNG", optimize=True)
                label = int(scans.target[index])
                made.add(png.getvalue(), f"{label}/{index:04d}.png", split, label, 8, 8)
        dataset = made.publish(
            [str(digit) for digit in range(10)],
            "Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998",
            "CC BY 4.0",
        )
    home = dataset.folder.parents[1]
    shutil.copytree(dataset.folder, target / "1")
    shutil.copy(next((home / "originals").glob("*.pack")), target)


if __name__ == "__main__":
    main()
