"""One's own classes from a trained network, as the command line and the dashboard's button ask for them: from photos to verdicts."""

import hashlib
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.models
from PIL import Image

from core import tasks
from core.bundle.export import restore
from core.bundle.predictor import Predictor
from core.data.imageset import load_split
from core.data.importing import import_zip
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.runs import jobs
from core.runs.store import Run, store
from core.serving.models import predict_all
from core.training.presets import make_recipe
from tests.commands import Command
from tests.data.making import pack, picture
from tests.pages.looking import remember

PHOTOS = 12  # of each class


@pytest.fixture
def source(trained_home: Path, home: Path) -> Run:
    """A network that was trained on digits for an epoch, in a home of the test's own."""
    shutil.copytree(trained_home, home)
    return store().find("a-run")


def digits(label: int, count: int, split: str = "train") -> list[tuple[str, io.BytesIO]]:
    """Photos of a digit, as an upload has them."""
    images = load_split(get_dataset("digits"), split)  # type: ignore[arg-type]
    rows = np.flatnonzero(images.labels == label)[:count]
    files = []
    for row in rows:
        file = io.BytesIO()
        Image.fromarray(np.asarray(images.pixels[row])).resize((200, 200)).save(file, "PNG")
        files.append((f"{row}.PNG", file))
        file.seek(0)
    return files


def some(count: int) -> list[tuple[str, io.BytesIO]]:
    """Photos of nothing, no two alike."""
    return [(f"{number}.png", io.BytesIO(picture(number))) for number in range(count)]


def test_photos_become_a_model_that_is_its_own_whatever_becomes_of_its_source(source: Run) -> None:
    photos = {"one": digits(1, PHOTOS), "zero": digits(0, PHOTOS)}
    photos["zero"].append(("broken.jpg", io.BytesIO(b"no image")))
    imported = jobs.wait(tasks.learn_classes(photos, make_recipe("transfer", start="a-run")).id)
    assert imported.state == "finished", imported.message
    assert (imported.result["name"], imported.result["skipped"]) == ("my-one-zero", 1)
    run = jobs.wait(imported.result["run_id"])
    assert run.state == "finished", run.message
    assert (run.data, run.data_version, run.recipe["start"], run.recipe["family"]) == (
        "my-one-zero",
        1,
        source.id,
        "case-study",
    )
    assert run.epoch == 0 and run.result["images_per_second"] > 0
    jobs.delete(source.id)
    shutil.rmtree(source.folder)
    model = Predictor.open(run.bundle)
    assert model.classes == ("one", "zero")
    seen = digits(1, 20, "test") + digits(0, 20, "test")
    verdicts = predict_all(model, [(name, file.getvalue) for name, file in seen])
    right = sum(v["label"] == ("one" if n < 20 else "zero") for n, v in enumerate(verdicts))
    assert right >= 36
    assert restore(run.bundle).head.out_features == 2
    assert not list((Path(run.folder).parents[2] / "uploads").iterdir())


def test_the_command_line_transfers_and_fine_tunes(source: Run, vitrine: Command, tmp_path: Path) -> None:
    _import_two_digits(tmp_path)
    settings = ("--set", "start=latest", "--set", "epochs=2")
    answer = vitrine("train", "--data", "own", "--preset", "transfer", *settings, "--json")
    run = store().get(answer.value["run_id"])
    assert (run.state, run.epoch, run.name) == ("finished", 2, "transfer-own-1")
    curve = store().history(run.id, "epoch")["epoch"]
    assert curve[0] == (0, 0.0), "the curve begins with the new head"
    assert answer.value["val_accuracy"] == pytest.approx(run.result["val_accuracy"])


