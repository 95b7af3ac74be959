"""How large is large: models by their size, from this product's presets to the largest that were published."""

import streamlit as st

from core.concepts.ladder import LADDER, Published, published
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.models import Shape, count_parameters
from core.runs.store import Run
from core.training.recipes import complete
from ui.charts import Rung, ladder, show_chart
from ui.concepts.calculator import calculator
from ui.formats import large_number
from ui.i18n import _, content

_CLASSES = 10  # of the two presets on the ladder


def how_large(run: Run | None) -> None:
    """What a large model is, the ladder with the run's own network on it, and what training one costs."""
    st.header(_("What is a large model?"), anchor=False)
    st.markdown(content("large-model"))
    _size_ladder(run)
    calculator(run)


def parameters(run: Run) -> int | None:
    """Weights and biases of the run's network; None when its dataset is gone."""
    try:
        classes = len(run.spec["classes"] if run.bundled else get_dataset(run.data, run.data_version).classes)
        recipe = complete(run.recipe)
    except VitrineError:
        return None
    return count_parameters(recipe.family, recipe.shape(classes))


def _size_ladder(run: Run | None) -> None:
    own, gpt3 = _own(run), published("GPT-3").parameters
    title = _("GPT-3 has {times} times the parameters of {model}").format(
        times=f"{round(gpt3 / own.parameters, -4 if own.parameters < 10**7 else -1):,.0f}", model=own.name
    )
    others = [rung for rung in _others() if rung.parameters != own.parameters]
    show_chart(ladder([own, *others]), title, "ladder", height=64 + 38 * (len(others) + 1))
    st.caption(
        _(
            "A ring is a mixture of experts: of all its parameters only some work on each word. "
            "Of DeepSeek-V3’s {total} these are {active}: the dot on its line."
        ).format(
            total=large_number(published("DeepSeek-V3").parameters),
            active=large_number(published("DeepSeek-V3").active or 0),
        )
    )
    with st.expander(_("Where these numbers stand"), icon=":material/menu_book:"):
        st.markdown("\n".join(_source(model) for model in LADDER))
        st.markdown(content("ladder-sources"))


def _source(model: Published) -> str:
    return f"- **{model.name}**, {large_number(model.parameters)}: [{model.said}]({model.source})"


def _own(run: Run | None) -> Rung:
    if run is not None and (count := parameters(run)):
        return Rung(run.name, count, _("the chosen run"), own=True)
    name = "article-cnn"
    return Rung(name, count_parameters(name, Shape(_CLASSES)), _("a preset of this product"), own=True)


def _others() -> list[Rung]:
    ours = [
        Rung(name, count_parameters(name, Shape(_CLASSES)), _("a preset of this product"))
        for name in ("case-study", "article-cnn")
    ]
    return ours + [
        Rung(model.name, model.parameters, model.said, active=model.active, expert=model.expert) for model in LADDER
    ]
