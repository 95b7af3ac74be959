"""What a run was made with: kept beside it, so that its figures can be judged, and repeated."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

LIBRARIES = ("torch", "torchvision", "scikit-learn", "numpy", "onnx", "onnxruntime")


def environment() -> dict[str, Any]:
    """Versions, processor, memory and the commit of this code, as JSON values."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "system": platform.platform(),
        "processor": processor(),
        "cores": psutil.cpu_count(logical=False),
        "threads": int(os.environ.get("OMP_NUM_THREADS", 0)) or psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "commit": commit(),
    }


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def commit() -> str:
    """The commit of Vitrine's own checkout; ``+`` where files were changed since, empty where there is no git."""
    root = Path(__file__).parents[2]
    try:
        command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--abbrev=12"]
        return subprocess.run(command, capture_output=True, text=True, timeout=5).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
