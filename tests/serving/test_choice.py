"""The form of a model that answers is chosen, kept with the run, and can be undone; a damaged one never answers."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from core.bundle.format import CONVERTED, INT8, MODEL
from core.bundle.predictor import Predictor
from core.errors import VitrineError
from core.evaluation.predictions import evaluate_run
from core.evaluation.studies import variants_folder
from core.evaluation.variants import ORIGINAL
from core.runs.library import get_run
from core.runs.store import Run
from core.serving.choice import chosen_form, serve_as
from core.serving.models import predict_paths, predictor, served
from tests.commands import Command


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.png"
    Image.radial_gradient("L").resize((40, 40)).save(file)
    return file


def damage(run: Run) -> None:
    model = variants_folder(run) / INT8 / MODEL
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)


def test_the_sealed_one_answers_until_another_is_chosen(converted_run: Run) -> None:
    assert chosen_form(converted_run) == served(converted_run).form == ORIGINAL
    assert served(converted_run).folder == converted_run.bundle
    assert predictor(converted_run).metadata.variant == {}


def test_the_chosen_one_answers_and_the_choice_can_be_undone(converted_run: Run, photo: Path) -> None:
    before, stored = predict_paths(converted_run, [photo])[0], evaluate_run(converted_run).probabilities
    serve_as(converted_run, INT8)
    again = get_run(converted_run.id)  # as another process finds it
    now = served(again)
    assert (now.form, now.trouble, now.predictor.metadata.variant["kind"]) == (INT8, None, INT8)
    answer = predict_paths(again, [photo])[0]
    assert answer["knownness"] != before["knownness"]
    assert (evaluate_run(again).probabilities == stored).all()  # what was evaluated stays the original's

    serve_as(converted_run, ORIGINAL)
    assert predict_paths(converted_run, [photo])[0] == before


def test_the_command_line_chooses_predicts_and_exports_the_same_form(
    converted_run: Run, photo: Path, tmp_path: Path, vitrine: Command
) -> None:
    chosen = vitrine("serve-as", converted_run.name, INT8, "--json")
    assert chosen.status == 0 and json.loads(chosen.out)["form"] == INT8
    said = json.loads(vitrine("predict", converted_run.name, photo, "--json").out)[0]
    assert said == predict_paths(converted_run, [photo])[0]
    assert vitrine("export", converted_run.name, tmp_path / "taken").status == 0
    taken = Predictor.open(tmp_path / "taken", CONVERTED)
    assert taken.metadata.variant["kind"] == INT8
    assert not (tmp_path / "taken" / "weights.safetensors").exists()  # PyTorch's weights are the original's


@pytest.mark.parametrize("lost", [False, True])
def test_a_form_that_is_damaged_or_lost_never_answers(
    lost: bool, converted_run: Run, photo: Path, tmp_path: Path, vitrine: Command
) -> None:
    serve_as(converted_run, INT8)
    if lost:
        shutil.rmtree(variants_folder(converted_run))
    else:
        damage(converted_run)
    now = served(converted_run)
    assert now.form == ORIGINAL and now.predictor.metadata.variant == {}
    assert now.trouble is not None and now.trouble.code == "variant_lost"
    answer = vitrine("predict", converted_run.name, photo, "--json")
    assert answer.status == 0 and len(json.loads(answer.out)) == 1
    assert answer.err.startswith("Warning: ") and INT8 in answer.err
    refused = vitrine("export", converted_run.name, tmp_path / "taken")
    assert refused.status == 1 and INT8 in refused.err


def test_a_choice_for_another_bundle_counts_no_more(converted_run: Run) -> None:
    serve_as(converted_run, INT8)
    sums = converted_run.bundle / "SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join("0" * 64 + line[64:] if line.endswith(f"{MODEL}\n") else line for line in lines))
    assert chosen_form(converted_run) == ORIGINAL


def test_what_was_never_made_cannot_be_chosen(own_run: Run) -> None:
    with pytest.raises(VitrineError) as caught:
        serve_as(own_run, INT8)
    assert caught.value.code == "variants_not_made"
    serve_as(own_run, ORIGINAL)  # there is nothing to undo, which is no mistake
    with pytest.raises(VitrineError) as caught:
        serve_as(own_run, "int2")
    assert caught.value.code == "variant_unknown"
