"""Train: what a run leaves to look at once it is over: why it failed, its guesses, what it was made with."""

from typing import Any

from streamlit.testing.v1 import AppTest

from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.runs import jobs
from core.runs.store import Run, store
from core.training.presets import make_recipe
from tests.pages.conftest import OpenPage
from tests.pages.looking import captions, popovers, press, remember, words
from tests.processes import until

AGAIN = "Train again with one change"


def widget(app: AppTest, key: str) -> Any:
    return app.get_by_key(key)


def guesses_on(app: AppTest) -> list[str]:
    """What is said under the sample images: an icon comes first, unlike under what the form shows."""
    return [caption for caption in captions(app) if caption.startswith(":material/")]


def test_a_diverged_run_is_trained_again_with_a_lower_rate_by_one_click(stored: None, open_page: OpenPage) -> None:
    recipe = make_recipe(
        "article-cnn", optimizer="sgd", learning_rate=1.0, weight_decay=1.0, l1=0.01, epochs=50, train_images=200
    )
    run = jobs.submit(
        "train", "doomed", {"data": "digits", "data_version": 1, "recipe": recipe.model_dump(mode="json")}
    )
    assert until(run.id, lambda run: not run.active).state == "failed"
    app = open_page("train")
    (error,) = app.error
    assert error.value.startswith("Training diverged at step ")
    press(app, "Train again with learning rate 0.05")
    assert widget(app, "recipe-learning_rate").value == 0.05
    assert widget(app, "recipe-optimizer").value == "sgd"
    (popover,) = popovers(app, "Learning rate: 1 → 0.05")
    assert not popover.proto.popover.disabled


def test_guesses_on_sample_images_can_be_replayed_epoch_by_epoch(stored: None, open_page: OpenPage) -> None:
    run = remember("guesses", done=2)
    rows = load_split(get_dataset("digits"), "train").rows[:2].tolist()
    labels_ = load_split(get_dataset("digits"), "train").labels[:2].tolist()
    guesses = {1: [0.9 if number == (labels_[0] + 1) % 10 else 0.1 / 9 for number in range(10)]}
    guesses[2] = [0.8 if number == labels_[0] else 0.2 / 9 for number in range(10)]
    sure = [1.0 if number == labels_[1] else 0.0 for number in range(10)]
    run.folder.mkdir(parents=True, exist_ok=True)
    with jobs.Job(run, store()) as job:
        for epoch, guess in guesses.items():
            job.samples(epoch, rows, [guess, sure])
    app = open_page("train")
    assert "After epoch 2, 2 of these 2 validation images are named rightly" in words(app)
    right = f":material/check: **{labels_[0]}** · 80%  \nright"
    assert guesses_on(app) == [right, f":material/check: **{labels_[1]}** · 99%  \nright"]
    widget(app, f"samples-{run.id}").set_value(1).run()
    assert not app.exception
    assert "After epoch 1, 1 of these 2 validation images are named rightly" in words(app)
    assert guesses_on(app)[0] == f":material/close: **{(labels_[0] + 1) % 10}** · 90%  \nwrong, is {labels_[0]}"


def test_a_run_says_what_it_was_made_with(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("train")
    (popover,) = popovers(app, "Made with")
    shown = str(popover.table[0].value.to_dict())
    for told in (trained_run.environment["torch"], trained_run.environment["data_fingerprint"]):
        assert told in shown


def test_a_run_of_an_earlier_version_has_neither_samples_nor_record(stored: None, open_page: OpenPage) -> None:
    remember("old", done=3)
    app = open_page("train")
    assert not guesses_on(app) and not popovers(app, "Made with")


def test_a_run_of_a_later_version_keeps_its_curves_and_moves_no_slider(stored: None, open_page: OpenPage) -> None:
    recipe = make_recipe("fast", epochs=3).model_dump(mode="json") | {"novelty": 1}
    run = store().create("train", "later", {"data": "digits", "data_version": 1, "recipe": recipe})
    store().log(run.id, [(key, 0.5, 1) for key in ("epoch", "epochs_done", "val_loss", "val_accuracy")])
    store().set_state(run.id, "finished")
    app = open_page("train")
    assert "**Validation accuracy is 50.0%, its best**" in words(app).splitlines()
    press(app, AGAIN)
    assert widget(app, "preset").value == "article-cnn" and widget(app, "recipe-epochs").value == 10
