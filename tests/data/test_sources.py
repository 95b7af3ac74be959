"""Public datasets come through torchvision's own code, verified, and whole or not at all."""

import gzip
import io
import socket
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import versions
from core.data.imageset import load_split
from core.data.sources import SOURCES, download
from core.data.versions import Dataset, get_dataset, list_datasets
from core.errors import VitrineError
from tests.data.publishing import TEST, TRAIN, Published, cifar10, fashion_mnist, point_at, serving


@pytest.fixture(params=list(SOURCES))
def published(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    """A small edition of a public dataset, whose checksums torchvision expects, and whose server is gone."""
    monkeypatch.setenv("no_proxy", "*")
    patience = socket.getdefaulttimeout()
    made = (cifar10 if request.param == "cifar10" else fashion_mnist)(home, monkeypatch)
    with socket.socket() as nobody:  # bound, but never listening: whoever asks is turned away at once
        nobody.bind(("127.0.0.1", 0))
        point_at(f"http://127.0.0.1:{nobody.getsockname()[1]}/", monkeypatch)
        yield made
    socket.setdefaulttimeout(patience)


def fetch(published: Published) -> Dataset:
    return download(published.name, lambda done, total: None, lambda: False)


def test_archives_put_there_by_hand_become_a_version(published: Published) -> None:
    published.put()
    dataset = fetch(published)
    assert dataset == get_dataset(published.name, 1)
    assert dataset.classes == published.classes
    assert (dataset.size("train"), dataset.size("test")) == (TRAIN, TEST)
    assert dataset.source == SOURCES[published.name].source and dataset.skipped == ()
    assert dataset.manifest("label").column("label").to_pylist() == published.labels
    originals = dataset.originals(range(TRAIN + TEST))
    for original, expected in zip(originals, published.pixels, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(original))), expected)


def test_the_cache_it_brings_is_what_the_originals_decode_to(published: Published) -> None:
    published.put()
    dataset = fetch(published)
    file = dataset.cache / "32.npy"
    brought = np.load(file)
    file.unlink()
    for split, stretch in (("train", brought[:TRAIN]), ("test", brought[TRAIN:])):
        np.testing.assert_array_equal(load_split(dataset, split).pixels, stretch)  # type: ignore[arg-type]


def test_what_was_downloaded_once_is_not_asked_for_again(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(published.archives, monkeypatch) as asked:
        first = fetch(published)
        requests = len(asked)
        second = fetch(published)
    assert {path.strip("/") for path in asked} == set(published.archives)
    assert len(asked) == requests
    assert (second.version, second.parent) == (2, 1)
    assert second.fingerprint == first.fingerprint
    assert lying_there(published) == set(published.archives)


def test_progress_never_goes_back_and_ends_at_all_of_it(published: Published) -> None:
    published.put()
    told: list[tuple[int, int]] = []
    download(published.name, lambda done, total: told.append((done, total)), lambda: False)
    assert told == sorted(told)
    assert told[-1] == (2 * SOURCES[published.name].size,) * 2


def test_without_a_network_the_error_says_what_to_do_and_doing_it_helps(published: Published) -> None:
    with pytest.raises(VitrineError) as raised:
        fetch(published)
    assert raised.value.code == "download_failed"
    sentence = str(raised.value)
    assert f"into {published.folder} by hand" in sentence and "import a ZIP" in sentence
    assert all(file in sentence for file in published.archives)
    nothing_was_made()
    assert lying_there(published) == set()
    published.put()
    assert fetch(published).version == 1


def test_an_archive_with_a_wrong_checksum_is_named_and_never_read(published: Published) -> None:
    published.put()
    bad = min(published.archives)
    (published.folder / bad).write_bytes(altered(published.archives[bad]))
    with pytest.raises(VitrineError, match="wrong checksum") as raised:
        fetch(published)
    assert raised.value.code == "download_damaged"
    assert raised.value.params["files"] == bad
    assert str(published.folder) in str(raised.value)
    nothing_was_made()
    assert lying_there(published) == set(published.archives)


def test_a_server_that_sends_something_else_is_not_believed(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        serving({file: altered(data) for file, data in published.archives.items()}, monkeypatch),
        pytest.raises(VitrineError) as raised,
    ):
        fetch(published)
    assert raised.value.code == "download_damaged"
    nothing_was_made()


def test_a_connection_that_breaks_is_reported_and_the_next_attempt_begins_anew(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(published.archives, monkeypatch, sent=0.5), pytest.raises(VitrineError) as raised:
        fetch(published)
    assert raised.value.code == "download_damaged"
    nothing_was_made()
    with serving(published.archives, monkeypatch):
        assert fetch(published).images == TRAIN + TEST


def test_what_a_killed_download_had_half_unpacked_is_not_taken_for_the_dataset(published: Published) -> None:
    published.put()
    for file, data in unpacked(published).items():
        path = published.folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data[: len(data) // 2])
    dataset = fetch(published)
    assert dataset.images == TRAIN + TEST
    assert lying_there(published) == set(published.archives)


def test_one_that_is_stopped_leaves_nothing_but_the_archives(published: Published) -> None:
    published.put()
    storing = threading.Event()

    def progress(done: int, total: int) -> None:
        if 2 * done >= total:
            storing.set()

    with pytest.raises(VitrineError, match="Nothing was kept"):
        download(published.name, progress, storing.is_set)
    assert storing.is_set()
    nothing_was_made()
    assert lying_there(published) == set(published.archives)


def nothing_was_made() -> None:
    """Neither a version nor a draft of one."""
    assert [dataset.name for dataset in list_datasets()] == ["digits"]
    assert {path.name for path in versions.root().iterdir()} <= {".publish.lock"}


def lying_there(published: Published) -> set[str]:
    return {path.name for path in published.folder.iterdir()}


def altered(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def unpacked(published: Published) -> dict[str, bytes]:
    """The files that torchvision unpacks, by path below the folder."""
    files: dict[str, bytes] = {}
    for name, data in published.archives.items():
        if name.endswith(".tar.gz"):
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for member in archive.getmembers():
                    content = archive.extractfile(member)
                    assert content is not None
                    files[member.name] = content.read()
        else:
            files[name.removesuffix(".gz")] = gzip.decompress(data)
    return files
