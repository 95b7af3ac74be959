"""The command line does with datasets what the Data page does."""

import zipfile
from pathlib import Path

import pytest

from core.data.importing import import_zip
from core.data.versions import get_dataset
from tests.commands import Command
from tests.data.making import pack, some, two_classes


@pytest.fixture
def pets(home: Path, tmp_path: Path) -> None:
    file = pack(tmp_path / "pets.zip", two_classes(20))
    import_zip("pets", file, None, lambda done, total: None, lambda: False)


@pytest.mark.usefixtures("pets")
def test_a_dataset_is_divided_gone_back_renamed_and_its_history_listed(vitrine: Command) -> None:
    divided = vitrine("data", "split", "pets", "--share", "0.4", "--seed", "3", "--json").value
    assert (divided["version"], divided["train"], divided["test"]) == (2, 24, 16)
    assert vitrine("data", "use", "pets", 1, "--json").value["version"] == 3
    renamed = vitrine("data", "rename", "pets", "animals", "--json").value
    assert (renamed["name"], renamed["version"]) == ("animals", 3)
    versions = vitrine("data", "versions", "animals", "--json").value
    assert [row["version"] for row in versions] == [3, 2, 1]
    assert versions[1]["moved"] == versions[0]["moved"] > 0 and versions[2]["moved"] is None
    assert [row["name"] for row in vitrine("data", "list", "--json").value] == ["animals", "digits"]


@pytest.mark.usefixtures("pets")
def test_an_export_is_written_once_and_never_over_a_file(vitrine: Command, tmp_path: Path) -> None:
    file = tmp_path / "out.zip"
    assert vitrine("data", "export", "pets", file, "--json").value == {"file": str(file), "version": 1, "images": 40}
    with zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 40
    again = vitrine("data", "export", "pets", file)
    assert (again.status, again.err) == (1, f"Error: “{file}” is there already. Name another file.\n")


@pytest.mark.usefixtures("pets")
def test_images_are_added_and_looked_into_by_jobs(vitrine: Command, tmp_path: Path) -> None:
    more = pack(tmp_path / "more.zip", some("cat", 5, first=90) | some("cat", 2))
    added = vitrine("data", "add", "pets", more, "--json").value
    assert (added["version"], added["images"], added["skipped"]) == (2, 45, 2)
    assert (get_dataset("pets").cache / "profile.json").is_file(), "the page would have to wait for it"
    seen = vitrine("data", "inspect", "pets", "--duplicates", "--json").value
    assert seen["alike_in_test"] == 0 and seen["shorter_side"] == [12, 12]
    assert seen["fingerprint"] == get_dataset("pets").fingerprint and len(seen["mean"]) == len(seen["deviation"]) == 3
    assert seen["cautions"][0].startswith("“dog” has 16 training images")


@pytest.mark.usefixtures("pets")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("split", "pets", "--share", "0.9"), "The share for the test is 0.9. It must be a number from 0.05 to 0.5."),
        (("rename", "pets", "digits"), "“digits” cannot be the name of a dataset."),
        (("use", "pets", "7"), "There is no dataset “pets 7”. Choose one of: pets 1."),
        (("add", "dogs", "dogs.zip"), "There is no dataset “dogs”. Choose one of: digits, pets."),
        (("add", "pets", "missing.zip"), "There is no file “"),
        (("export", "pets", "/nowhere/pets.zip"), "“/nowhere/"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(arguments: tuple[str, ...], sentence: str, vitrine: Command) -> None:
    answer = vitrine("data", *arguments)
    assert answer.status == 1 and answer.err.startswith(f"Error: {sentence}")
    assert get_dataset("pets").version == 1
