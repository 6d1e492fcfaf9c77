"""Print what lets a shell complete commands, options, runs, recipes and data at the Tab key."""

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mnist_core.cli import frame
from mnist_core.config import recipes
from mnist_core.config.train_config import choices_of
from mnist_core.data import sources
from mnist_core.engine.sweeps import sweep_folders
from mnist_core.runs import run_folders, trash

PROGRAM = "digit-lab"
# What a line of its own in the file that each shell reads when it starts says.
LINES = {
    "bash": ("~/.bashrc", f'eval "$({PROGRAM} completion bash)"'),
    "zsh": ("~/.zshrc, below compinit", f'eval "$({PROGRAM} completion zsh)"'),
    "fish": ("~/.config/fish/config.fish", f"{PROGRAM} completion fish | source"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    where = "; ".join(f"in {file}: {line}" for file, line in LINES.values())
    parser.add_argument("shell", choices=tuple(LINES), help=f"which shell; {where}")


def command(options: argparse.Namespace) -> None:
    from argcomplete.shell_integration import shellcode

    script = shellcode([PROGRAM], use_defaults=False, shell=options.shell)  # files only where we offer them
    frame.show(options, {"shell": options.shell, "script": script}, [script])


# --- At the Tab key --------------------------------------------------------------------------------------------------


def is_asked() -> bool:
    """Whether a shell runs the program for what may come next, and for nothing else."""
    return "_ARGCOMPLETE" in os.environ


def answer(parser: argparse.ArgumentParser) -> None:
    """Tells the shell what may come next, and ends the program."""
    import argcomplete

    # Its annotation asks for a class of its own; any function will do.
    argcomplete.autocomplete(parser, always_complete_options=False, default_completer=_names)  # type: ignore[arg-type]


def _runs() -> dict[str, str]:
    """Returns ids with the names that people gave them, and these names."""
    runs = [*run_folders.all_runs(), *run_folders.shipped_runs()]
    named = {run.id: run.label().name for run in runs}
    return {name: name for name in named.values() if name} | named


def _sweeps() -> list[str]:
    return [sweep.id for sweep in sweep_folders.all_sweeps()]


# By the name of an argument, or by that of its command and its own where these are its alone.
NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "run": _runs,
    "runs": _runs,
    "model": _runs,
    "restore runs": lambda: [run.id for run in trash.all_deleted()],
    "recipe": lambda: {name: recipe.title for name, recipe in recipes.all_recipes().items()},
    "recipes delete": lambda: recipes.own_recipes()[0],
    "data": lambda: sources.BUILT_IN,
    "also": lambda: sources.BUILT_IN,
    "data name": lambda: sources.BUILT_IN,
    "sweep show": _sweeps,
    "sweep stop": _sweeps,
}
OR_A_PATH = {"data", "also", "data name", "strokes"}


def _names(
    prefix: str, action: argparse.Action, parser: argparse.ArgumentParser, **_: Any
) -> dict[str, str] | list[str]:
    """Returns what may stand for an argument, with what a shell may show beside it, and files where a path may."""
    from argcomplete.completers import FilesCompleter

    own = f"{parser.prog.split()[-1]} {action.dest}"
    name = own if own in NAMES else action.dest
    found = NAMES[name]() if name in NAMES else choices_of(name)
    names = found if isinstance(found, dict) else dict.fromkeys(found, "")
    is_path = name in OR_A_PATH or action.type is Path or str(action.metavar).startswith("FILE")
    return [*names, *FilesCompleter()(prefix)] if is_path else names
