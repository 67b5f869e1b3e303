"""Build one artefact of the stack, the layer or a function: what `sam build` runs through the Makefile.

In: the resource's name in template.yaml and the folder to fill. Out: the folder, filled; the same sources
give the same files, byte for byte. Errors: a non-zero exit with pip's or the compiler's words.

By default it builds for AWS: wheels for Lambda's Linux on arm64 and Python 3.13, whatever this machine is,
and no Docker. `RELAY_BUILD_TARGET=host` builds for this machine and the interpreter that runs this script,
for the local stack.

Needs nothing but the standard library of Python 3.11 or newer, and pip.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYER = "RelayLayer"
FUNCTIONS = {"IngestFunction": "ingest", "DispatchFunction": "dispatch"}

# The runtime that template.yaml names. Amazon Linux 2023 has glibc 2.34, so wheels for any older one run
# there.
LAMBDA_PYTHON = "3.13"
LAMBDA_PLATFORMS = ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux2014_aarch64")

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

# Where Lambda unpacks: bytecode carries its source's path, and a path of the building machine would be
# neither true there nor the same twice.
FUNCTION_FOLDER = "/var/task"
LAYER_FOLDER = "/opt"

# The installer that `make setup` keeps. It installs in a tenth of pip's time, and is only used for the local
# stack: a build for AWS needs no more than pip, also for what it runs on this machine.
UV = ROOT / ".local/tools/uv/bin/uv"

LOCK = ROOT / "layers/relay/requirements.txt"

# What compile_model writes. One that lies in a checkout is of an older model, perhaps.
COMPILED_MODEL = "compiled_model.py"

# An installer's notes to itself, of no use in a layer. Licences and METADATA (name and version, for scanners)
# stay.
INSTALLER_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")


def main(resource: str, artefact: Path) -> None:
    """Fill the folder `artefact` with what `resource` ships."""
    for_lambda = os.environ.get("RELAY_BUILD_TARGET", "lambda") != "host"
    artefact.mkdir(parents=True, exist_ok=True)
    if resource == LAYER:
        install_dependencies(artefact / "python", for_lambda=for_lambda)
        copy_package(ROOT / "layers/relay/relay", artefact / "python/relay")
        compile_model(artefact / "python", for_lambda=for_lambda)
        unpacked_at = LAYER_FOLDER
    elif package := FUNCTIONS.get(resource):
        copy_package(ROOT / "functions" / package / package, artefact / package)
        unpacked_at = FUNCTION_FOLDER
    else:
        sys.exit(f"no recipe for {resource}: add it to {Path(__file__).name}")
    compile_bytecode(artefact, unpacked_at, find_python(LAMBDA_PYTHON) if for_lambda else sys.executable)


def install_dependencies(target: Path, *, for_lambda: bool) -> None:
    """Install the lock into `target`, wheels only, each checked against its hash."""
    if not for_lambda and UV.exists():
        install_with_uv(target)
    else:
        subprocess.run(pip_install(target, LOCK, for_lambda=for_lambda), check=True)
    # Console scripts start with the path of the Python that installed them.
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)
    for dist_info in target.glob("*.dist-info"):
        for name in INSTALLER_NOTES:
            (dist_info / name).unlink(missing_ok=True)


def install_with_uv(target: Path) -> None:
    """Install for this machine and this interpreter."""
    env = dict(os.environ)
    # uv reads no pip settings; the Makefile hands on the same two.
    for ours, pips in (("UV_DEFAULT_INDEX", "PIP_INDEX_URL"), ("SSL_CERT_FILE", "PIP_CERT")):
        if pips in env:
            env.setdefault(ours, env[pips])
    command = [str(UV), "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    command += [
        "--only-binary",
        ":all:",
        "--link-mode",
        "copy",
        "--python",
        sys.executable,
        "--target",
        str(target),
    ]
    subprocess.run([*command, "-r", str(LOCK)], check=True, env=env)


def pip_install(target: Path, requirements: Path, *, for_lambda: bool) -> list[str]:
    """Give pip's command that installs for AWS Lambda, or for this machine and this interpreter."""
    command = [
        pip_python(),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--no-deps",
    ]
    # Bytecode of pip's own Python would be of no use to another; it is compiled below, by the right one.
    command += ["--only-binary=:all:", "--no-compile", "--target", str(target)]
    command += ["--implementation", "cp", "--python-version", LAMBDA_PYTHON if for_lambda else THIS_PYTHON]
    for platform in LAMBDA_PLATFORMS if for_lambda else ():
        command += ["--platform", platform]
    return [*command, "-r", str(requirements)]


