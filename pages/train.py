"""Train: a recipe, the run it makes, and all runs before it."""

import streamlit as st

from core import tasks
from core.errors import VitrineError
from ui.estimate import run_estimate
from ui.i18n import _
from ui.live import compared_run, last_click, live_run, undo_delete
from ui.own_classes import own_classes, own_classes_chosen
from ui.pickers import chosen_dataset, chosen_run, focus_run, known_runs
from ui.recipe_form import preset_picker, recipe_form
from ui.recipe_state import origin_of_sliders
from ui.runs_table import runs_table
from ui.states import show_error

st.markdown(_("Choose a recipe, turn what you like, and watch it learn. A run goes on when you close this page."))
last_click()
undo_delete()
own = own_classes_chosen()
if not own:
    data_side, preset_side, cost, start = st.columns([3, 3, 3, 2], vertical_alignment="bottom")
    with data_side:
        dataset = chosen_dataset()
    with preset_side:
        preset_picker()
# On a phone the first comes above: the curves, not all sliders, below the button; but photos before an earlier run.
first, second = st.columns([1, 2] if own else [2, 1], gap="large")
run_side, recipe_side = (second, first) if own else (first, second)
with recipe_side:
    if own:
        own_classes()
    else:
        recipe = recipe_form(dataset)
        with cost:
            run_estimate(dataset, recipe)
if not own and start.button(_("Train"), type="primary", icon=":material/model_training:", width="stretch"):
    try:
        focus_run(tasks.train(dataset.name, recipe, again=origin_of_sliders().run).id)
    except VitrineError as error:
        show_error(error)
with run_side:
    run = chosen_run()
    if run is None:
        st.caption(_("The curves of your first run will grow here."))
    else:
        panel = st.container()
        compared = compared_run(run)  # chosen below the curves, which are what one waits for
        with panel:
            live_run(run, compared)
if known_runs():
    st.header(_("All runs"))
    runs_table(run.id if run else None)
