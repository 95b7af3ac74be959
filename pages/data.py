"""Data: what there is to learn from, what it looks like, and how to bring one's own."""

import streamlit as st

from ui import datasets, forecast
from ui.i18n import _
from ui.job_panel import data_jobs
from ui.pickers import chosen_dataset

st.markdown(_("A model knows what its images show, and nothing else. Look at them before you train."))
dataset = chosen_dataset()
datasets.add_images()
data_jobs()
datasets.facts(dataset)
datasets.samples(dataset)
datasets.preprocessing(dataset)
datasets.balance(dataset)
forecast.how_much_data(dataset)
datasets.remove(dataset)
