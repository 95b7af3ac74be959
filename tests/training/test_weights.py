"""Published weights: taken from where a hand put them, if they are what their name says; else downloaded, or said how to get."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from core import paths
from core.errors import VitrineError
from core.models import BACKBONES
from core.training.weights import fetch, local_file
from tests.data.publishing import point_at, serving

CONTENT = bytes(range(256)) * 4000
NAME = f"resnet18-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"  # torch.hub's convention
OURS = replace(BACKBONES["resnet18"], file=NAME, megabytes=len(CONTENT) / 2**20)


def put(content: bytes, name: str) -> Path:
    """A file where the sentence of ``weights_unreachable`` asks for it."""
    file = paths.folder("weights") / name
    file.write_bytes(content)
    return file


def never() -> bool:
    return False


@pytest.fixture(autouse=True)
def _no_network(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://127.0.0.1:9/", monkeypatch)  # nobody listens there


def test_a_file_put_by_hand_is_taken_without_a_network() -> None:
    file = put(CONTENT, NAME)
    assert fetch(BACKBONES["resnet18"], lambda done, total: None, never) == file == local_file(BACKBONES["resnet18"])


def test_the_file_that_torchvision_prefers_comes_first() -> None:
    put(CONTENT, "resnet18-00000000.pth")
    preferred = put(CONTENT, NAME)
    assert fetch(OURS, lambda done, total: None, never) == preferred


def test_a_file_of_another_content_than_its_name_promises_is_refused() -> None:
    put(CONTENT[:-1], NAME)
    with pytest.raises(VitrineError, match=f"“{NAME}” in .* is damaged"):
        fetch(OURS, lambda done, total: None, never)


@pytest.mark.parametrize("name", ["resnet18.pth", "resnet18-mine.pth", "resnet180-12345678.pth"])
def test_a_file_whose_name_promises_nothing_is_passed_over(name: str) -> None:
    put(CONTENT, name)
    assert local_file(OURS) is None


def test_without_a_network_it_is_said_which_file_goes_where() -> None:
    with pytest.raises(VitrineError) as error:
        fetch(OURS, lambda done, total: None, never)
    sentence = str(error.value)
    assert "The weights of ResNet-18 could not be downloaded" in sentence
    assert f"Put {NAME}, from http://127.0.0.1:9/{NAME}, into {paths.home() / 'weights'} by hand" in sentence
    assert "or start from a model that was trained here" in sentence


def test_weights_are_downloaded_once_and_their_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    with serving({NAME: CONTENT}, monkeypatch) as asked:
        for _attempt in range(2):
            file = fetch(OURS, lambda done, total: told.append((done, total)), never)
    assert file.read_bytes() == CONTENT and asked == [f"/{NAME}"]
    assert told and all(0 <= done <= total == len(CONTENT) for done, total in told)


def test_a_download_that_breaks_off_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({NAME: CONTENT}, monkeypatch, sent=0.5), pytest.raises(VitrineError, match="could not be downloaded"):
        fetch(OURS, lambda done, total: None, never)
    assert not list(paths.folder("weights").glob("*.p*"))


def test_a_stop_is_heard_while_it_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({NAME: CONTENT}, monkeypatch), pytest.raises(VitrineError, match="stopped before it was done"):
        fetch(OURS, lambda done, total: None, lambda: True)
