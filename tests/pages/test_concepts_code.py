"""Concepts, the code: what the repository's files say, and the case study from button to softmax."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.concepts.chapters import CHAPTERS
from core.concepts.source import part
from core.runs.store import Run, store
from core.training.presets import PRESETS, make_recipe
from tests.pages.conftest import OpenPage
from tests.pages.looking import button, labels, newest_run, no_free_slot, picked_run, press, remember, words


def links(app: AppTest) -> set[str]:
    return {link.proto.label for link in app.main.get("page_link")}


def test_every_part_of_the_project_is_shown_as_it_stands(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("concepts", topic="The code")
    for title, pieces in CHAPTERS.items():
        app.button_group(key="chapter").set_value(title).run()
        assert [block.value for block in app.code] == [part(piece.path, piece.name).code for piece in pieces]
    assert "article-cnn: 282,250 parameters" in words(app)
    assert trained_run.name in words(app) and "1 of 1 epochs" in words(app)


def test_a_finished_case_study_shows_what_goes_in_and_out_of_each_step(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("concepts", topic="The code")
    shown = words(app)
    for line in (
        "**1 · Scale**  \n32 × 32 × 3 in, 3 × 32 × 32 out",
        "**2 · Convolution 3 × 3, stride 1, and ReLU**  \n3 × 32 × 32 in, 16 × 32 × 32 out",
        "**3 · Convolution 3 × 3, stride 2, and ReLU**  \n16 × 32 × 32 in, 32 × 16 × 16 out",
        "**4 · Fully connected**  \n8,192 in, 10 out",
        "**5 · Softmax**  \n10 in, 10 out",
    ):
        assert line in shown
    assert app.metric[0].value == f"{trained_run.val_accuracy:.1%}"
    shares = app.dataframe[-1].value["Probability"]
    assert abs(shares.sum() - 1) < 1e-5
    app.slider(key="case-image").set_value(5).run()
    assert not app.exception and not shares.equals(app.dataframe[-1].value["Probability"])


def test_its_links_lead_on_once_it_is_the_chosen_run(own_run: Run, open_page: OpenPage) -> None:
    remember("another", "stopped", 1, make_recipe("article-cnn"))
    app = open_page("concepts", topic="The code", run="another")
    assert picked_run(app) == "another" and "Try it on photos" not in links(app)
    press(app, "Choose this run")
    assert picked_run(app) == own_run.name
    assert {"See its curves", "Try it on photos"} <= links(app) and "Choose this run" not in labels(app)


def test_one_button_trains_it_on_an_empty_store(home: Path, open_page: OpenPage) -> None:
    with no_free_slot():
        app = open_page("concepts", topic="The code")
        assert "1,000 images of digits, 15 epochs" in words(app)
        press(app, "Train it now")
        run = newest_run()
        recipe = PRESETS["case-study"].model_dump(mode="json")
        assert run.recipe == recipe and run.data == "digits" and run.active
        assert picked_run(app) == run.name
        assert "When it is done, each of its steps is shown here" in words(app)
        assert "Train it now" not in labels(app), "it is at work already"
    store().set_state(run.id, "failed")
    app.run()
    assert button(app, "Train it now")


def test_a_case_study_whose_images_are_gone_says_so(own_run: Run, open_page: OpenPage) -> None:
    (own_run.folder / "samples.jsonl").unlink()
    app = open_page("concepts", topic="The code")
    assert len(app.error) == 1 and "5 · Softmax" not in words(app)
