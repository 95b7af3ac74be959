"""Evaluate: the figures of the stored predictions, and no page that breaks when something of a run is gone."""

import base64
import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.bundle.predictor import Predictor
from core.data.importing import import_zip
from core.data.looks import Looks, looks_at
from core.data.versions import delete_dataset, get_dataset
from core.errors import VitrineError
from core.evaluation.facts import sureness
from core.evaluation.groups import gap, groups
from core.evaluation.metrics import confusion_matrix, per_class, wilson_interval
from core.evaluation.predictions import StoredPredictions
from core.evaluation.reliability import calibration_error, reliability, tempered
from core.evaluation.story import tell
from core.evaluation.stress import ADVERSARIAL, Stress
from core.evaluation.studies import keep
from core.evaluation.summary import summarise
from core.runs import jobs
from core.runs.store import Run, State, store
from tests.data.making import pack, two_classes
from tests.pages.conftest import OpenPage
from tests.pages.looking import (
    addresses,
    addresses_of,
    another,
    captions,
    held,
    labels,
    newest_run,
    no_free_slot,
    press,
    spec,
    words,
)
from ui.formats import plain


def stored(run: Run) -> StoredPredictions:
    return StoredPredictions.load(run.predictions)


@pytest.fixture
def run_on_pets(own_run: Run, tmp_path: Path) -> Run:
    """A newer run, on imported images, whose model takes each of the two test images for the other class."""
    pets = import_zip("pets", pack(tmp_path / "pets.zip", two_classes()), None, lambda done, total: None, lambda: False)
    run = store().create("train", "on-pets", {**own_run.spec, "data": "pets"})
    shutil.copytree(own_run.bundle, run.bundle)
    probabilities = np.array([[0.4, 0.6], [0.9, 0.1]], np.float32)  # of a cat, then of a dog
    predictions = StoredPredictions(
        np.array([0, 1]), probabilities, np.zeros(2, np.float32), np.array([10, 11]), pets.classes
    )
    predictions.save(run.predictions)
    store().set_state(run.id, "finished")
    return store().get(run.id)


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def class_table(app: AppTest) -> Any:
    """The table of the classes."""
    return next(table for table in app.dataframe if "recall" in table.value)


def heatmap(app: AppTest) -> Any:
    return spec(app, "plotly_chart")["data"][0]


def matrix(values: Any) -> np.ndarray:
    """Plotly's numbers, which it packs as bytes where it can."""
    if isinstance(values, Mapping):
        flat = np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
        return flat.reshape([int(size) for size in values["shape"].split(",")])
    return np.asarray(values)


def test_without_a_model_it_leads_to_training(home: Path, open_page: OpenPage) -> None:
    app = open_page("evaluate")
    assert app.header[0].value == "There is no model yet"
    assert [link.proto.page for link in app.main.get("page_link")] == ["train"]
    assert not app.metric


def test_the_accuracy_and_its_interval_are_those_of_the_stored_predictions(
    trained_run: Run, open_page: OpenPage
) -> None:
    predictions = stored(trained_run)
    right = int((predictions.probabilities.argmax(axis=1) == predictions.labels).sum())
    low, high = wilson_interval(right, 360)
    app = open_page("evaluate")
    assert figures(app)["Test accuracy"] == f"{right / 360:.1%}"
    assert app.metric[0].delta == f"95% interval {low:.1%} to {high:.1%}"
    assert figures(app)["Test images"] == "360"
    assert figures(app)["Commonest class"] == f"{np.bincount(predictions.labels).max() / 360:.1%}"
    assert f"**{trained_run.name}** named {right} of 360 held-out test images rightly." in words(app)


def test_every_class_has_its_figures_the_hardest_first(trained_run: Run, open_page: OpenPage) -> None:
    predictions = stored(trained_run)
    expected = per_class(predictions.labels, predictions.predicted, predictions.classes)
    app = open_page("evaluate")
    table = class_table(app).value
    assert table["recall"].is_monotonic_increasing
    assert sorted(table.to_dict("records"), key=lambda row: row["class"]) == expected
    worst = min(expected, key=lambda row: row["recall"])
    names = [predictions.classes[label] for label in predictions.labels]
    distance = gap(groups(names, predictions.right, predictions.confidence))
    assert distance is not None
    more_than_chance = (
        f"Hardest class: “{worst['class']}”, {worst['recall']:.0%} of its images are recognised" in words(app)
    )
    by_chance = "Classes differ by no more than chance would make them" in words(app)
    assert (more_than_chance, by_chance) == (not distance.is_noise, distance.is_noise)


