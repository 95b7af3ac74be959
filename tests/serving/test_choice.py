"""The form of a model that answers is chosen, kept with the run, and can be undone; a damaged one never answers."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image

from core.bundle.format import CONVERTED, INT8, MODEL, write_sums
from core.bundle.predictor import Predictor
from core.errors import VitrineError
from core.evaluation.predictions import evaluate_run
from core.evaluation.studies import keep, variants_folder
from core.evaluation.variants import ORIGINAL, Variant, Variants
from core.runs.library import get_run
from core.runs.store import Run
from core.serving.api import api
from core.serving.choice import chosen_form, serve_as
from core.serving.models import predict_paths, predictor, served
from tests.commands import Command


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.png"
    Image.radial_gradient("L").resize((40, 40)).save(file)
    return file


def altered(form: Path) -> None:
    content = bytearray((form / MODEL).read_bytes())
    content[len(content) // 2] ^= 1
    (form / MODEL).write_bytes(content)


def cut_and_sealed_again(form: Path) -> None:
    (form / MODEL).write_bytes((form / MODEL).read_bytes()[:1000])
    write_sums(form)


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


def test_the_api_answers_by_the_chosen_form(converted_run: Run, photo: Path) -> None:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://localhost") as client:
            return await client.post(
                f"/v1/models/{converted_run.id}/predict", files={"files": ("photo", photo.read_bytes())}
            )

    serve_as(converted_run, INT8)
    said = asyncio.run(ask()).json()["predictions"][0]
    assert said["knownness"] == predict_paths(converted_run, [photo])[0]["knownness"]
    serve_as(converted_run, ORIGINAL)
    assert said["knownness"] != predict_paths(converted_run, [photo])[0]["knownness"]


def test_the_choice_for_a_model_that_comes_with_vitrine_is_kept_in_the_home(first_start: Path) -> None:
    run = get_run("bundled-digits-cnn")
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    form = Variant(1, 1, 1.0, 1.0, 1, 1, 1, 0.0)
    keep(run, "variants", Variants(1, {ORIGINAL: form, INT8: form}, {}, 1, 1, "", 1))
    serve_as(run, INT8)
    assert chosen_form(run) == INT8 and (first_start / "artifacts" / run.id / "artifacts" / "served.json").exists()
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before


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


@pytest.mark.parametrize("damage", [altered, cut_and_sealed_again, shutil.rmtree])
def test_a_form_that_is_damaged_or_lost_never_answers(
    damage: Callable[[Path], None], converted_run: Run, photo: Path, tmp_path: Path, vitrine: Command
) -> None:
    serve_as(converted_run, INT8)
    damage(variants_folder(converted_run) / INT8)
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
