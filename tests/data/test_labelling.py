"""Photos wait for labels; what was said of them is remembered; what is labelled becomes a dataset or a version of one."""

import functools
from collections.abc import Callable, Mapping

import pytest

from core.bundle.decoding import Rejected
from core.data import labelling
from core.data.imageset import load_split
from core.data.labelled import check_labels, make_labelled
from core.data.labelling import Said, Target, Tray
from core.data.versions import Dataset, delete_dataset, get_dataset
from core.errors import VitrineError
from tests.data.making import picture

pytestmark = pytest.mark.usefixtures("home")


def quiet(done: float, total: float) -> None:
    pass


def sources(files: Mapping[str, bytes]) -> list[tuple[str, Callable[[], bytes | Rejected]]]:
    return [(name, functools.partial(files.__getitem__, name)) for name in files]


def numbered(count: int, first: int = 0) -> dict[str, bytes]:
    return {f"holiday/{number}.png": picture(number) for number in range(first, first + count)}


def filled(count: int, target: Target | None = None) -> tuple[Tray, list[str]]:
    """A tray with so many photos, and their hashes."""
    tray = Tray()
    tray.add(sources(numbered(count)))
    tray.aim(target or Target("pets", ("cat", "dog")))
    return tray, list(tray.photos())


def label(tray: Tray, labels: Mapping[str, str], suggested: str = "") -> None:
    tray.say([Said(f"{digest}-{name}", digest, "label", name, suggested) for digest, name in labels.items()])


def test_photos_come_in_once_and_what_is_none_stays_out() -> None:
    tray = Tray()
    files = numbered(2) | {"copy.png": picture(1), "letter.txt": b"no image"}
    added = tray.add(sources(files))
    assert (added.count, added.twice) == (2, ["copy.png"])
    assert [(name, why.code) for name, why in added.refused] == [("letter.txt", "not_an_image")]
    assert tray.add(sources(numbered(3))).count == 1
    names = [photo.name for photo in Tray().photos().values()]
    assert names == ["holiday/0.png", "holiday/1.png", "holiday/2.png"]
    assert {path.suffix for path in tray.folder.iterdir()} == {".photo", ".png", ".jsonl", ""}


def test_a_photo_is_kept_as_it_came_and_shown_as_pixels() -> None:
    tray = Tray()
    large = picture(1, (900, 600), "JPEG")
    tray.add([("large.jpg", lambda: large)])
    (photo,) = tray.photos().values()
    assert tray.file(photo.digest).read_bytes() == large
    assert photo.shown == ".jpg" and tray.shown(photo) != large and len(tray.shown(photo)) > 1000


def test_a_full_tray_says_so_and_keeps_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling, "MOST", 3)
    with pytest.raises(VitrineError, match="3 photos are in it.*“holiday/3.png” and what follows") as caught:
        Tray().add(sources(numbered(5)))
    assert caught.value.code == "tray_full"
    assert len(Tray().photos()) == 3
    monkeypatch.setattr(labelling, "MOST", 100)
    monkeypatch.setattr(labelling, "MOST_BYTES", 0)
    with pytest.raises(VitrineError, match="tray is full"):
        Tray().add(sources(numbered(5)))


def test_the_last_word_counts_and_can_be_taken_back() -> None:
    tray, (one, two, three) = filled(3)
    label(tray, {one: "cat"}, suggested="cat")
    label(tray, {two: "cat"}, suggested="dog")
    label(tray, {two: "dog"})
    tray.say([Said("a", three, "label", "dog"), Said("b", three, "undo"), Said("c", "0" * 64, "out")])
    standing = Tray().standing()
    assert standing.labels == {one: "cat", two: "dog"}
    assert (standing.pending, standing.left_out, standing.done) == ([three], frozenset(), 2)
    assert (standing.agreed, standing.suggested) == (1, 1), "the last label of the second stood beside no suggestion"


def test_what_is_sent_twice_is_said_once() -> None:
    tray, (one, two) = filled(2)
    things = [Said("1", one, "label", "cat"), Said("2", one, "undo")]
    tray.say(things)
    tray.say([Said("3", one, "label", "dog")])
    tray.say([*things, Said("3", one, "label", "dog")])  # the answer to them was lost
    assert tray.standing().labels == {one: "dog"}
    assert len(tray.said()) == 3
    assert tray.standing().pending == [two]


def test_skipped_photos_come_last_and_those_left_out_never() -> None:
    tray, (one, two, three, four) = filled(4)
    tray.say([Said("1", one, "skip"), Said("2", two, "out"), Said("3", three, "skip"), Said("4", one, "skip")])
    standing = tray.standing()
    assert (standing.pending, standing.skipped) == ([four], [three, one])
    assert standing.left_out == {two} and standing.done == 1


def test_labels_of_classes_that_are_gone_wait_until_they_come_back() -> None:
    tray, (one, two) = filled(2)
    label(tray, {one: "cat", two: "dog"})
    tray.aim(Target("pets", ("dog", "mouse")))
    assert (tray.standing().labels, tray.standing().pending) == ({two: "dog"}, [one])
    tray.aim(Target("pets", ("cat", "dog", "mouse")))
    assert tray.standing().labels == {one: "cat", two: "dog"}


def test_a_line_that_was_cut_short_loses_no_other() -> None:
    tray, (one, two) = filled(2)
    label(tray, {one: "cat"})
    with open(tray.folder / "said.jsonl", "a") as file:
        file.write('{"id": "x", "dig')
    label(tray, {two: "dog"})
    assert Tray().standing().labels == {one: "cat", two: "dog"}


