"""Takes away what the lab stands on, and gives it back: is anything lost, and what did the pages say meanwhile?

`python -m mnist_core.bench.load.faults`: a full disk at ten moments, a home that cannot be written, a home of another
user, and a clock that is set eight days on and two hours back. What the pages said is printed, for a person to judge;
what no visitor should read (a traceback, Python's own words, a path of the server) is found here. Needs Linux and root,
for small disks in memory and another user.
"""

import argparse
import asyncio
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from websockets.exceptions import ConnectionClosed

from mnist_core import environment
from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, wait_until
from mnist_core.bench.load import crowd, kills
from mnist_core.bench.load.aftermath import Household, errors_in, faults_of_words, is_alive, leftovers, said
from mnist_core.bench.load.bars import exit_code, outcome
from mnist_core.data.collection.store import Collection
from mnist_core.engine.sweeps.sweep import Sweep
from mnist_core.errors import LabError
from mnist_core.runs.run import Run
from mnist_core.sharing import exporting

PAGES = ("", "explore", "train", "sweep", "evaluate", "draw", "models")
DISK_MEGABYTES = 64
FULL_SECONDS = 8.0
# A run that was about to begin has loaded TensorFlow by then, and has something to write.
NOTICE_SECONDS = 40.0
RUN_SECONDS = 120.0
ENGINE_SECONDS = 60.0
AIM_SECONDS = 60.0
CLOCK_SECONDS = 12.0
DAYS_ON, HOURS_BACK = 8 * 86_400.0, -2 * 3_600.0
NOBODY = 65_534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
SHIFTED_CLOCK = Path(__file__).parent / "shifted_clock"
SETTINGS = kills.SETTINGS | {"data": "digits-8x8"}
EPOCHS = 16  # fewer make a warning, which would be in the way of what the pages say
WRONG = (LabError, ConnectionClosed, TimeoutError, OSError)


@dataclass
class Finding:
    """What one fault did."""

    fault: str
    at: str = ""  # where the run stood when it began
    said: list[str] = field(default_factory=list)  # by the pages, while it lasted
    lost: list[str] = field(default_factory=list)  # what was lost, or did not work again afterwards
    unfit: list[str] = field(default_factory=list)  # sentences that no visitor should read
    seconds: float = 0.0


# --- A lab with something to lose ----------------------------------------------------------------------------------


