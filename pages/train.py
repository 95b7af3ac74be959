"""Train: a recipe, the run it makes, and all runs before it."""

import streamlit as st

from core import tasks
from core.errors import VitrineError
from ui.estimate import run_estimate
from ui.i18n import _
from ui.live import compared_run, last_click, live_run, undo_delete
from ui.pickers import chosen_dataset, chosen_run, focus_run, known_runs
from ui.recipe_form import recipe_form
from ui.runs_table import runs_table
from ui.states import show_error

st.markdown(_("Choose a recipe, turn what you like, and watch it learn. A run goes on when you close this page."))
last_click()
undo_delete()
recipe_side, run_side = st.columns([1, 2], gap="large")
with recipe_side:
    dataset = chosen_dataset()
    start = st.container()
    recipe = recipe_form(dataset)
    # Above the sliders on the screen: who takes the recipe as it is need not look for the button below them.
    with start:
        started = st.button(_("Train"), type="primary", icon=":material/model_training:", width="stretch")
        run_estimate(dataset, recipe)
    if started:
        try:
            focus_run(tasks.train(dataset.name, recipe).id)
        except VitrineError as error:
            show_error(error)
with run_side:
    run = chosen_run()
    if run is None:
        st.caption(_("The curves of your first run will grow here."))
    else:
        live_run(run, compared_run(run))
if known_runs():
    st.header(_("All runs"))
    runs_table(run.id if run else None)
