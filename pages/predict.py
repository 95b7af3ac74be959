"""Predict: photos in, a verdict each."""

import streamlit as st

from core.errors import VitrineError
from core.serving.models import predictor
from ui import prediction, smaller
from ui.empty import nothing_trained
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.pickers import chosen_run
from ui.states import show_error

run = chosen_run()
if run is None or run.active or not run.has_bundle:
    nothing_trained(run)
    st.stop()

try:
    model = predictor(run)
except VitrineError as error:
    show_error(error)
    st.stop()

st.markdown(
    _("Give **{run}** photos. It knows {classes}, and often notices when it sees none of them.").format(
        run=plain(run.name), classes=plain(", ".join(model.classes))
    )
)
smaller.served_note(run)
photos = prediction.upload()
if not photos:
    st.caption(_("JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF; one or many at once."))
    st.stop()

answers, refused, seconds = prediction.judge(model, photos)
prediction.refusals(refused)
if answers:
    st.caption(
        ngettext(
            "{n} photo, from bytes to verdict in {ms:.0f} ms",
            "{n} photos, from bytes to verdict in {ms:.0f} ms",
            len(answers),
        ).format(n=len(answers), ms=1000 * seconds)
    )
if len(answers) > 1:
    prediction.overview(answers)
for answer in answers[:12]:
    prediction.show(answer)
