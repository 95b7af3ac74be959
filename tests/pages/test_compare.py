"""Evaluate, Compare: who is better, the pictures on which two models differ, and all models beside each other."""

import json
from dataclasses import replace

import numpy as np
from streamlit.testing.v1 import AppTest

from core.data.versions import get_dataset
from core.evaluation.comparison import paired_gain
from core.evaluation.predictions import StoredPredictions
from core.runs.run import ENVIRONMENT
from core.runs.store import Run
from tests.pages.conftest import OpenPage
from tests.pages.looking import addresses, addresses_of, another, captions, press, words


def stored(run: Run) -> StoredPredictions:
    return StoredPredictions.load(run.predictions)


def told(app: AppTest) -> list[str]:
    """What stands under the pictures, as it is read."""
    return [caption.replace("\\", "").replace("  \n", " · ") for caption in captions(app)]


def spoil(run: Run, other: Run, places: np.ndarray) -> None:
    """The other run names these wrongly: another class has the probability of the right one."""
    predictions = stored(run)
    spoilt = predictions.probabilities.copy()
    spoilt[places] = np.roll(spoilt[places], 1, axis=1)
    replace(predictions, probabilities=spoilt).save(other.predictions)


def pareto_names(app: AppTest) -> set[str]:
    """Whom the chart of all models shows."""
    charts = [chart for chart in app.get("plotly_chart") if "pareto" in chart.proto.id]
    return {
        name
        for chart in charts
        for trace in json.loads(chart.proto.spec)["data"]
        for name in trace.get("hovertext", ())
    }


def test_two_models_are_compared_by_the_images_that_only_one_names_rightly(own_run: Run, open_page: OpenPage) -> None:
    spoil(own_run, another(own_run, epochs=7), np.flatnonzero(stored(own_run).right)[:40])
    app = open_page("evaluate", run=own_run.name, section="Compare")
    text = words(app)
    assert f"{own_run.name} is better than other" in text.replace("\\", "")
    assert "a-run has 40 and other has 0" in text.replace("\\", "")
    assert "come by chance less than once in a million times" in text
    assert f"Only A, {own_run.name}, names them rightly: 40" in text.replace("\\", "")
    assert "Only B, other, names them rightly: 0" in text.replace("\\", "")
    table = app.table[0].value
    assert table.index.tolist() == ["Epochs"]


def test_pictures_on_which_two_models_differ_say_the_truth_and_who_said_what(own_run: Run, open_page: OpenPage) -> None:
    predictions = stored(own_run)
    rights = np.flatnonzero(predictions.right & np.isin(predictions.labels, [3, 4]))[:30]
    spoil(own_run, another(own_run), rights)
    app = open_page("evaluate", run=own_run.name, section="Compare")
    shown = told(app)
    assert len(shown) == 12
    assert {*shown} == {"truth: 3 · A: 3 · B: 4", "truth: 4 · A: 4 · B: 5"}, "of both classes"
    press(app, "Show more")
    assert len(captions(app)) == 24


def test_pictures_of_one_class_on_which_two_models_differ_come_the_surest_first(
    own_run: Run, open_page: OpenPage
) -> None:
    predictions = stored(own_run)
    rights = np.flatnonzero(predictions.right & np.isin(predictions.labels, [3, 4]))[:30]
    spoil(own_run, another(own_run), rights)
    app = open_page("evaluate", run=own_run.name, section="Compare")
    choice = app.selectbox(key="disagreement")
    fours = rights[predictions.labels[rights] == 4]
    fours = fours[np.argsort(-predictions.confidence[fours], kind="stable")]
    assert choice.options[0] == f"all classes ({len(rights)})" and f"4 ({len(fours)})" in choice.options
    choice.select((4, 4)).run()
    assert not app.exception
    assert addresses(app) == addresses_of(get_dataset("digits"), predictions.rows[fours[:12]].tolist(), 192)
    app.selectbox(key="disagreement").select((4, 5)).run()
    assert f"Only B, other, takes “4” for “5”: {len(fours)}" in words(app).replace("\\", "")
    assert {*told(app)} == {"truth: 4 · A: 4 · B: 5"}


