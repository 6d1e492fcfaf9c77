"""What all commands share: their frame, output as JSON or lines, data, and quiet native libraries."""

import argparse
import contextlib
import functools
import json
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mnist_core.data import corrections, sources, uploads
from mnist_core.data.dataset import LABELS_IN_NAMES, Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.data.sources import MissingDataError
from mnist_core.errors import InputError, LabError
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.watch import Advance, unwatched

if TYPE_CHECKING:
    import numpy as np
    from tqdm import tqdm

    from mnist_core.evaluation.evaluation import Evaluation
    from mnist_core.evaluation.label_fit import Doubt
    from mnist_core.inference.classifier import Classifier

RUN = "a run id, the name that somebody gave a run, or that of a shipped model"
OWN_RUN = "a run id, or the name that somebody gave a run"
LABELLED = (
    "the test part of this data (all of it where it has none): a built-in name, or a file, folder or zip of any form "
    "that the lab reads"
)


def command(
    commands: Any, name: str, function: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    """Adds a command with its `--json`, which the program's parser has as False; `text` says what the command does."""
    line = text[0].lower() + text[1:].removesuffix(".")
    parser: argparse.ArgumentParser = commands.add_parser(name, help=line, description=text)
    # What a command within a command does not say must not undo what was said before it.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")
    parser.set_defaults(command=function)
    return parser


def add_data(parser: argparse.ArgumentParser, text: str, default: str | None = None) -> None:
    """Adds `--data`, and what may be said of it, which `data_name` puts together."""
    parser.add_argument("--data", default=default, help=f"{text} (default {default})" if default else text)
    add_labels_in_names(parser)
    add_correction(parser)


def add_correction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--correct", metavar="HOW", help=f"change what was read: {corrections.EXPECTED}")


def add_labels_in_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels-in-names",
        action="store_true",
        help="the names of the pictures hold their labels, as 7_0012.png or img_0012_label7.png",
    )


def data_name(options: argparse.Namespace) -> str:
    """What `--data` names, with what else was said of it; empty where it is not given."""
    if options.data:
        return named(options.data, options)
    if options.correct:
        raise InputError("--correct changes what --data names; give both.")
    if options.labels_in_names:
        raise InputError("--labels-in-names tells how to read what --data names; give both.")
    return ""


def named(name: str, options: argparse.Namespace) -> str:
    """The name of data with what was said of the names of its pictures, and what `--correct` asks for."""
    if options.labels_in_names:
        sources.check_labels_in_names(name)
    base, correction = corrections.parted(name)
    more = corrections.parsed(options.correct) if options.correct else corrections.NOTHING
    if options.labels_in_names:
        base = base.removesuffix(LABELS_IN_NAMES) + LABELS_IN_NAMES
    return corrections.replaced(base, correction.then(more))


