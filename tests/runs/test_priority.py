"""A heavy process steps back for all others."""

import os
import subprocess
import sys
from pathlib import Path

from core.runs.priority import NICENESS
from tests.processes import ROOT

STEP_BACK = """
import os
from pathlib import Path
from core.runs.priority import step_back

before, group = os.nice(0), Path("/proc/self/autogroup")
step_back()
print(os.nice(0) - before, group.read_text().split()[-1] if group.exists() else "none")
"""


def test_it_steps_back_behind_other_processes_and_behind_other_sessions() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STEP_BACK], cwd=ROOT, start_new_session=True, capture_output=True, text=True, check=True
    )
    lower, group = done.stdout.split()
    assert int(lower) == min(NICENESS, 19 - os.nice(0))
    grouped = Path("/proc/sys/kernel/sched_autogroup_enabled")
    if grouped.exists() and grouped.read_text().strip() == "1":
        assert int(group) == NICENESS
