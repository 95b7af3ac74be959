"""Concepts: the six steps, with and without a run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.runs.store import Run
from tests.pages.conftest import OpenPage
from tests.processes import ROOT

STEPS = ["Data input", "Preprocessing", "Training", "Evaluation", "Deployment", "Business"]


def text(app: object) -> str:
    return "\n".join(element.value for element in app.markdown)  # type: ignore[attr-defined]


def test_a_newcomer_sees_the_six_steps_and_a_link_in_each(home: Path, open_page: OpenPage) -> None:
    app = open_page("concepts")
    for number, step in enumerate(STEPS, 1):
        assert f"**{number} · {step}**" in text(app)
    assert app.title[0].value == "Concepts"
    assert [link.proto.page for link in app.main.get("page_link")][:6] == [
        "data",
        "data",
        "train",
        "evaluate",
        "deploy",
        "business",
    ]


def test_without_a_run_the_ladder_shows_the_presets(home: Path, open_page: OpenPage) -> None:
    titles = [heading.value for heading in open_page("concepts").header]
    assert "GPT-3 has 620,000 times the parameters of article-cnn" in titles


def test_every_step_says_where_the_run_stands(trained_run: Run, open_page: OpenPage) -> None:
    shown = text(open_page("concepts"))
    assert "digits · 1,797 images in 10 classes" in shown
    assert "1 of 1 epochs" in shown
    assert f"{trained_run.val_accuracy:.1%} right on validation images" in shown
    assert "Sealed bundle" in shown


@pytest.mark.usefixtures("trained_run")
def test_the_first_steps_lead_to_the_runs_own_images(open_page: OpenPage) -> None:
    links = [(link.proto.page, link.proto.query_string) for link in open_page("concepts").get("page_link")]
    assert ("data", "data=digits") in links
    assert ("data", "part=Preprocessing&data=digits") in links


def test_the_ladder_counts_the_parameters_of_the_chosen_run(trained_run: Run, open_page: OpenPage) -> None:
    titles = [heading.value for heading in open_page("concepts").header]
    assert f"GPT-3 has 2,010,000 times the parameters of {trained_run.name}" in titles


def test_the_test_set_is_not_looked_at_here(trained_run: Run, open_page: OpenPage) -> None:
    from core.evaluation.predictions import StoredPredictions

    accuracy = StoredPredictions.load(trained_run.predictions).accuracy
    assert f"{accuracy:.1%}" != f"{trained_run.val_accuracy:.1%}", "this run cannot tell the two apart"
    assert f"{accuracy:.1%}" not in text(open_page("concepts"))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What a fresh process has loaded, beside Streamlit, when the first page's title is drawn, and at the page's end.

    The store is empty: the page speaks of a model that comes with Vitrine.
    """
    script = f"""
import json, sys
import streamlit
from streamlit.testing.v1 import AppTest
draw, seen, own = streamlit.title, {{}}, set(sys.modules)
def title(*args, **kwargs):
    seen["at the title"] = list(set(sys.modules) - own)
    return draw(*args, **kwargs)
streamlit.title = title
app = AppTest.from_file({str(ROOT / "streamlit_app.py")!r}, default_timeout=60).run()
assert not app.exception and "comes with Vitrine" in app.sidebar.caption[0].value
seen["at the end"] = list(set(sys.modules) - own)
print(json.dumps(seen))
"""
    environment = {**os.environ, "VITRINE_HOME": str(tmp_path_factory.mktemp("empty"))}
    del environment["VITRINE_BUNDLED"]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return {moment: set(modules) for moment, modules in json.loads(done.stdout).items()}


@pytest.mark.parametrize("late", ["mlflow", "pandas", "plotly", "onnxruntime", "fastapi", "pyarrow"])
def test_the_heading_waits_for_nothing_heavy(late: str, loaded: dict[str, set[str]]) -> None:
    assert late not in loaded["at the title"]


@pytest.mark.parametrize("never", ["mlflow", "torch", "sklearn", "onnxruntime", "fastapi"])
def test_the_first_page_of_an_empty_store_does_without(never: str, loaded: dict[str, set[str]]) -> None:
    assert never not in loaded["at the end"]