def test_a_published_network_is_loaded_from_the_file_that_a_hand_put_there(
    home: Path, vitrine: Command, tmp_path: Path
) -> None:
    file = io.BytesIO()
    torch.save(torchvision.models.mobilenet_v3_large(weights=None).state_dict(), file)
    name = f"mobilenet_v3_large-{hashlib.sha256(file.getvalue()).hexdigest()[:8]}.pth"
    (home / "weights").mkdir(parents=True)
    (home / "weights" / name).write_bytes(file.getvalue())
    _import_two_digits(tmp_path)
    start = ("--set", "start=torchvision:mobilenet-v3")
    answer = vitrine("train", "--data", "own", "--preset", "transfer", *start, "--json")
    run = store().get(answer.value["run_id"])
    model, loaded = restore(run.bundle), torchvision.models.mobilenet_v3_large(weights=None)
    loaded.load_state_dict(torch.load(home / "weights" / name, weights_only=True))
    expected = loaded.state_dict()
    assert all(torch.equal(value, expected[key]) for key, value in model.features.state_dict().items())
    assert Predictor.open(run.bundle).side == 224


def test_damaged_weights_are_said_with_their_place(home: Path, vitrine: Command) -> None:
    (home / "weights").mkdir(parents=True)
    (home / "weights" / "resnet18-f37072fd.pth").write_bytes(b"half")
    start = ("--set", "start=torchvision:resnet18")
    answer = vitrine("train", "--data", "digits", "--preset", "transfer", *start)
    assert answer.status == 1
    assert f"“resnet18-f37072fd.pth” in {home / 'weights'} is damaged" in answer.err


def test_a_start_that_cannot_be_is_said_at_once(vitrine: Command, home: Path) -> None:
    answer = vitrine("train", "--data", "digits", "--preset", "transfer")
    assert answer.status == 1 and "needs a trained network to start from" in answer.err


@pytest.mark.parametrize(
    ("photos", "sentence"),
    [
        ({"cat": 9}, "There are fewer than two classes."),
        (
            {"cat": 9, "dog": 4},
            "The class “dog” needs 5 different photos at least, and 20 are better; it has 4 that can be read.",
        ),
        ({"cat": 9, "a/b": 9}, "“a/b” cannot name classes."),
        ({"cat": 9, "..": 9}, "“..” cannot name classes."),
        ({"cat": 9, "": 9}, "“” cannot name classes."),
        ({"train": 9, "test": 9}, "“train, test” cannot name classes."),
    ],
)
def test_what_cannot_be_learnt_is_said_before_anything_is_stored(
    home: Path, photos: dict[str, int], sentence: str
) -> None:
    files = {name: some(count) for name, count in photos.items()}
    with pytest.raises(VitrineError) as error:
        tasks.learn_classes(files, make_recipe("transfer", start="torchvision:resnet18"))
    assert str(error.value).startswith(sentence)
    assert not list(home.glob("uploads/*")) and not list(home.glob("*.db"))


def test_a_photo_under_two_classes_is_named_before_anything_is_stored(source: Run) -> None:
    files = {"one": digits(1, 6), "zero": digits(0, 6)}
    files["zero"].append(("again.png", files["one"][2][1]))
    with pytest.raises(VitrineError, match="“again.png” is in the class “one” and in the class “zero”. Remove it"):
        tasks.learn_classes(files, make_recipe("transfer", start="a-run"))
    assert not list(source.folder.parents[1].glob("uploads/*"))


def test_a_start_without_a_model_is_refused_before_photos_are_kept(home: Path) -> None:
    remember("unborn", "failed")
    files = {name: some(5) for name in ("cat", "dog")}
    with pytest.raises(VitrineError, match="“unborn” is failed and has no model yet"):
        tasks.learn_classes(files, make_recipe("transfer", start="unborn"))
    assert not list(home.glob("uploads/*"))


@pytest.mark.parametrize(
    ("classes", "name"),
    [
        (["Cat", "dog"], "my-cat-dog"),
        (["Bäume", "rote Häuser!"], "my-baume-rote-hauser"),
        (["猫", "犬"], "my-classes"),
        (["x" * 60, "y" * 60], "my-" + "x" * 60 + "-"),
    ],
)
def test_the_dataset_is_named_after_the_classes(classes: list[str], name: str) -> None:
    assert tasks._name_of(classes) == name


def _import_two_digits(folder: Path) -> None:
    """A dataset `own` of a few zeros and ones."""
    files = {f"{label}/{name}": file.getvalue() for label in (0, 1) for name, file in digits(label, PHOTOS)}
    import_zip("own", pack(folder / "own.zip", files), None, lambda done, total: None, lambda: False)
