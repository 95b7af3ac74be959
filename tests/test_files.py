"""Files are whole or not there, however many write them at once, and a full disk is a sentence."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest

from core import files
from core.errors import VitrineError


def full(*args: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_those_who_replace_a_file_at_once_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "note.json"
    contents = [letter * 100_000 for letter in "abcdefgh"]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: files.replace(file, content), contents * 10))
    assert file.read_text() in contents
    assert [path.name for path in file.parent.iterdir()] == ["note.json"]


@pytest.mark.parametrize("fails", ["replace", "fsync"])
def test_a_full_disk_is_a_sentence_and_leaves_the_file_as_it_was(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "note.json"
    files.replace(file, "before")
    with monkeypatch.context() as patch:
        patch.setattr(os, fails, full)
        with pytest.raises(VitrineError, match=f"The disk is full: “{file}”"):
            files.replace(file, "after", sync=True)
    assert file.read_text() == "before" and len(list(tmp_path.iterdir())) == 1


def test_another_trouble_is_told_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "note.json" / "in the way").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        files.replace(tmp_path / "note.json", "after")


def test_a_line_that_was_cut_swallows_none_of_those_that_follow(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    files.append_lines(file, ["one", "two"])
    files.append_lines(file, [])
    with open(file, "a") as journal:
        journal.write("thr")
    files.append_lines(file, ["four"])
    files.append_lines(file, ["five"])
    assert file.read_text() == "one\ntwo\nthr\nfour\nfive\n"
