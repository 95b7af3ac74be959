"""What a run will cost can be asked on the command line, before it is started."""

from pathlib import Path

from core.training.presets import make_recipe
from tests.commands import Command


def test_the_cost_of_a_run_is_told_to_programs(home: Path, vitrine: Command) -> None:
    settings = ("--data", "digits", "--preset", "case-study", "--set", "epochs=3", "--set", "flip=true")
    told = vitrine("estimate", *settings, "--json").value
    assert told["source"] == "trial" and told["seconds"] > 0 and told["memory"] > 0
    assert told["parameters"] == 87_018
    assert told["steps_per_epoch"] == -(-told["train_images"] // make_recipe("case-study").batch_size)
    assert told["cautions"] == ["Mirrored digits and letters mislead: a mirrored 2 is no 2. Turn Mirror off."]
    assert vitrine("runs", "--json").value == []


def test_a_mistake_is_answered_before_anything_is_tried(home: Path, vitrine: Command) -> None:
    answer = vitrine("estimate", "--data", "digits", "--preset", "case-study", "--set", "epoch=3")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == "Error: There is no setting “epoch”. Did you mean “epochs”?\n"
    assert vitrine("estimate", "--data", "none", "--preset", "mlp").status == 1