def test_a_class_in_the_table_leads_to_its_mistakes(trained_run: Run, open_page: OpenPage) -> None:
    predictions = stored(trained_run)
    label = int(np.bincount(predictions.labels[~predictions.right]).argmax())
    wrong = int((~predictions.right & (predictions.labels == label)).sum())
    app = open_page("evaluate", section="Mistakes")
    app.selectbox(key="cell").select((label, -1)).run()
    assert f"“{predictions.classes[label]}” taken for anything else, the surest {wrong} of {wrong}" in words(app)


def test_the_confusion_matrix_is_drawn_in_shares_or_counts(trained_run: Run, open_page: OpenPage) -> None:
    predictions = stored(trained_run)
    counts = confusion_matrix(predictions.labels, predictions.predicted, 10)
    app = open_page("evaluate", section="Mistakes")
    np.testing.assert_allclose(matrix(heatmap(app)["z"]), counts / counts.sum(axis=1, keepdims=True))
    app.segmented_control(key="confusion-unit").select("Counts").run()
    assert not app.exception
    np.testing.assert_array_equal(matrix(heatmap(app)["z"]), counts)
    errors = counts - np.diag(counts.diagonal())
    true, said = np.unravel_index(errors.argmax(), errors.shape)
    assert f"“{true}” is taken for “{said}”\\: {errors.max()} of {counts[true].sum()} images" in words(app)


def test_the_most_confident_mistakes_are_shown_as_their_pictures(trained_run: Run, open_page: OpenPage) -> None:
    predictions = stored(trained_run)
    sure = predictions.probabilities.max(axis=1)
    wrong = np.flatnonzero(predictions.probabilities.argmax(axis=1) != predictions.labels)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][:24]
    app = open_page("evaluate", section="Mistakes")
    assert captions(app) == [
        f"{predictions.classes[predictions.predicted[index]]} {sureness(sure[index])}, "
        f"is {predictions.classes[predictions.labels[index]]}"
        for index in wrong
    ]
    assert addresses(app) == addresses_of(get_dataset("digits"), predictions.rows[wrong].tolist(), 192)


def test_a_class_without_a_test_image_has_no_figures_and_is_not_the_hardest(
    run_on_pets: Run, open_page: OpenPage
) -> None:
    predictions = stored(run_on_pets)
    replace(predictions, labels=np.array([1, 1])).save(run_on_pets.predictions)
    app = open_page("evaluate")
    assert "Hardest class: “dog”, 50% of its images are recognised" in words(app)
    table = class_table(app).value.set_index("class")
    assert table.loc["cat", ["recall", "recall_low", "recall_high"]].isna().all()
    assert table.loc["dog", "recall"] == 0.5
    assert class_table(app).proto.placeholder == "–"


def test_a_model_without_a_mistake_is_no_error(own_run: Run, open_page: OpenPage) -> None:
    predictions = stored(own_run)
    perfect = np.eye(10, dtype=np.float32)[predictions.labels]
    replace(predictions, probabilities=perfect).save(own_run.predictions)
    app = open_page("evaluate", section="Mistakes")
    assert "named 360 of 360 held-out" in words(app)
    assert "Every test image was named rightly" in words(app)
    assert "It made no mistake" in words(app)
    assert not app.image


@pytest.mark.parametrize(
    ("state", "title", "advice"),
    [
        ("running", "“new” is still training", "Its model can be seen here once training has ended."),
        ("stopped", "“new” has left no model", "It ended before one could be sealed. Resume it, or choose another run"),
        ("failed", "“new” has left no model", "It ended before one could be sealed. Resume it, or choose another run"),
    ],
)
def test_a_run_without_a_bundle_says_what_to_do(
    state: State, title: str, advice: str, own_run: Run, open_page: OpenPage
) -> None:
    run = store().create("train", "new", own_run.spec)
    store().set_state(run.id, state)
    with held(run) if state == "running" else nullcontext():
        app = open_page("evaluate", run="new")
    assert app.header[0].value == title
    assert advice in words(app)
    assert [link.proto.page for link in app.main.get("page_link")] == ["train"]
    assert not app.metric and not app.error