def print_json(value: Any) -> None:
    """Prints a value as one line of JSON, which knows no NaN: what is not known is null."""
    print(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def show(options: argparse.Namespace, value: Any, lines: Iterable[str]) -> None:
    """Prints what a command found: with `--json` the value as one line of JSON, otherwise the lines for people."""
    if options.json:
        print_json(value)
    else:
        for line in lines:
            print(line)


def refuse(problems: Sequence[LabError]) -> None:
    """Raises what stood in the way of some of many things, once the others are done and said."""
    if problems:
        sentence = " ".join(map(str, problems))
        raise InputError(sentence) if all(isinstance(one, InputError) for one in problems) else LabError(sentence)


def tell(digits: Digits, *judged: Run) -> None:
    """Says on stderr what one should know of digits, and of runs judged by them, so that a program can read the result.

    Of the runs, that is how many of the images they learned from, where their own data is on this machine.
    """
    if digits.note:
        print(digits.note, file=sys.stderr)
    for name, reason in digits.left_out:
        print(f"left out: {name} ({reason})", file=sys.stderr)
    if not judged:
        return
    from mnist_core.evaluation import held_out

    load = functools.cache(sources.load)
    for run in judged:
        learner = "the model" if len(judged) == 1 else run.id
        with contextlib.suppress(LabError):
            known = held_out.learned(run, digits.images, digits.identity, load)
            if known:
                print(held_out.repetition(run, known, len(digits), learner), file=sys.stderr)


def load_data(name: str) -> Dataset:
    """Loads data; MNIST that is not on this machine is downloaded with a progress bar.

    Squares of another size are prepared the way that reads better, which its source tells.
    """
    data = _load_data(name)
    if not data.resized:
        return data
    from mnist_core.evaluation import preparation

    return preparation.of_dataset(data, sources.load, shipped_classifier)


def load_told(name: str) -> Dataset:
    """As `load_data`, and says on stderr how squares of another size were prepared."""
    data = load_data(name)
    if data.resized:
        print(f"{data.title}: {data.source}.", file=sys.stderr)
    return data


def prepared(digits: Digits) -> Digits:
    """Squares of another size the way that reads better, which their note tells."""
    if digits.standing is None:
        return digits
    from mnist_core.evaluation import preparation

    return preparation.of_digits(digits, shipped_classifier)


def _load_data(name: str) -> Dataset:
    try:
        return _load(name)
    except MissingDataError:
        _download()
        return _load(name)


def _load(name: str) -> Dataset:
    with waiting(f"Reading {Path(name).name}"):
        return sources.load(name)


def read_apart(paths: Sequence[Path]) -> Digits:
    """Reads files of digits, with labels or without (`uploads.read_apart`)."""
    with waiting(f"Reading {paths[0].name}"):
        return uploads.read_apart(paths)


def _read_named(name: str) -> Digits:
    with waiting(f"Reading {Path(name).name}"):
        return uploads.read_named(name)


def load_labelled(name: str, *judged: Run) -> Digits:
    """Loads what runs shall be judged by (`LABELLED`), of which none has learned; says on stderr what to know of it."""
    from mnist_core.evaluation import judging

    ways = judging.Sources(load_told, lambda name: prepared(_read_named(name)))
    digits = judging.labelled(judging.data_for(name, judged, ways), "'predict'")
    tell(digits, *judged)
    if digits.labels is not None:
        tell_doubt(digits.images, digits.labels, name)
    return digits


def tell_doubt(images: "np.ndarray", labels: "np.ndarray", name: str) -> None:
    """Says on stderr where the labels of data do not seem to fit; `advice` says what may be done."""
    if found := doubt(images, labels):
        print(advice(found, name), file=sys.stderr)


def doubt(images: "np.ndarray", labels: "np.ndarray") -> "Doubt | None":
    """What the shipped model has to say against labels; without one nothing can be said."""
    from mnist_core.evaluation import label_fit

    with contextlib.suppress(LabError):
        return label_fit.doubt(images, labels, shipped_classifier())
    return None


def shipped_classifier() -> "Classifier":
    return classifier_of(run_folders.find(run_folders.SHIPPED_MODEL), os.cpu_count())


def advice(found: "Doubt", name: str) -> str:
    """What speaks against the labels of data, and what puts them right where that is known."""
    if not found.correction:
        return found.sentence
    if not corrections.parted(name)[1]:
        return f"{found.sentence} '--correct {found.correction}' makes them so."
    # Whether it was a part of the name before or came by the option, the name alone says the whole.
    right = corrections.joined(name, found.correction)
    return f"{found.sentence} The name '{right}', without '--correct', makes them so."


def judge(run: Run, digits: Digits) -> "Evaluation":
    """Judges a run on what `load_labelled` returned, with all cores."""
    from mnist_core.evaluation import judging

    return judging.judge(run, digits, lambda run, digits: judging.measure(classifier_of(run, os.cpu_count()), digits))


def _download() -> None:
    from mnist_core.data.download import download_mnist

    with bar("MNIST", unit="B", unit_scale=True) as shown:

        def show(done: int, total: int) -> None:
            shown.total = total or None
            shown.update(done - shown.n)

        download_mnist(show)


def classifier_of(run: Run, threads: int | None = None) -> "Classifier":
    """Returns a run's classifier; by default on one thread, as the pages have it."""
    with native_notes_hidden():
        from mnist_core.inference.classifier import Classifier

        return Classifier(run.model_path, threads or 1, watch)


@contextlib.contextmanager
def native_notes_hidden() -> Iterator[None]:
    """Hides what TensorFlow and LiteRT write past Python when they load; the lab's errors are one line on stderr."""
    sys.stderr.flush()
    saved = os.dup(2)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


@contextlib.contextmanager
def interrupt_stops(stop: Callable[[], object]) -> Iterator[None]:
    """Lets the first Ctrl-C or SIGTERM in the block call `stop`, which keeps what there is; the next one ends it."""

    def heed(*_: object) -> None:
        forget()
        stop()

    def forget() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    previous = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        forget()


# --- What takes longer than two seconds shows how far it is, where somebody looks ------------------------------------

SHOWN_AFTER_SECONDS = 2.0
TICK_SECONDS = 0.5
USUAL_COLUMNS = 80


@contextlib.contextmanager
def bar(what: str, total: float | None = None, layout: str | None = None, **options: Any) -> Iterator["tqdm[Any]"]:
    """A progress bar on stderr, if that is a terminal, as soon as the block has taken two seconds."""
    from tqdm import tqdm

    shown = _is_terminal(sys.stderr)
    # What hides the notes of native libraries would hide the bar, too.
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(_own_stderr()) if shown else sys.stderr
        options |= {"bar_format": layout, "disable": not shown, "delay": SHOWN_AFTER_SECONDS, "file": file}
        options |= {"dynamic_ncols": True} if _knows_its_width(file) else {"ncols": USUAL_COLUMNS}
        yield stack.enter_context(tqdm(desc=what, total=total, leave=False, **options))


def _knows_its_width(file: IO[str]) -> bool:
    """Whether a terminal says how wide it is; some say 0, into which nothing would fit."""
    try:
        return os.get_terminal_size(file.fileno()).columns > 0
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _own_stderr() -> Iterator[IO[str]]:
    try:
        number = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):  # not a file of the system's
        yield sys.stderr
        return
    with os.fdopen(number, "w", encoding=sys.stderr.encoding, errors="backslashreplace") as file:
        yield file