class Lab:
    """An app with a run, a drawing and a deleted run in its home."""

    def __init__(self, home: Path, logs: Path, before: Sequence[str] = (), **variables: str) -> None:
        self.home, self.logs = home, logs
        self.before, self.variables = before, variables
        self.household = Household(home)
        self.finding = Finding("")
        self.drawings = 0
        self.unbroken: Run | None = None
        self.known: set[str] = set()  # what was lost so far
        self.gone: set[str] = set()  # runs that were deleted, which lie in the bin
        self.app = self._start()

    def _start(self, port: int = 0) -> AppProcess:
        return AppProcess.start(self.home, port, self.logs, self.before, self.variables)

    def restart(self) -> None:
        """Ends everything, and starts the app."""
        self.end()
        self.app = self._start(self.app.port)

    def end_engine(self) -> None:
        if engine := self.app.engine():
            engine.terminate()
            # As a zombie of the app it is over, too.
            wait_until(lambda: not is_alive(engine), ENGINE_SECONDS, "the engine to end")

    def end(self) -> None:
        with contextlib.suppress(Exception):
            self.app.end()
        self.household.end()

    async def furnish(self) -> None:
        self.unbroken = await self.train()
        await self.keep()

    # --- What people do --------------------------------------------------------------------------------------------

    async def start_run(self, session: AppClient, epochs: int = EPOCHS) -> Run:
        await session.visit("train", **SETTINGS, epochs=str(epochs))
        before = session.query
        await session.press("Start")
        self.note(session)
        named = parse_qs(session.query).get("run")
        if not named or session.query == before:
            raise LabError(" ".join(said(session)) or "Start was pressed, and there is no run.")
        return Run(self.home / "runs" / named[0])

    async def train(self) -> Run:
        """A run from its start to its end; raises LabError where it does not end well."""
        async with open_session(self.app.address) as session:
            run = await self.start_run(session)
            await self.see_to_its_end(session, run)
        return run

    async def see_to_its_end(self, session: AppClient, run: Run, seconds: float = RUN_SECONDS) -> None:
        """Watches a run; it counts as lost where it does not end with the weights of the unbroken run."""
        with contextlib.suppress(*WRONG):
            await session.watch(lambda page: run.stored_status().finished, seconds)
        self.note(session)
        status = run.stored_status()
        if status.state != "done":
            self.lose(f"the run is {status.state} ({status.problem}) at epoch {status.epoch}, and does not go on")
        elif self.unbroken and (names := kills.different(self.unbroken, run)):
            self.lose(f"other weights than the unbroken run's: {', '.join(names[:3])}")

    async def keep(self) -> None:
        async with open_session(self.app.address) as session:
            await session.visit("draw")
            label = self.drawings % 10
            try:
                await crowd.keep(session, drawings.load()[label], label)
                self.drawings += 1
            finally:
                self.note(session)

    async def look_around(self) -> None:
        """Opens each page, as a visitor who does nothing else."""
        async with open_session(self.app.address) as session:
            for page in PAGES:
                await session.visit(page, **({"run": self.unbroken.id} if self.unbroken and page == "evaluate" else {}))
                self.note(session)

    # --- What is seen ----------------------------------------------------------------------------------------------

    def note(self, session: AppClient) -> None:
        for sentence in said(session):
            if sentence not in self.finding.said:
                self.finding.said.append(sentence)

    def lose(self, what: str) -> None:
        if what not in self.known:  # what one fault left behind is not what the next one did
            self.known.add(what)
            self.finding.lost.append(what)

    def check(self) -> None:
        """Notes what of the home is not as it should be; nothing goes on in it at this moment."""
        found = Collection(f"sqlite:///{self.home / 'collection.sqlite'}").count()
        if found < self.drawings:
            self.lose(f"{self.drawings - found} of {self.drawings} drawings")
        for folder in sorted((self.home / "runs").glob("*")):
            if not folder.name.startswith(".") and Run(folder).stored_status().problem == "incomplete":
                self.lose(f"a half-made run is left: {folder.name}")
        if self.unbroken and (not self.unbroken.has_model or self.unbroken.stored_status().state != "done"):
            self.lose("the model that was there before")
        if left := leftovers(self.home):
            self.lose(f"{len(left)} temporary files are left, such as {left[0].name}")
        if gone := [name for name in self.gone if not (self.home / "bin" / name).is_dir()]:
            self.lose(f"the bin was emptied of {', '.join(gone)}")

    @contextlib.asynccontextmanager
    async def under(self, fault: str) -> AsyncIterator[None]:
        """Collects what is found within; what cannot be done at all counts as lost."""
        self.finding, start = Finding(fault), time.monotonic()
        try:
            yield
        except WRONG as error:
            self.lose(f"afterwards: {' '.join(str(error).split())[:300] or type(error).__name__}")
        with contextlib.suppress(LabError):
            self.check()
        self.finding.seconds = time.monotonic() - start
        self.finding.unfit = faults_of_words(self.finding.said, self.home)

    async def refused(self, work: Awaitable[object]) -> None:
        """Tries what the fault may forbid; the sentence is what counts."""
        try:
            await work
        except WRONG as error:
            sentence = " ".join(str(error).split())[:400] or f"nothing for a while ({type(error).__name__})"
            if not any(one in sentence for one in self.finding.said):
                self.finding.said.append(sentence)