def test_a_click_on_a_cell_of_the_difference_chooses_its_pictures(own_run: Run, open_page: OpenPage) -> None:
    predictions = stored(own_run)
    rights = np.flatnonzero(predictions.right & (predictions.labels == 4))[:5]
    spoil(own_run, another(own_run), rights)
    app = open_page("evaluate", run=own_run.name, section="Compare")
    chart = next(chart for chart in app.get("plotly_chart") if "confusion-difference" in chart.proto.id)
    cells = json.loads(chart.proto.spec)["data"][1]
    point = {"customdata": cells["customdata"][45]}
    states = app._tree.get_widget_states()
    clicked = {"selection": {"points": [point], "point_indices": [45], "box": [], "lasso": []}}
    states.widgets.add(id=chart.proto.id, string_value=json.dumps(clicked))
    app._run(states)
    assert not app.exception
    assert cells["text"][45] == "4 named 5: +5"
    assert "Only B, other, takes “4” for “5”: 5" in words(app).replace("\\", "")


def test_a_small_difference_is_none_by_words_and_by_interval(own_run: Run, open_page: OpenPage) -> None:
    rights = np.flatnonzero(stored(own_run).right)[:5]
    spoil(own_run, another(own_run), rights)
    text = words(open_page("evaluate", run=own_run.name, section="Compare"))
    assert "No difference beyond chance" in text
    low, high = paired_gain(0, 5, 360)[1:]
    assert low < 0 and f"95% interval {100 * low:+.1f} to {100 * high:+.1f}; 360 images" in text.replace("\\", "")


def test_equal_models_differ_by_nothing_beyond_chance(own_run: Run, open_page: OpenPage) -> None:
    another(own_run)
    app = open_page("evaluate", run=own_run.name, section="Compare")
    assert "No difference beyond chance" in words(app)
    assert "Both name the same test images rightly: nothing on these 360 images" in words(app).replace("\\", "")
    assert "Both were trained by the same recipe." in words(app)
    assert "Both take the same classes for each other equally often." in words(app)


def test_all_models_stand_in_a_table_with_their_size_and_cost(own_run: Run, open_page: OpenPage) -> None:
    another(own_run)
    app = open_page("evaluate", run=own_run.name, section="Compare")
    table = app.dataframe[0].value
    assert set(table["name"]) == {own_run.name, "other"}
    assert table["parameters"].notna().all() and table["seconds"].notna().all()
    next(box for box in app.number_input if box.label.startswith("Price of an hour")).set_value(36.0).run()
    table = app.dataframe[0].value
    np.testing.assert_allclose(table["cost"], table["seconds"] / 100)
    app.segmented_control(key="league-axis").select("cost of training").run()
    assert not app.exception
    assert "left out" not in words(app)


def test_seconds_and_cost_are_set_beside_each_other_only_of_one_machine(own_run: Run, open_page: OpenPage) -> None:
    another(own_run)
    card = another(own_run, "by-a-card")
    (card.folder / ENVIRONMENT).write_text(json.dumps({**card.environment, "graphics_card": "NVIDIA H200"}))
    app = open_page("evaluate", run=own_run.name, section="Compare")
    assert pareto_names(app) == {own_run.name, "other", "by-a-card"}, "parameters are the same on all machines"
    app.segmented_control(key="league-axis").select("seconds of training").run()
    assert pareto_names(app) == {own_run.name, "other"}
    assert "1 model is left out: it was not trained on “" in words(app)
    table = app.dataframe[0].value.set_index("name")
    assert np.isnan(table.loc["by-a-card", "cost"]) and table.loc["other", "cost"] > 0
    app.selectbox(key="league-machine-digits").select("NVIDIA H200").run()
    assert not app.exception
    assert not pareto_names(app) and "There is no chart of a single model. 2 models are left out" in words(app)


def test_models_are_found_by_part_of_a_name_preset_or_network(own_run: Run, open_page: OpenPage) -> None:
    another(own_run)
    app = open_page("evaluate", run=own_run.name, section="Compare")
    search = app.text_input(key="league-search")
    search.set_value("OTH").run()
    assert app.dataframe[0].value["name"].tolist() == ["other"]
    search.set_value(own_run.preset).run()
    assert set(app.dataframe[0].value["name"]) == {own_run.name, "other"}
    search.set_value("no such").run()
    assert not app.exception and not app.dataframe
    assert "No run, preset or network of these models has “no such” in its name." in words(app)


def test_a_single_model_has_nothing_to_be_compared_with(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("evaluate", section="Compare")
    assert "There is no other finished model that was tested on the same images." in words(app)
