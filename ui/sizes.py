"""How large a model is, beside others whose size is published."""

import streamlit as st

from core.data.versions import get_dataset
from core.errors import VitrineError
from core.models import Shape, count_parameters
from core.runs.store import Run
from core.training.recipes import complete
from ui.charts import Rung, ladder, show_chart
from ui.i18n import _, content

_GPT3 = 175_000_000_000
_CLASSES = 10  # of the two presets on the ladder


def size_ladder(run: Run | None) -> None:
    """The ladder from the smallest preset to GPT-3, with the run's own network on it, and the sources."""
    own = _own(run)
    title = _("GPT-3 has {times} times the parameters of {model}").format(
        times=f"{round(_GPT3 / own.parameters, -4 if own.parameters < 10**7 else -1):,.0f}", model=own.name
    )
    others = [rung for rung in _published() if rung.parameters != own.parameters]
    show_chart(ladder([own, *others]), title, "ladder", height=60 + 46 * (len(others) + 1))
    with st.expander(_("Where these numbers stand"), icon=":material/menu_book:"):
        st.markdown(content("ladder-sources"))


def parameters(run: Run) -> int | None:
    """Weights and biases of the run's network; None when its dataset is gone."""
    try:
        classes = len(run.spec["classes"] if run.bundled else get_dataset(run.data, run.data_version).classes)
        recipe = complete(run.recipe)
    except VitrineError:
        return None
    return count_parameters(recipe.family, recipe.shape(classes))


def _own(run: Run | None) -> Rung:
    if run is not None and (count := parameters(run)):
        return Rung(run.name, count, _("the chosen run"), own=True)
    name = "article-cnn"
    return Rung(name, count_parameters(name, Shape(_CLASSES)), _("a preset of this product"), own=True)


def _published() -> list[Rung]:
    ours = _("a preset of this product")
    return [
        Rung("LeNet-5", 60_000, "LeCun et al., 1998"),
        Rung("case-study", count_parameters("case-study", Shape(_CLASSES)), ours),
        Rung("article-cnn", count_parameters("article-cnn", Shape(_CLASSES)), ours),
        Rung("ResNet-50", 25_600_000, "He et al., 2015"),
        Rung("BERT-large", 340_000_000, "Devlin et al., 2018"),
        Rung("GPT-2", 1_500_000_000, "Radford et al., 2019"),
        Rung("GPT-3", _GPT3, "Brown et al., 2020"),
    ]