@contextlib.contextmanager
def watch(what: str, total: int) -> Iterator[Advance]:
    """Shows a bar for so many things, 0 if nobody knows; is called with how many more are done, from any thread."""
    with bar(what, total or None) as shown:

        def advance(number: int) -> None:
            with shown.get_lock():
                shown.update(number)

        yield advance


def watch_lines(what: str, total: int) -> AbstractContextManager[Advance]:
    """As `watch`, where lines are printed meanwhile: on the same terminal they tell enough, and a bar breaks them."""
    return (unwatched if _is_terminal(sys.stdout) else watch)(what, total)


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and stream.isatty()  # none where the program was started without


@contextlib.contextmanager
def waiting(what: str) -> Iterator[Callable[[str], object]]:
    """Shows what goes on, and since when, where nobody knows how far it is; is called with what comes next."""
    with bar(what, layout="{desc} … {elapsed}") as shown:
        over = threading.Event()

        def tick() -> None:
            while not over.wait(TICK_SECONDS):
                shown.update()

        ticking = threading.Thread(target=tick, name="waiting", daemon=True)
        if not shown.disable:
            ticking.start()
        try:
            yield lambda sentence: shown.set_description_str(sentence.rstrip(" …"), refresh=False)
        finally:
            over.set()
            if ticking.ident:
                ticking.join()