def test_an_emptied_tray_holds_nothing() -> None:
    tray, (one, _two) = filled(2)
    label(tray, {one: "cat"})
    tray.clear()
    assert [path.name for path in tray.folder.iterdir()] == [".lock"]
    assert (tray.target, tray.photos(), tray.said()) == (Target(), {}, [])


def test_a_new_dataset_holds_a_fifth_out_and_takes_out_what_went_in() -> None:
    tray, photos = filled(24)
    label(tray, {digest: ("cat", "dog")[place % 2] for place, digest in enumerate(photos[:20])})
    tray.say([Said("out", photos[20], "out"), Said("skip", photos[21], "skip")])
    made = make_labelled(tray, quiet).dataset
    assert (made.name, made.version, made.classes) == ("pets", 1, ("cat", "dog"))
    assert made.counts == {"train": {"cat": 8, "dog": 8}, "test": {"cat": 2, "dog": 2}}
    assert set(made.manifest("sha256")["sha256"].to_pylist()) == set(photos[:20])
    labels = dict(zip(*(column.to_pylist() for column in made.manifest("sha256", "label").columns), strict=True))
    assert [labels[digest] for digest in photos[:20]] == [0, 1] * 10
    assert list(Tray().photos()) == photos[21:]
    assert len(Tray().said()) == 1, "the skip of one that stays"


def test_photos_of_one_name_are_all_kept() -> None:
    tray = Tray()
    for number in range(6):
        tray.add(sources({("../IMG 1.png", "x:/IMG")[number % 2]: picture(number)}))
    tray.aim(Target("pets", ("cat", "dog")))
    label(tray, {digest: ("cat", "dog")[place % 2] for place, digest in enumerate(tray.photos())})
    made = make_labelled(tray, quiet).dataset
    assert made.images == 6
    assert set(made.manifest("path")["path"].to_pylist()) == {"cat/IMG 1.png", "dog/x_/IMG"}


def test_classes_that_have_no_photo_yet_do_not_make_splits_of_the_others() -> None:
    tray, photos = filled(8, Target("trips", ("train", "test", "cats")))
    label(tray, {digest: ("train", "test")[place % 2] for place, digest in enumerate(photos)})
    made = make_labelled(tray, quiet).dataset
    assert made.classes == ("test", "train") and made.images == 8


def test_the_name_of_a_deleted_dataset_is_free() -> None:
    pets()
    delete_dataset("pets")
    assert pets().version == 2


def pets() -> Dataset:
    tray, photos = filled(12)
    label(tray, {digest: ("cat", "dog")[place % 2] for place, digest in enumerate(photos)})
    return make_labelled(tray, quiet).dataset


def test_a_version_has_them_all_among_its_training_images() -> None:
    before = pets()
    tray = Tray()
    tray.add(sources(numbered(4, first=10)))  # two of them the dataset has
    tray.aim(Target("pets", before.classes, new=False))
    label(tray, dict.fromkeys(tray.photos(), "dog"))
    made = make_labelled(tray, quiet)
    assert (made.dataset.version, made.known) == (2, 2)
    assert made.dataset.counts["test"] == before.counts["test"]
    assert made.dataset.size("train") == before.size("train") + 2
    assert load_split(made.dataset, "train").labels[-1] == 1
    assert not Tray().photos()


@pytest.mark.parametrize(
    ("target", "labels", "code"),
    [
        (Target("", ("a", "b")), "", "dataset_name_missing"),
        (Target("digits", ("a", "b")), "", "dataset_name"),
        (Target("pets", ("a",)), "", "classes_few"),
        (Target("pets", ("a", "b/c")), "", "class_name"),
        (Target("pets", ("train", "test")), "", "class_name"),
        (Target("pets", ("a", "b: c")), "", "class_name"),
        (Target("birds", (), new=False), "", "dataset_unknown"),
        (Target("pets", ("a", "b")), "", "labels_none"),
        (Target("pets", ("a", "b")), "aaa", "class_single"),
        (Target("pets", ("a", "b")), "aaabb", "class_too_small"),
    ],
    ids=str,
)
def test_what_is_no_dataset_yet_is_a_sentence(target: Target, labels: str, code: str) -> None:
    tray, photos = filled(6, target)
    label(tray, dict(zip(photos, labels, strict=False)))
    with pytest.raises(VitrineError) as caught:
        check_labels(tray)
    assert caught.value.code == code
    assert str(caught.value) != code


def test_a_new_dataset_never_goes_into_another_of_its_name() -> None:
    pets()
    tray, photos = filled(6)
    label(tray, {digest: ("cat", "dog")[place % 2] for place, digest in enumerate(photos)})
    with pytest.raises(VitrineError, match="There is a dataset “pets” already"):
        make_labelled(tray, quiet)
    assert len(tray.photos()) == 6


def test_work_that_was_stopped_changes_nothing() -> None:
    tray, photos = filled(8)
    label(tray, {digest: ("cat", "dog")[place % 2] for place, digest in enumerate(photos)})

    with pytest.raises(VitrineError, match="stopped"):
        make_labelled(tray, quiet, lambda: True)
    assert len(tray.standing().labels) == 8
    with pytest.raises(VitrineError, match="no dataset"):
        get_dataset("pets")
