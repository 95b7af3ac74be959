"""``make demo`` makes what is missing and nothing else; a second time it makes nothing."""

import pytest

from core.data.versions import get_dataset
from core.evaluation.forecast import Point
from core.evaluation.fractions import keep, to_forecast, trainings
from core.evaluation.studies import study
from core.runs.store import Run, store
from scripts import demo
from tests.conftest import RUN_NAME


def jobs_so_far() -> int:
    return sum(len(store().runs(kind)) for kind in ("train", "study", "forecast"))


def test_what_is_there_is_not_made_again(
    own_run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "BETTER", RUN_NAME)
    monkeypatch.setattr(demo, "RECIPES", {RUN_NAME: demo.RECIPES[demo.FIRST]})
    monkeypatch.setattr(demo, "MEASURED", ("views",))
    for name in ("VITRINE_SLOTS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # so that the test's end undoes what the script sets
    recipe, digits = to_forecast(demo.FORECAST), get_dataset("digits")
    for one in trainings(recipe, digits):
        keep(digits, recipe, Point(one.train_images or 0, one.seed, 280, 287))

    assert demo.main() == 0
    assert study(own_run, "views") is not None and jobs_so_far() == 2
    assert f"{RUN_NAME}: views" in capsys.readouterr().out
    assert demo.main() == 0
    assert jobs_so_far() == 2
    assert "docs/demo.md" in capsys.readouterr().out


def test_what_it_trains_is_what_the_data_page_shows_first() -> None:
    assert demo.FORECAST.preset == "article-cnn"
    assert len(trainings(to_forecast(demo.FORECAST), get_dataset("digits"))) == 15
