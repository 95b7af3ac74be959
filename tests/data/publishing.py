"""Public datasets as their authors publish them, in small, and a server that has them."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets

import core.training.weights

TRAIN, TEST = 20, 4  # images
CIFAR_CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
FASHION_CLASSES = (
    "t-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


@dataclass(frozen=True)
class Published:
    """A dataset as its authors publish it: archives by name, and what is in them, training images first."""

    name: str
    folder: Path
    archives: dict[str, bytes]
    pixels: np.ndarray
    labels: list[int]
    classes: tuple[str, ...]

    def put(self) -> None:
        """Lay the archives where the sentence of ``download_failed`` asks for them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for file, data in self.archives.items():
            (self.folder / file).write_bytes(data)


def cifar10(home: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """Pickled batches in a tar, as https://www.cs.toronto.edu/~kriz/cifar.html describes them."""
    loader, random = torchvision.datasets.CIFAR10, np.random.default_rng(0)
    batches = [name for name, _md5 in loader.train_list + loader.test_list]
    planes = random.integers(0, 256, (TRAIN + TEST, 3 * 32 * 32), dtype=np.uint8)
    labels = random.integers(0, 10, TRAIN + TEST).tolist()
    files = {"batches.meta": pickle.dumps({"label_names": CIFAR_CLASSES, "num_vis": 3072}, 2)}
    for number, name in enumerate(batches):
        part = slice(4 * number, 4 * number + 4)
        files[name] = pickle.dumps({"batch_label": name, "data": planes[part], "labels": labels[part]}, 2)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(f"{loader.base_folder}/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    sums = {name: _md5(data) for name, data in files.items()}
    monkeypatch.setattr(loader, "train_list", [[name, sums[name]] for name in batches[:5]])
    monkeypatch.setattr(loader, "test_list", [[name, sums[name]] for name in batches[5:]])
    monkeypatch.setattr(loader, "meta", loader.meta | {"md5": sums["batches.meta"]})
    monkeypatch.setattr(loader, "tgz_md5", _md5(tar.getvalue()))
    pixels = planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    archives = {loader.filename: tar.getvalue()}
    return Published("cifar10", home / "downloads/cifar10", archives, pixels, labels, tuple(CIFAR_CLASSES))


def fashion_mnist(home: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """Gzipped IDX files: a magic number, the sizes, the bytes, big-endian."""
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (TRAIN + TEST, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, TRAIN + TEST, dtype=np.uint8)
    archives = {}
    for prefix, part in (("train", slice(TRAIN)), ("t10k", slice(TRAIN, None))):
        images = struct.pack(">4L", 0x803, *pixels[part].shape) + pixels[part].tobytes()
        answers = struct.pack(">2L", 0x801, len(labels[part])) + labels[part].tobytes()
        archives[f"{prefix}-images-idx3-ubyte.gz"] = gzip.compress(images)
        archives[f"{prefix}-labels-idx1-ubyte.gz"] = gzip.compress(answers)
    resources = [(name, _md5(data)) for name, data in archives.items()]
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", resources)
    folder = home / "downloads/fashion-mnist/FashionMNIST/raw"
    return Published("fashion-mnist", folder, archives, pixels, labels.tolist(), FASHION_CLASSES)


@contextmanager
def serving(archives: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch, sent: float = 1.0) -> Iterator[list[str]]:
    """A server that torchvision and torch.hub download from; yields what it is asked for, and sends such a share of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            data = archives[self.path.strip("/")]
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: int(sent * len(data))])

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            point_at(f"http://127.0.0.1:{server.server_port}/", monkeypatch)
            yield asked
        finally:
            server.shutdown()
            thread.join()


def point_at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cifar = torchvision.datasets.CIFAR10
    monkeypatch.setattr(cifar, "url", address + cifar.filename)
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [address])
    monkeypatch.setattr(core.training.weights, "SERVER", address)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
