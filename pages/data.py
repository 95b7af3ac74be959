"""Data: what there is to learn from, what it looks like, what is wrong with it, and how to bring one's own."""

import streamlit as st

from ui import datasets, forecast, managing, versions
from ui.bringing import add_images
from ui.browsing import browse
from ui.i18n import _
from ui.job_panel import data_jobs
from ui.labelling import labelling
from ui.pickers import chosen_dataset
from ui.preprocessing import preprocessing
from ui.quality import quality

st.markdown(_("A model knows what its images show, and nothing else. Look at them before you train."))
which, when = st.columns([3, 1])
with which:
    current = chosen_dataset()
with when:
    dataset = versions.chosen_version(current)
managing.undo_deletion()
add_images(current)
data_jobs()
versions.earlier_version(dataset)

overview, images, prepared, examined, labelled, foretold, managed = st.tabs(
    [_("Overview"), _("Images"), _("Preprocessing"), _("Quality"), _("Label"), _("How much data?"), _("Manage")],
    key="part",
    on_change="rerun",
    bind="query-params",
)
if overview.open:
    with overview:
        datasets.facts(dataset)
        datasets.warnings(dataset)
        datasets.samples(dataset)
        datasets.balance(dataset)
if images.open:
    with images:
        browse(dataset)
if prepared.open:
    with prepared:
        preprocessing(dataset)
if examined.open:
    with examined:
        quality(dataset)
if labelled.open:
    with labelled:
        labelling()
if foretold.open:
    with foretold:
        forecast.how_much_data(dataset)
if managed.open:
    with managed:
        versions.versions(dataset)
        managing.divide_anew(dataset)
        managing.take_away(dataset)
        managing.rename_and_delete(dataset)
