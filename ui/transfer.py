"""What a new model may start from, as a choice; and what a run shows that learnt its last layer alone."""

from contextlib import suppress

import streamlit as st

from core.data.lookup import dataset_of
from core.errors import VitrineError
from core.models.pretrained import BACKBONES, PREFIX
from core.runs.run import Run
from core.runs.store import TRAINED
from core.training.recipe import Recipe
from core.training.weights import local_file
from ui.formats import percent
from ui.i18n import _
from ui.pickers import known_runs
from ui.settings import key_of

FEW = 30  # images, of which one says how many are right rather than what share


def start_choice(recipe: Recipe) -> str | None:
    """What a recipe starts from: chosen here where its preset is transfer, else left as it is."""
    if recipe.preset != "transfer":
        return recipe.start
    start = base_choice(key_of("start"), recipe.start)
    st.caption(
        _(
            "Its network, weights and image side are kept, and only a new last layer is learnt. With one epoch or more, the whole network is "
            "fine-tuned after that."
        )
    )
    return start


def base_choice(key: str, wanted: str | None = None) -> str:
    """A select box of the models that others can start from: those that come with Vitrine, the user's, newest first, published ones."""
    sees = [run for run in known_runs() if run.state in TRAINED and run.has_bundle and _sees(run)]
    # Those that come with Vitrine first: the newest may be an experiment that learnt nothing.
    options = {run.id: _run_label(run) for run in sorted(sees, key=lambda run: not run.bundled)}
    options |= {PREFIX + name: _backbone_label(name) for name in BACKBONES}
    if wanted and wanted not in options:
        options[wanted] = _("Another, named by this recipe")
    if st.session_state.get(key) not in options:
        st.session_state[key] = wanted or next(iter(options))
    return st.selectbox(
        _("Trained model"),
        list(options),
        format_func=options.__getitem__,
        key=key,
        help=_(
            "Its network is kept, and only the last layer is learnt anew. The more its images are like yours, the better it sees "
            "what is in them. Published networks have seen a million photos (ImageNet)."
        ),
    )


def new_head(run: Run) -> None:
    """What there is to say of a run without epochs: there is no curve."""
    if run.val_accuracy is None:
        st.caption(_("Only its last layer is learnt. That takes seconds, and no epochs."))
        return
    held_out = run.result.get("validation_images", FEW)
    share = percent(run.val_accuracy)
    if held_out < FEW:  # in percent it would pretend to be exact
        share = _("{right} of {n} right").format(right=round(held_out * run.val_accuracy), n=held_out)
    st.metric(_("Validation accuracy"), share)
    if "train_images" in run.result:
        st.caption(
            _("Its last layer was learnt from {n:,} images; {held_out:,} others measured it.").format(
                n=run.result["train_images"], held_out=run.result["validation_images"]
            )
        )
        with suppress(VitrineError):  # its dataset was deleted
            test = dataset_of(run).size("test")
            st.caption(_("{n:,} more were kept for the test: Evaluate shows what it makes of them.").format(n=test))


def predict_link() -> None:
    """The way from a finished run to photos of one's own."""
    st.page_link("pages/predict.py", label=_("Try it on photos"), icon=":material/image_search:")


def _sees(run: Run) -> bool:
    """Whether the run's network learnt to see: where only a last layer was learnt, one can as well start from its source."""
    return run.epoch > 0


def _run_label(run: Run) -> str:
    if run.val_accuracy is None:
        return _("{run}: {data}").format(run=run.name, data=run.data)
    return _("{run}: {share} on {data}").format(run=run.name, data=run.data, share=percent(run.val_accuracy))


def _backbone_label(name: str) -> str:
    backbone = BACKBONES[name]
    if local_file(backbone):
        return _("{name}: trained on ImageNet, its weights are here").format(name=backbone.title)
    return _("{name}: trained on ImageNet, {size:.0f} MB to download").format(
        name=backbone.title, size=backbone.megabytes
    )