def test_a_run_that_is_resumed_is_not_judged_by_the_bundle_that_it_had(own_run: Run, open_page: OpenPage) -> None:
    store().set_state(own_run.id, "stopped")
    app = open_page("evaluate")
    assert app.metric
    with no_free_slot():
        jobs.resume(own_run.id)
        app.run()
        assert app.header[0].value == f"“{own_run.name}” is still training"
    app.run()
    assert not app.exception
    assert store().get(own_run.id).state == "interrupted"
    assert app.header[0].value == f"“{own_run.name}” has left no model"


def test_the_pictures_of_a_deleted_dataset_are_still_there(run_on_pets: Run, open_page: OpenPage) -> None:
    delete_dataset("pets")
    app = open_page("evaluate", section="Mistakes")
    assert not app.error
    assert captions(app) == ["cat 90%, is dog", "dog 60%, is cat"]
    assert addresses(app) == addresses_of(get_dataset("pets", 1), [11, 10], 192)


def test_when_the_dataset_is_gone_the_figures_stand_and_a_sentence_replaces_the_pictures(
    run_on_pets: Run, home: Path, open_page: OpenPage
) -> None:
    shutil.rmtree(home / "datasets" / "pets")
    app = open_page("evaluate", section="Mistakes")
    assert "named 0 of 2 held-out" in words(app)
    assert [error.value for error in app.error] == ["There is no dataset “pets 1”. Choose one of: digits."]
    assert not app.image


def test_when_the_images_are_damaged_the_figures_stand_and_a_sentence_replaces_the_pictures(
    run_on_pets: Run, home: Path, open_page: OpenPage
) -> None:
    shutil.rmtree(get_dataset("pets").cache)
    for file in home.rglob("*.pack"):
        file.write_bytes(file.read_bytes()[:100])
    app = open_page("evaluate", section="Mistakes")
    assert "named 0 of 2 held-out" in words(app)
    assert [error.value for error in app.error] == [
        "The stored images of “pets”, version 1, are damaged. Import the dataset again."
    ]


def test_a_visit_is_one_look_at_the_test_images_and_two_models_make_a_choice(
    own_run: Run, home: Path, open_page: OpenPage
) -> None:
    shutil.rmtree(home / "looks", ignore_errors=True)  # those of other tests
    another(own_run)
    app = open_page("evaluate", run=own_run.name)
    app.run()
    assert "The test images of “digits” have been looked at 1 time here, for one model." in words(app)
    app.sidebar.selectbox(key="run").select("other").run()
    assert "looked at 2 times here, for 2 models. The best of 2 equally good ones would look about" in words(app)
    assert looks_at("digits") == Looks(count=2, models=2)


def test_every_further_figure_has_its_interval(trained_run: Run, open_page: OpenPage) -> None:
    summary = summarise(stored(trained_run))
    shown = open_page("evaluate").table[0].value
    assert shown.index.tolist() == ["Top-3 accuracy", "Macro F1", "Log loss", "Brier score", "Calibration error"]
    assert shown.loc["Log loss", "Value"] == f"{summary.log_loss.value:.3f}"
    assert shown.loc["Log loss", "95% interval"] == f"{summary.log_loss.low:.3f} to {summary.log_loss.high:.3f}"
    assert shown.loc["Macro F1", "Value"] == f"{summary.macro_f1.value:.1%}"
    for figure in (summary.top_3, summary.macro_f1, summary.log_loss, summary.brier, summary.calibration_error):
        assert figure is not None and figure.low <= figure.value <= figure.high


def test_trust_shows_calibration_before_and_after_the_temperature_of_the_bundle(
    trained_run: Run, open_page: OpenPage
) -> None:
    predictions, temperature = stored(trained_run), Predictor.open(trained_run.bundle).metadata.temperature
    after = calibration_error(predictions.confidence, predictions.right)
    raw = tempered(predictions.probabilities, 1 / temperature).max(axis=1)
    before = calibration_error(raw, predictions.right)
    app = open_page("evaluate", section="Trust")
    assert f"Its probabilities are {after.value:.1%} off on average" in words(app)
    assert f"Expected calibration error {after.value:.2%} (95% interval " in words(app)
    assert f"without temperature scaling {before.value:.2%}" in words(app)