def pip_python() -> str:
    """Give an interpreter that has pip: this one, or else the one that `make setup` keeps."""
    if importlib.util.find_spec("pip"):
        return sys.executable
    kept = ROOT / ".local/tools/uv/bin/python"
    if not kept.exists():
        sys.exit(
            f"{sys.executable} has no pip: run `make setup`, or put a Python that has it first on the PATH"
        )
    return str(kept)


def copy_package(source: Path, target: Path) -> None:
    """Copy a package of ours, without what the tools of this machine left in it."""
    left = ("__pycache__", "*.pyc", ".DS_Store", COMPILED_MODEL)
    if not (source / "__init__.py").exists():
        sys.exit(f"{source} is no package")
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*left))


def compile_model(packages: Path, *, for_lambda: bool) -> None:
    """Write the compiled form of the model of an event (`relay.event.compiled`) into the copied package.

    The copied model itself runs, here, with the layer's own pydantic; beside what is installed for Lambda's
    machine, that needs pydantic's core for this one. Where there is none, the layer is right all the same,
    and starts more slowly. A model that fails stops the build.
    """
    with tempfile.TemporaryDirectory() as folder:
        core = Path(folder) / "core"
        if for_lambda and (failure := install_core(core, packages, Path(folder) / "requirements.txt")):
            say(
                f"{failure}\n"
                f"pydantic's core does not install or run for Python {THIS_PYTHON} ({sys.executable}), for "
                "the reason above: shipping without the compiled model, cold starts will be slower. Build "
                f"again without that fault, or with another Python: make build PYTHON=python{LAMBDA_PYTHON}"
            )
            return
        script = "from relay.event import compilation as c; print(c.render_module(), end='')"
        command = run_with([core, packages], script)
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    (packages / "relay/event" / COMPILED_MODEL).write_bytes(done.stdout)


def install_core(target: Path, packages: Path, requirements: Path) -> str:
    """Install pydantic's core for this machine and Python; `requirements` is a new file.

    Returns why it can't be installed, or can't be imported before `packages`; an empty text if it can.
    """
    requirements.write_text(locked("pydantic-core"), encoding="utf-8")
    commands = [
        pip_install(target, requirements, for_lambda=False),
        run_with([target, packages], "import pydantic_core"),
    ]
    try:
        for command in commands:
            subprocess.run(command, check=True, capture_output=True, text=True, errors="backslashreplace")
    except subprocess.CalledProcessError as error:
        return str(error.stderr).strip() or str(error)
    except OSError as error:
        return str(error)
    return ""


def run_with(folders: list[Path], script: str) -> list[str]:
    """Give the command that runs a script on this interpreter, with `folders` to import from first."""
    # -I: nothing else comes before them; -B: bytecode is for Lambda's Python, and compiled later.
    start = "import sys; sys.path[:0] = sys.argv[1:]"
    return [sys.executable, "-I", "-B", "-c", f"{start}; {script}", *map(str, folders)]


def say(text: str) -> None:
    """Print to standard output: `sam build` shows it, but standard error only of a recipe that fails."""
    print(text, flush=True)


def locked(name: str) -> str:
    """Give the lock's entry of one package, with its hashes."""
    entry = re.search(rf"^{name}==(?:.*\\\n)*.*\n", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if entry is None:
        sys.exit(f"{LOCK} has no {name}")
    return entry[0]


def find_python(version: str) -> str | None:
    """Give a Python of this minor version, from the PATH or where pyenv and uv keep theirs, if any."""
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    kept = [
        *sorted(pyenv.glob(f"versions/{version}*/bin/python{version}")),
        *sorted(home.glob(f".local/share/uv/python/cpython-{version}*/bin/python{version}")),
    ]
    asks = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
    for candidate in [sys.executable, f"python{version}", *map(str, kept)]:
        try:
            # -I: neither this folder nor PYTHON* variables change the answer. pyenv's shims exist, yet fail,
            # when the version is installed but not chosen.
            subprocess.run([candidate, "-I", "-c", asks], check=True, capture_output=True, timeout=30)
        except (OSError, subprocess.SubprocessError):
            continue
        return candidate
    return None


def compile_bytecode(artefact: Path, unpacked_at: str, python: str | None) -> None:
    """Compile everything in the artefact ahead, since Lambda can't keep what it compiles at a cold start.

    The bytecode is not checked against the sources' dates, which unpacking changes. Without a fitting Python
    the artefact is right all the same, and starts more slowly.
    """
    if python is None:
        say(f"no Python {LAMBDA_PYTHON} here: shipping without bytecode, cold starts will be slower")
        return
    command = [python, "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(artefact), "-p", unpacked_at, str(artefact)], check=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {Path(__file__).name} RESOURCE FOLDER")
    main(sys.argv[1], Path(sys.argv[2]).resolve())
