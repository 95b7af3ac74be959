"""Evaluate: what a job has to measure first, and a claim beside what runs here reach."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import tasks
from core.data.duplicates import DuplicatePair, Duplicates
from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.labels import LabelIssue, LabelIssues
from core.evaluation.predictions import StoredPredictions
from core.evaluation.stress import ADVERSARIAL, Stress
from core.evaluation.studies import keep
from core.evaluation.unknowns import LeftOut, LeftOutPair, Unknowns, UnknownSet
from core.evaluation.views import Views
from core.runs.run import ENVIRONMENT
from core.runs.store import Run, store
from tests.conftest import RUN_NAME
from tests.pages.conftest import OpenPage
from tests.pages.looking import button, labels, no_free_slot, press, spec, words


@pytest.fixture
def own_run(trained_home: Path, home: Path) -> Run:
    shutil.copytree(trained_home, home)
    return store().find(RUN_NAME)


def test_a_study_is_begun_by_a_button_shows_its_progress_and_can_be_stopped(own_run: Run, open_page: OpenPage) -> None:
    app = open_page("evaluate", section="Stress test")
    with no_free_slot():
        press(app, "Run the stress test")
        job = tasks.last_study(own_run, "stress")
        assert job is not None and job.state == "queued"
        assert "Run the stress test" not in labels(app) and "Look several times" in labels(app)
        button(app, "Stop").click().run()
    app.run()
    assert not app.exception
    assert "Run the stress test" in labels(app)


def test_what_the_stress_test_found_is_drawn_the_worst_first(own_run: Run, open_page: OpenPage) -> None:
    kept = Stress(200, 180, {"blur": [175, 160, 120, 80, 45], "noise": [180] * 5, ADVERSARIAL: [20] * 5})
    keep(own_run, "stress", kept)
    app = open_page("evaluate", section="Stress test")
    # The adversary does more, but does not happen by itself.
    assert "Most harmful in daily use\\: blur, 32 points on average" in words(app)
    titles = [note["text"] for note in spec(app, "plotly_chart")["layout"]["annotations"]]
    assert titles == ["made to mislead<br>−80", "blur<br>−32", "noise<br>±0"]
    assert "200 test images, the same ones throughout; every point is known to ±" in words(app)
    assert len(app.image) == 24


def test_several_looks_are_told_apart_from_the_plain_figure(own_run: Run, open_page: OpenPage) -> None:
    keep(own_run, "views", Views(360, 322, 331, 3))
    app = open_page("evaluate", section="Stress test")
    assert "With **test-time augmentation** (3 looks at each image) it names 91.9% rightly" in words(app)
    assert "+2.5 points against a single look" in words(app)
    assert "Look several times" not in labels(app)


MET = Unknowns(
    "neighbours",
    360,
    18,
    [
        UnknownSet(
            "noise", None, 1000, 990, {"energy": 0.97, "neighbours": 0.99}, [(3, 8, 0.91, False), (7, 1, 0.5, True)]
        ),
        UnknownSet("patterns", None, 1000, 310, {"energy": 0.81, "neighbours": 0.88}, [(0, 2, 0.99, False)]),
    ],
)


def test_unknown_things_are_told_of_set_by_set_with_their_pictures(own_run: Run, open_page: OpenPage) -> None:
    app = open_page("evaluate", section="Unknown inputs")
    assert {"Show it unknown things", "Leave two classes out"} <= set(labels(app))
    keep(own_run, "unknowns", MET)
    app = open_page("evaluate", section="Unknown inputs")
    assert "It refuses 5.0% of what it knows, and 31.0% of “patterns”, which it refuses least" in words(app)
    (refused,) = spec(app, "plotly_chart")["data"]
    assert refused["x"] == [0.05, 0.99, 0.31]
    table = app.table[0].value
    assert table["Called unknown"].tolist() == [
        "5.0% (3.2%–7.8%)",
        "99.0% (98.2%–99.5%)",
        "31.0% (28.2%–33.9%)",
    ]
    assert table["AUROC, as sealed"].tolist() == ["–", "0.99 (0.98–1.00)", "0.88 (0.85–0.90)"]
    scores = app.table[1].value
    assert scores.index.tolist() == ["nearest neighbours", "energy"] and scores["at worst"].tolist() == ["0.88", "0.81"]
    assert scores["patterns"].tolist() == ["0.88 (0.85–0.90)", "0.81 (0.78–0.84)"]
    assert "sealed when light, colours and edges were not looked at yet" in words(app)
    # The hardest set first, with what it was taken for.
    assert app.selectbox(key="unknown-set").options == ["patterns", "noise"]
    assert "“2”, 99% sure" in words(app) and len(app.image) == 1
    app.selectbox(key="unknown-set").select("noise").run()
    assert "“8”, 91% sure: **let through**" in words(app) and "“1”, 50% sure: refused" in words(app)
    assert len(app.image) == 2
    keep(own_run, "unknowns", replace(MET, appearance=True))
    assert "light, colours and edges are like those of no known image" in words(
        open_page("evaluate", section="Unknown inputs")
    )


def test_the_story_tells_of_the_hardest_unknown_set(own_run: Run, open_page: OpenPage) -> None:
    keep(own_run, "unknowns", MET)
    app = open_page("evaluate")
    told = words(app)
    assert (
        "Shown what it never learnt, it refuses 31.0% (28.2% to 33.9%) of “patterns”, the hardest set, and 5.0% ("
        in told
    )
    press(app, "Unknown inputs")
    assert app.session_state["section"] == "Unknown inputs"


def test_classes_left_out_are_told_of_pair_by_pair(own_run: Run, open_page: OpenPage) -> None:
    pairs = [
        LeftOutPair(("1", "7"), "neighbours", 290, 70, 284, 14, 40, {"energy": 0.9, "neighbours": 0.8}),
        LeftOutPair(("3", "8"), "energy", 280, 80, 270, 15, 20, {"energy": 0.7, "neighbours": 0.6}),
    ]
    keep(own_run, "left-out", LeftOut(pairs))
    app = open_page("evaluate", section="Unknown inputs")
    said = "Over 2 pairs, the classes left out are told from the others with an AUROC of **0.70 to 0.80**, **0.75** on average."
    assert said in words(app)
    table, scores = (one.value for one in app.table)
    assert table.index.tolist() == ["1 and 7", "3 and 8"]
    assert table["Of the others named rightly"].tolist()[0] == "97.9% (95.6%–99.0%)"
    assert table["Of the others refused"].tolist()[1] == "5.4% (3.3%–8.6%)"
    assert table["Caught"].tolist()[1] == "25.0% (16.8%–35.5%)"
    assert table["Sealed score"].tolist() == ["nearest neighbours", "energy"]
    assert table["AUROC, as sealed"].tolist()[1] == "0.70 (0.64–0.75)"
    assert scores.index.tolist() == ["energy", "nearest neighbours"] and scores["on average"].tolist() == [
        "0.80",
        "0.70",
    ]
    assert scores.loc["energy"].tolist()[1:] == ["0.90 (0.86–0.93)", "0.70 (0.64–0.75)"]


def test_a_network_that_was_taken_over_is_not_trained_without_its_classes(own_run: Run, open_page: OpenPage) -> None:
    recipe = own_run.recipe | {"preset": "transfer", "start": own_run.id}
    run = store().create("train", "taken-over", own_run.spec | {"recipe": recipe})
    shutil.copytree(own_run.bundle, run.bundle)
    shutil.copy(own_run.predictions, run.predictions)
    store().set_state(run.id, "finished")
    app = open_page("evaluate", section="Unknown inputs", run="taken-over")
    assert "may have seen the classes that are left out" in words(app)
    assert "Leave two classes out" not in labels(app) and "Show it unknown things" in labels(app)
    with pytest.raises(VitrineError, match="may have seen the classes"):
        tasks.measure(store().get(run.id), "left-out")
    app = open_page("evaluate", section="Data errors", run="taken-over")
    assert "which learnt from “digits” already" in words(app)
    assert "Look among the training images" not in labels(app) and "Look for wrong labels" in labels(app)


def test_another_run_shows_what_it_took_for_its_own(own_run: Run, open_page: OpenPage) -> None:
    keep(own_run, "unknowns", MET)
    other = store().create("train", "other", own_run.spec)
    shutil.copytree(own_run.bundle, other.bundle)
    shutil.copy(own_run.predictions, other.predictions)
    store().set_state(other.id, "finished")
    patterns = replace(MET.sets[1], most_known=[(5, 4, 0.66, True)])
    keep(other, "unknowns", replace(MET, sets=[MET.sets[0], patterns]))
    app = open_page("evaluate", section="Unknown inputs", run=RUN_NAME)
    assert "“2”, 99% sure" in words(app)
    app.selectbox(key="run").select("other").run()
    assert "“4”, 66% sure" in words(app) and "“2”, 99% sure" not in words(app)


def on_cifar(own_run: Run, name: str, right: int, **recipe: object) -> Run:
    """A run whose model, as far as the store knows, was tested on 100 images of CIFAR-10."""
    from core.data.drafts import draft
    from core.data.versions import all_versions
    from core.evaluation.references import CIFAR10
    from core.training.presets import make_recipe
    from tests.data.making import picture

    if not all_versions("photos"):
        with draft("photos") as made:
            for number in range(40):
                made.add(picture(number), f"{number}.png", "train" if number < 30 else "test", number % 10, 12, 12)
            made.publish(CIFAR10, "drawn", "none")
    fields = make_recipe(str(recipe.pop("preset")), **recipe).model_dump(mode="json")
    run = store().create("train", name, {"data": "photos", "data_version": 1, "recipe": fields})
    shutil.copytree(own_run.bundle, run.bundle)
    probabilities = np.eye(10, dtype=np.float32)[np.where(np.arange(100) < right, 0, 1)]
    StoredPredictions(np.zeros(100, int), probabilities, np.zeros(100, np.float32), np.arange(100), CIFAR10).save(
        run.predictions
    )
    store().set_result(run.id, {"val_accuracy": right / 100, "seconds": 60.0, "epochs": 10})
    store().set_state(run.id, "finished")
    return store().get(run.id)


def test_without_a_run_on_cifar10_the_claim_stands_alone_and_training_is_offered(
    own_run: Run, open_page: OpenPage
) -> None:
    app = open_page("evaluate", section="Claims")
    assert "prints a test accuracy of **89%** on CIFAR-10" in words(app)
    assert not app.get("plotly_chart")
    links = [link.proto for link in app.main.get("page_link")]
    assert [link.query_string for link in links] == ["preset=article-cnn", "preset=article-cnn-tuned", "preset=fast"]


def test_the_claim_stands_beside_what_the_runs_here_reach(own_run: Run, open_page: OpenPage) -> None:
    on_cifar(own_run, "classic", 69, preset="article-cnn")
    on_cifar(own_run, "other", 20, preset="article-cnn", epochs=3)  # newer, but not as published
    on_cifar(own_run, "tuned", 78, preset="article-cnn-tuned", seed=5)
    on_cifar(own_run, "best", 92, preset="fast")
    app = open_page("evaluate", section="Claims", run="best")
    assert "Claimed\\: 89%. That network really reaches 69.0%" in words(app)
    table = app.table[0].value
    assert table["Run"].tolist() == ["classic", "tuned", "best"]
    assert table["Test accuracy"].tolist() == ["69.0%", "78.0%", "92.0%"]
    assert table["Time"].tolist() == ["1 min 0 s", "1 min 0 s", "1 min 0 s"]
    assert not app.main.get("page_link")


def test_a_time_says_on_which_graphics_card_it_was(own_run: Run, open_page: OpenPage) -> None:
    run = on_cifar(own_run, "best", 92, preset="fast")
    (run.folder / ENVIRONMENT).write_text(json.dumps({"graphics_card": "NVIDIA H200"}))
    table = open_page("evaluate", section="Claims", run="best").table[0].value
    assert table["Time"].tolist()[-1] == "1 min 0 s on NVIDIA H200"


def doubtful(own_run: Run) -> tuple[int, int]:
    """A training and a test row of the digits."""
    dataset = get_dataset("digits")
    return int(load_split(dataset, "train").rows[5]), int(load_split(dataset, "test").rows[5])


def test_labels_in_doubt_are_shown_and_what_is_said_of_them_is_marked(own_run: Run, open_page: OpenPage) -> None:
    training, test = doubtful(own_run)
    app = open_page("evaluate", section="Data errors")
    assert {"Look for wrong labels", "Look among the training images", "Look for duplicates"} <= set(labels(app))
    digits = get_dataset("digits")
    keep(own_run, "labels", LabelIssues(504, 1, [LabelIssue(test, 3, 8, 0.97, 0.01)]), digits)
    keep(own_run, "training-labels", LabelIssues(1437, 1, [LabelIssue(training, 1, 7, 0.9, 0.02)]), digits)
    app = open_page("evaluate", section="Data errors")
    assert "1 of 504 images, of validation and test, may stand under a wrong class" in words(app)
    captions = " ".join(image.proto.imgs[0].caption for image in app.image)
    assert "test\\: “3”, or 97% “8”?" in captions and "training\\: “1”, or 90% “7”?" in captions
    app.selectbox(key=f"judge-digits-1-{test}-labels").select("leave it out").run()
    assert "1 image left out" in words(app) and "Make digits-corrected, a copy with these changes" in labels(app)


def test_the_training_pictures_that_the_test_has_too_are_left_out_at_once(own_run: Run, open_page: OpenPage) -> None:
    training, test = doubtful(own_run)
    pairs = [DuplicatePair(training, test, "near", 0.91), DuplicatePair(training + 1, training + 2, "exact", 1.0)]
    found = Duplicates(1797, pairs, leaked=[test], copies=[training], training=1, test=0, conflicting=0)
    keep(own_run, "duplicates", found, get_dataset("digits"))
    app = open_page("evaluate", section="Data errors")
    assert "Of 1,797 pictures, these repeat another one of their split: 1 of training, 0 of the test." in words(app)
    leaked = "**1 of 360 test pictures** are among the training pictures too, or nearly. Without them the accuracy is"
    assert leaked in words(app)
    press(app, "Leave out the training pictures that the test has too (1)")
    assert "1 image left out" in words(app)
    assert app.selectbox(key=f"judge-digits-1-{training}-pair-0-{training}").value == -2, (
        "it is marked below the picture too"
    )
    assert app.selectbox(key=f"judge-digits-1-{test}-pair-0-{test}").value == -1
    press(app, "Make digits-corrected, a copy with these changes")
    assert get_dataset("digits-corrected").images == 1796