def test_a_dot_of_the_diagram_leads_to_its_pictures(own_run: Run, open_page: OpenPage) -> None:
    predictions = stored(own_run)
    bins = reliability(predictions.confidence, predictions.right)
    app = open_page("evaluate", section="Trust")
    assert len(app.image) == 0
    app.selectbox(key="dot").select(len(bins) - 1).run()
    assert not app.exception
    assert len(app.image) == min(24, bins[-1].n)
    members = bins[-1].members
    first = members[np.argsort(predictions.right[members], kind="stable")][0]
    assert app.image[0].proto.imgs[0].caption.endswith(f"is {predictions.classes[predictions.labels[first]]}")


def test_trust_says_what_is_gained_by_leaving_the_unsure_to_a_person(own_run: Run, open_page: OpenPage) -> None:
    sure = np.where(np.arange(360) < 180, 0.99, 0.6).astype(np.float32)
    probabilities = np.zeros((360, 10), np.float32)
    probabilities[:, 0], probabilities[:, 1] = sure, 1 - sure
    labels = np.where(np.arange(360) < 270, 0, 1)  # the surest half is right throughout, the other every second time
    replace(stored(own_run), probabilities=probabilities, labels=labels).save(own_run.predictions)
    app = open_page("evaluate", section="Trust")
    # The 180 surest are right, of the next 90 all: 100% at 75%; from there on each one more is wrong.
    assert "Deciding everything, it is right in 75.0%; deciding the surest 83%, in 90%" in words(app)


def test_trust_without_its_bundle_says_so(own_run: Run, open_page: OpenPage) -> None:
    (own_run.bundle / "model.onnx").write_bytes(b"other")
    app = open_page("evaluate", section="Trust")
    assert [error.value for error in app.error] == [str(VitrineError("bundle_altered", file="model.onnx"))]
    assert "Deciding everything" in words(app)


def test_the_pictures_of_a_cell_are_shown_when_it_is_chosen(own_run: Run, open_page: OpenPage) -> None:
    predictions = stored(own_run)
    counts = confusion_matrix(predictions.labels, predictions.predicted, 10)
    np.fill_diagonal(counts, 0)
    true, said = (int(label) for label in np.unravel_index(counts.argmax(), counts.shape))
    app = open_page("evaluate", section="Mistakes")
    app.selectbox(key="cell").select((true, said)).run()
    assert not app.exception
    members = np.flatnonzero((predictions.labels == true) & (predictions.predicted == said))
    members = members[np.argsort(-predictions.confidence[members], kind="stable")]
    assert addresses(app) == addresses_of(get_dataset("digits"), predictions.rows[members].tolist(), 192)
    assert f"“{true}” taken for “{said}”, the surest {len(members)} of {len(members)}" in words(app)


def test_alike_classes_come_together_and_counts_stay_theirs(own_run: Run, open_page: OpenPage) -> None:
    app = open_page("evaluate", section="Mistakes")
    app.segmented_control(key="confusion-unit").select("Counts")
    app.segmented_control(key="confusion-order").select("Alike together").run()
    assert not app.exception
    predictions, chart = stored(own_run), spec(app, "plotly_chart")
    order = [int(name) for name in chart["layout"]["xaxis"]["ticktext"]]
    counts = confusion_matrix(predictions.labels, predictions.predicted, 10)
    assert sorted(order) == list(range(10)) and order != list(range(10))
    np.testing.assert_array_equal(matrix(heatmap(app)["z"]), counts[np.ix_(order, order)])


def test_wrong_labels_become_a_new_version_that_the_model_is_trained_again_on(
    own_run: Run, open_page: OpenPage
) -> None:
    predictions = stored(own_run)
    first, second = (int(row) for row in predictions.rows[predictions.mistakes(2)])
    said = int(predictions.predicted[predictions.mistakes(2)[1]])
    app = open_page("evaluate", section="Mistakes")
    app.selectbox(key=f"judge-digits-1-{first}-mistake").select(-2).run()
    app.selectbox(key=f"judge-digits-1-{second}-mistake").select(said).run()
    assert "1 image left out · 1 under another class" in words(app)
    press(app, "Make digits-corrected, a copy with these changes")
    assert "**digits-corrected**, version 1, has 1,796 images." in words(app)
    made = get_dataset("digits-corrected")
    labels = made.manifest("label")["label"].to_pylist()
    assert labels[second - (first < second)] == said
    with no_free_slot():
        press(app, "Train again on it")
        app.switch_page("pages/train.py").run()
        press(app, "Train")
        run = newest_run()
        assert (run.data, run.spec["again"]) == ("digits-corrected", own_run.id)
        assert run.recipe == own_run.recipe


