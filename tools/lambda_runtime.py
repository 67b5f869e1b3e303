"""Install Lambda's runtime client for the Python that the functions are built for, where there is one.

`python -m tools.lambda_runtime UV FOLDER`. Without such a Python the tests run the functions on the Python at
hand, and this prints it.
"""

import subprocess
import sys
from pathlib import Path

from tools.build_artifact import LAMBDA_PYTHON, find_python

LOCK = Path(__file__).resolve().parents[1] / "requirements/lambda-runtime.txt"


def main(uv: str, folder: Path) -> None:
    """Make the environment, or leave the one that is there and up to date."""
    ready = folder / ".ready"
    if ready.exists() and ready.stat().st_mtime > LOCK.stat().st_mtime:
        return
    python = find_python(LAMBDA_PYTHON)
    if python is None:
        print(f"no Python {LAMBDA_PYTHON} here: the built functions are tested on the Python at hand")
        return
    target = str(folder / "bin/python")
    subprocess.run([uv, "venv", "--quiet", "--allow-existing", "--python", python, str(folder)], check=True)
    subprocess.run(
        [uv, "pip", "sync", "--quiet", "--python", target, "--require-hashes", str(LOCK)], check=True
    )
    ready.touch()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