class Disk:
    """A small disk in memory, to be a home."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._filler = folder, folder / "filler"
        self._ended = threading.Event()

    def _fill(self) -> None:
        with contextlib.suppress(OSError), self._filler.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * size):
                        pass

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Nothing can be written while the block runs, even where something is deleted."""
        self._ended.clear()

        def keep_full() -> None:
            while not self._ended.wait(0.02):
                self._fill()

        self._fill()
        thread = threading.Thread(target=keep_full, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            self._filler.unlink(missing_ok=True)

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        _run("mount", "-o", "remount,ro", str(self.folder))
        try:
            yield
        finally:
            _run("mount", "-o", "remount,rw", str(self.folder))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    folder.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=0755", "tmpfs", str(folder))
    try:
        yield Disk(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"'{' '.join(command)}' says: {done.stderr.strip()}.")


# --- A full disk -----------------------------------------------------------------------------------------------------

Moment = Callable[[Lab, Disk, random.Random], Awaitable[None]]


async def _at_start(lab: Lab, disk: Disk, chance: random.Random) -> None:
    async with open_session(lab.app.address) as session:
        with disk.full():
            await lab.refused(lab.start_run(session))
    await lab.train()


def _while_a_run(aim: str) -> Moment:
    async def moment(lab: Lab, disk: Disk, chance: random.Random) -> None:
        async with open_session(lab.app.address) as session:
            run = await lab.start_run(session)
            await asyncio.to_thread(_wait_for, run, aim, chance)
            status = run.stored_status()
            lab.finding.at = f"{status.state} {status.problem}, epoch {status.epoch} of {status.epochs}"
            waits = aim in ("epoch", "checkpoint")  # the run has something to write sooner or later
            with disk.full():
                with contextlib.suppress(*WRONG):
                    await session.watch(
                        lambda page: run.stored_status().finished or (waits and says_full(page)),
                        NOTICE_SECONDS if waits else FULL_SECONDS,
                    )
                lab.note(session)
                if waits and run.stored_status().state != "done" and not says_full(session):
                    lab.lose("the page does not say that the disk is full, for which the run waits")
            await lab.see_to_its_end(session, run)

    return moment


def says_full(session: AppClient) -> bool:
    """Whether a visitor learns that there is no room left."""
    return any(word in words for words in [*said(session), *session.texts()] for word in ("full", "space", "room"))


def _wait_for(run: Run, aim: str, chance: random.Random) -> None:
    deadline = time.monotonic() + AIM_SECONDS
    while time.monotonic() < deadline and run.stored_status().state != "done":
        status = run.stored_status()
        if aim == "epoch" and status.steps:
            time.sleep(chance.uniform(0, 0.5))
            return
        if aim == "export" and status.problem == "writing":
            return
        if aim == "evaluation" and run.has_model:
            return
        if aim == "checkpoint" and kills.writing(run.folder) == "checkpoint":
            return
        time.sleep(0.001)


async def _keeping(lab: Lab, disk: Disk, chance: random.Random) -> None:
    with disk.full():
        await lab.refused(lab.keep())
    await lab.keep()


async def _in_a_sweep(lab: Lab, disk: Disk, chance: random.Random) -> None:
    async with open_session(lab.app.address) as session:
        await session.visit("sweep", recipe="quick", data="digits-8x8")
        await session.set_value("number_input", "Epochs of a trial", double_value=2.0)
        await session.set_value("number_input", "Trials", double_value=3.0)
        await session.press("Start 3 trials")
        lab.note(session)
        sweep = Sweep(max((lab.home / "sweeps").glob("*")))
        await asyncio.sleep(chance.uniform(0.5, 3))
        with disk.full():
            with contextlib.suppress(*WRONG):
                await session.watch(lambda page: False, FULL_SECONDS)
            lab.note(session)
        with contextlib.suppress(*WRONG):
            await session.watch(lambda page: all(trial.ended for trial in sweep.trials()), RUN_SECONDS)
        lab.note(session)
    if unwell := [f"{trial.number} {trial.state}" for trial in sweep.trials() if trial.state not in ("done", "pruned")]:
        lab.lose(f"trials of the sweep: {', '.join(unwell)}")
    if len(sweep.trials()) < 3:
        lab.lose(f"the sweep has {len(sweep.trials())} of 3 trials")


async def _importing(lab: Lab, disk: Disk, chance: random.Random) -> None:
    assert lab.unbroken
    content, before = exporting.content(lab.unbroken, ".capsule"), len(list((lab.home / "runs").glob("*")))
    async with open_session(lab.app.address) as session:
        await session.visit("models")
        await session.upload("A lab capsule, or a .keras file of a sequential model", "a.capsule", content)
        with disk.full():
            await lab.refused(session.press("Import"))
            lab.note(session)
        await session.press("Import")
        if len([path for path in (lab.home / "runs").glob("*") if not path.name.startswith(".")]) != before + 1:
            lab.lose(f"the import does not work again: {' '.join(said(session))}")


async def _reporting(lab: Lab, disk: Disk, chance: random.Random) -> None:
    assert lab.unbroken
    async with open_session(lab.app.address) as session:
        with disk.full():
            await lab.refused(session.visit("evaluate", run=lab.unbroken.id, tab="Report"))
            lab.note(session)
            await lab.refused(session.download("Report as HTML"))
        await session.visit("evaluate", run=lab.unbroken.id, tab="Report")
        if b"<html" not in await session.download("Report as HTML"):
            lab.lose("the report cannot be made again")


async def _idle(lab: Lab, disk: Disk, chance: random.Random) -> None:
    lab.end_engine()
    with disk.full():
        await lab.refused(lab.look_around())
    await lab.look_around()
    await lab.keep()
    await lab.train()


MOMENTS: dict[str, Moment] = {
    "Start": _at_start,
    "within an epoch": _while_a_run("epoch"),
    "a checkpoint": _while_a_run("checkpoint"),
    "the model's export": _while_a_run("export"),
    "the evaluation": _while_a_run("evaluation"),
    "keeping a drawing": _keeping,
    "a sweep": _in_a_sweep,
    "an import": _importing,
    "a report": _reporting,
    "idle": _idle,
}


async def _full_disk(lab: Lab, disk: Disk, options: argparse.Namespace) -> list[Finding]:
    found, chance = [], random.Random(options.seed)
    await lab.furnish()
    for name, moment in MOMENTS.items():
        if options.moments and name not in options.moments:
            continue
        async with lab.under(f"full disk: {name}"):
            await moment(lab, disk, chance)
        found.append(_shown(lab.finding))
    return found


# --- A home that cannot be written -----------------------------------------------------------------------------------


async def _forbidden(lab: Lab) -> None:
    """Everything that writes, and that has to say so."""
    await lab.refused(lab.look_around())
    async with open_session(lab.app.address) as session:
        await lab.refused(lab.start_run(session))
    await lab.refused(lab.keep())
    if lab.unbroken:
        for button in ("Make ONNX", "Delete"):
            async with open_session(lab.app.address) as session:
                await lab.refused(session.visit("models", run=lab.unbroken.id))
                await lab.refused(session.press(button))
                lab.note(session)


async def _read_only(lab: Lab, disk: Disk) -> list[Finding]:
    await lab.furnish()
    lab.end_engine()
    async with lab.under("read-only home, the app was there before"):
        with disk.read_only():
            await _forbidden(lab)
        await lab.keep()
        await lab.train()
    found = [_shown(lab.finding)]
    async with lab.under("read-only home, the app is started on it"):
        lab.end()
        with disk.read_only():
            lab.restart()
            await _forbidden(lab)
            lab.end_engine()
        await lab.keep()
        await lab.train()
    return [*found, _shown(lab.finding)]


async def _of_another_user(lab: Lab) -> list[Finding]:
    await lab.furnish()
    lab.end()
    found = []
    lab.before, lab.variables = AS_NOBODY, {"HOME": tempfile.gettempdir()}
    for what, mode in (("may be read", 0o755), ("may not be read", 0o700)):
        async with lab.under(f"another user's home, which {what}"):
            lab.home.chmod(mode)
            lab.restart()
            await _forbidden(lab)
            lab.end()
            lab.home.chmod(0o755)
        found.append(_shown(lab.finding))
    lab.before, lab.variables = (), {}
    async with lab.under("another user's home, and its owner again"):
        lab.restart()
        await lab.look_around()
        await lab.keep()
        await lab.train()
    return [*found, _shown(lab.finding)]


# --- The clock -------------------------------------------------------------------------------------------------------


async def _clock(lab: Lab, clock: Path) -> list[Finding]:
    await lab.furnish()
    gone = await lab.train()
    async with open_session(lab.app.address) as session:
        await session.visit("models", run=gone.id)
        await session.press("Delete")
    lab.gone.add(gone.id)
    found = []
    for name, shift in (("eight days on", DAYS_ON), ("two hours back", HOURS_BACK)):
        clock.write_text("0", encoding="utf-8")
        async with lab.under(f"the clock is set {name} while a run trains"):
            await _set_clock(lab, clock, shift)
        found.append(_shown(lab.finding))
        async with lab.under(f"the lab is started with the clock {name}"):
            clock.write_text(str(shift), encoding="utf-8")
            lab.restart()
            await lab.look_around()
            await lab.train()
            await lab.keep()
            clock.write_text("0", encoding="utf-8")
            await lab.look_around()
            await lab.train()
        found.append(_shown(lab.finding))
    return found


async def _set_clock(lab: Lab, clock: Path, shift: float) -> None:
    async with open_session(lab.app.address) as session:
        run = await lab.start_run(session, epochs=1000)
        await session.watch(lambda page: run.stored_status().epoch > 0, RUN_SECONDS)
        for now in (shift, 0.0):
            clock.write_text(str(now), encoding="utf-8")
            before, called_dead = run.stored_status().epoch, set[str]()

            def over(page: AppClient, called_dead: set[str] = called_dead) -> bool:
                called_dead |= {words for words in said(page) if "sign of life" in words or "ended from" in words}
                called_dead |= {"there is 'Try again'"} if page.has_button("Try again") else set()
                return run.stored_status().finished

            with contextlib.suppress(LabError):
                await session.watch(over, CLOCK_SECONDS)
            if called_dead:
                lab.lose(f"a run that trains is called dead: {sorted(called_dead)[0]}")
            if run.stored_status().epoch <= before:
                lab.lose(f"the run does not go on after epoch {before}")
            await lab.look_around()
        await session.visit("train", run=run.id)
        await session.press("Stop and save")
        await session.watch(lambda page: run.stored_status().finished, RUN_SECONDS)
        if run.stored_status().state != "stopped":
            lab.lose(f"the run is {run.stored_status().state} and not stopped, as it was asked to")


# --- All of it -------------------------------------------------------------------------------------------------------

KINDS = ("disk", "read-only", "user", "clock")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if sys.platform != "linux" or os.geteuid() != 0:
        print("This needs root on Linux, for small disks in memory and another user; run it as root.", file=sys.stderr)
        return 1

    def measure(folder: Path) -> bool:
        folder.chmod(0o755)  # another user has to find what lies in it
        logs = folder / "logs"
        logs.mkdir()
        return _report([finding for kind in options.kinds for finding in _of_kind(kind, folder, logs, options)])

    return exit_code(measure)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mnist_core.bench.load.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", metavar="FAULT", help=f"which of {', '.join(KINDS)} (all)")
    parser.add_argument("--moments", nargs="*", choices=MOMENTS, help="at which the disk is full (all)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments within a run (1)")
    options = parser.parse_args(arguments)
    if unknown := [kind for kind in options.kinds if kind not in KINDS]:
        parser.error(f"there is no fault {', '.join(unknown)}; there are {', '.join(KINDS)}")
    options.kinds = options.kinds or list(KINDS)
    return options


def _of_kind(kind: str, folder: Path, logs: Path, options: argparse.Namespace) -> list[Finding]:
    home = folder / kind
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk(home)) if kind in ("disk", "read-only") else None
        variables, clock = {}, folder / "wrong-by"
        if kind == "clock":
            path = os.pathsep.join((str(SHIFTED_CLOCK), str(environment.ROOT)))
            variables = {"PYTHONPATH": path, "DIGIT_LAB_CLOCK": str(clock)}
            clock.write_text("0", encoding="utf-8")
        lab = Lab(home, logs, **variables)
        stack.callback(lambda: lab.end())
        try:
            if kind == "clock":
                return asyncio.run(_clock(lab, clock))
            if disk is None:
                return asyncio.run(_of_another_user(lab))
            return asyncio.run(_full_disk(lab, disk, options) if kind == "disk" else _read_only(lab, disk))
        except WRONG as error:
            for words in errors_in(logs / "app.log"):
                print(f"in the app's log: {words}")
            lost = [f"it could not be measured to its end: {' '.join(str(error).split()) or repr(error)}"]
            return [_shown(Finding(kind, said=lab.finding.said, lost=lost))]


def _shown(finding: Finding) -> Finding:
    state = "LOST" if finding.lost else "UNFIT WORDS" if finding.unfit else "held"
    at = f" at: {finding.at}" if finding.at else ""
    print(f"\n{finding.fault} ({finding.seconds:.0f} s){at}: {state}")
    for sentence in finding.said:
        print(f"  says{'!' if sentence in finding.unfit else ' '} {sentence}")
    for what in finding.lost:
        print(f"  LOST  {what}")
    sys.stdout.flush()
    return finding


def _report(found: list[Finding]) -> bool:
    print()
    bars = {f"{one.fault}: nothing lost": not one.lost for one in found}
    bars |= {f"{one.fault}: no sentence unfit to be read": not one.unfit for one in found}
    return outcome("faults", bars, findings=[asdict(one) for one in found])


if __name__ == "__main__":
    sys.exit(main())