def test_a_corrected_version_can_be_undone_and_marks_forgotten(run_on_pets: Run, open_page: OpenPage) -> None:
    app = open_page("evaluate", section="Mistakes")
    app.selectbox(key="judge-pets-1-10-mistake").select(1).run()
    press(app, "Forget it")
    assert app.selectbox(key="judge-pets-1-10-mistake").value == -1
    app.selectbox(key="judge-pets-1-10-mistake").select(1).run()
    press(app, "Make a new version of pets")
    assert get_dataset("pets").version == 2
    press(app, "Undo")
    assert get_dataset("pets").version == 1
    assert "Make a new version of pets" not in labels(app)


def test_leaving_out_too_much_is_refused_and_the_marks_stay(run_on_pets: Run, open_page: OpenPage) -> None:
    app = open_page("evaluate", section="Mistakes")
    for row in (10, 11):
        app.selectbox(key=f"judge-pets-1-{row}-mistake").select(-2).run()
    press(app, "Make a new version of pets")
    assert [error.value for error in app.error] == [str(VitrineError("test_empty"))]
    assert "2 images left out" in words(app) and get_dataset("pets").version == 1


def test_fairness_shows_every_class_with_its_interval_and_whether_the_gap_is_noise(
    trained_run: Run, open_page: OpenPage
) -> None:
    predictions = stored(trained_run)
    found = groups(
        [predictions.classes[label] for label in predictions.labels], predictions.right, predictions.confidence
    )
    distance = gap(found)
    assert distance is not None
    app = open_page("evaluate", section="Fairness")
    low, high = found[0].accuracy.value, found[-1].accuracy.value
    assert f"From {low:.0%} (“{found[0].name}”) to {high:.0%} (“{found[-1].name}”)" in words(app)
    assert f"A gap of {100 * distance.size:.1f} points that " in words(app)


def test_fairness_by_what_the_user_knows_of_the_images(own_run: Run, open_page: OpenPage) -> None:
    predictions, digits = stored(own_run), get_dataset("digits")
    paths = digits.manifest("path")["path"].to_pylist()
    table = ["path,hand"]
    for row, right in zip(predictions.rows.tolist(), predictions.right.tolist(), strict=True):
        table.append(f"{paths[row]},{'left' if not right else 'right'}")
    app = open_page("evaluate", section="Fairness")
    app.file_uploader(key="attributes-digits-1").upload("hands.csv", "\n".join(table).encode()).run()
    assert not app.exception
    assert "hand" in app.toast[0].value
    assert app.selectbox(key="attribute-digits").value == "hand"
    assert "From 0% (“left”) to 100% (“right”)" in words(app)
    assert "more than noise" in words(app)


def test_a_table_of_other_images_is_refused_with_a_sentence(own_run: Run, open_page: OpenPage) -> None:
    app = open_page("evaluate", section="Fairness")
    app.file_uploader(key="attributes-digits-1").upload("hands.csv", b"path,hand\nother.png,left\n").run()
    assert not app.exception
    assert "No line of the table names an image of “digits”." in app.error[0].value


def sentence_about(run: Run, start: str) -> str:
    """The key of what leads from a sentence to its evidence."""
    told = tell(run, stored(run), summarise(stored(run)))
    return f"sentence-{next(place for place, one in enumerate(told) if one.text().startswith(start))}"


def test_the_evaluation_is_told_in_sentences_that_lead_to_their_figures(own_run: Run, open_page: OpenPage) -> None:
    predictions = stored(own_run)
    app = open_page("evaluate")
    expected = tell(own_run, predictions, summarise(predictions))
    assert 4 <= len(expected) <= 7
    assert all(sentence.text(plain) in words(app) for sentence in expected)
    app.button(key=sentence_about(own_run, "Its commonest mistake")).click().run()
    assert app.session_state["section"] == "Mistakes" and len(set(app.session_state["cell"])) == 2, "those pictures"

    app = open_page("evaluate")
    assert "the stress test and unknown inputs have not been measured yet." in words(app)
    keep(own_run, "stress", Stress(200, 180, {"blur": [175, 160, 120, 80, 45], ADVERSARIAL: [20] * 5}))
    app.run()
    assert "“blur” harms it most: 32 points on average over five severities (200 images)." in words(app)
    app.button(key=sentence_about(own_run, "Of what happens to photos")).click().run()
    assert "Most harmful in daily use\\: blur, 32 points on average" in words(app)
    assert app.query_params["section"] in ("Stress test", ["Stress test"])
