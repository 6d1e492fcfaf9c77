"""The parts of the measurements of faults, floods and packets that need no app."""

import argparse
import asyncio
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from mnist_core import environment
from mnist_core.bench import app_process
from mnist_core.bench.app_client import AppClient
from mnist_core.bench.load import aftermath, bars, faults, flood, isolation, kills, soak
from mnist_core.errors import LabError

ROOT_ON_LINUX = sys.platform == "linux" and hasattr(os, "geteuid") and os.geteuid() == 0


# --- What is left behind -------------------------------------------------------------------------------------------


def test_words_of_python_and_paths_of_the_server_are_found(tmp_path: Path) -> None:
    unfit = [
        "Traceback (most recent call last):",
        r"The run cannot be written: \[Errno 28\] No space left on device; free space.",
        f"The file {tmp_path}/runs/one/status.json is missing; the folder is incomplete.",
        f"The engine did not start; {environment.ROOT}/engine.log says why.",
        "(sqlite3.OperationalError) database is locked",
        "FileNotFoundError: engine.json",
        "This app has encountered an error. The original error message is redacted to prevent data leaks.",
    ]
    fit = [
        "The disk of the lab is full; the run waits and goes on when there is room. Tell your teacher.",
        "Its errors: 3 of 10,000 images. See the README, or Kaggle's train.csv/test.csv.",
        "The matrix at https://example.org/usr/ shows it; 12/10/2026.",
    ]
    assert aftermath.faults_of_words([*unfit, *fit], tmp_path) == unfit


def test_temporary_files_are_found_wherever_they_lie(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "status.json").touch()
    assert aftermath.leftovers(tmp_path) == []
    (folder / ".writing-a.npz").touch()
    assert aftermath.leftovers(tmp_path) == [Path("runs/one/.writing-a.npz")]


def test_what_tracebacks_end_with_is_counted(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    assert aftermath.errors_in(log) == []
    plain = 'Traceback (most recent call last):\n  File "/lab/runs/run.py", line 7, in save\nOSError: [Errno 28] full\n'
    coloured = (
        "\x1b[31m────\x1b[0m Traceback (most recent call last) \x1b[31m────\x1b[0m\n"
        "\x1b[31m \x1b[0m \x1b[2m/lab/ui/\x1b[0m\x1b[1mframe.py\x1b[0m:12 in page\n  ValueError is not here\n"
        "\x1b[1;91mAttributeError: \x1b[0mpartially initialized module\n"
    )
    log.write_text(f"Started.\n{plain}{coloured}ValueError: outside of any\n{plain}", encoding="utf-8")
    assert aftermath.errors_in(log) == [
        "2 × OSError: [Errno 28] full (/lab/runs/run.py:7)",
        "1 × AttributeError: partially initialized module (/lab/ui/frame.py:12)",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="reads other processes' environment, as Linux shows it")
def test_processes_of_a_home_are_orphans_without_an_app(tmp_path: Path) -> None:
    household = aftermath.Household(tmp_path)
    assert household.remain(None, 0) == []
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command, env=os.environ | {"MNIST_HOME": str(tmp_path)}) as process:
        deadline = time.monotonic() + 10
        while not app_process.serving(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [one.pid for one in aftermath.family(psutil.Process(process.pid))] == [process.pid]
        (found,) = household.remain(None, 0)
        assert str(process.pid) in found
        household.end()
        assert process.wait(10) != 0
    assert household.remain(None, 0) == []


def test_an_outcome_is_told_to_people_and_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert not bars.outcome("kills", {"no run lost": True, "no orphan": False}, kills=8)
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[0] for line in lines] == ["held", "NOT"]
    assert json.loads(last) == {
        "measured": "kills",
        "held": False,
        "bars": {"no run lost": True, "no orphan": False},
        "kills": 8,
    }


# --- Kills -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labs", [1, 2, 3])
def test_every_victim_has_an_equal_share_of_the_kills_and_meets_each_moment(labs: int) -> None:
    pairs = [pair for lab in range(labs) for pair in kills.plan(100, lab, labs)]
    assert Counter(victim for victim, _ in pairs) == dict.fromkeys(kills.VICTIMS, 25)
    assert set(pairs) == {(victim, aim) for victim in kills.VICTIMS for aim in kills.AIMS}


def test_what_is_being_written_is_told_by_the_temporary_file(tmp_path: Path) -> None:
    assert kills.writing(tmp_path / "nowhere") == ""
    assert kills.writing(tmp_path) == ""
    for suffix, what in ((".json", "other"), (".npz", "checkpoint"), (".keras", "export")):
        path = tmp_path / f".writing-x{suffix}"
        path.touch()
        assert kills.writing(tmp_path) == what
        path.unlink()
    (tmp_path / "model.tflite").touch()
    (tmp_path / ".writing-x.npz").touch()
    assert kills.writing(tmp_path) == "evaluation"


def test_kills_without_a_loss_hold_the_bars_and_each_loss_breaks_one(capsys: pytest.CaptureFixture[str]) -> None:
    def home(**changes: object) -> kills.Home:
        broken = kills.Broken("all", "export", 1.0, "export", "done", 9.0, False, (), ())
        return kills.Home(**({"broken": [broken], "kept": 2, "found": 2} | changes))  # type: ignore[arg-type]

    dead = kills.Broken("all", "any", 1.0, "", "failed", 9.0, False, (), ())
    other = kills.Broken("all", "any", 1.0, "", "done", 9.0, False, ("variable_0",), ())
    false = kills.Broken("all", "any", 1.0, "", "done", 9.0, False, (), ("failed: Press 'Try again'.",))
    assert kills._report([home()], 1, 10.0)
    for worse in (
        home(found=1),
        home(runs_lost=["one"]),
        home(remained=["zombie 7"]),
        home(leftovers=["runs/one/.writing-a"]),
        home(half_made=["one"]),
        home(broken=[dead]),
        home(broken=[other]),
        home(broken=[false]),
    ):
        assert not kills._report([worse], 1, 10.0)
    assert not kills._report([home()], 2, 10.0)
    capsys.readouterr()


# --- Faults ----------------------------------------------------------------------------------------------------------


def test_a_clock_that_is_wrong_is_wrong_for_one_program_alone(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text(str(faults.DAYS_ON))
    variables = {"PYTHONPATH": str(faults.SHIFTED_CLOCK), "DIGIT_LAB_CLOCK": str(clock)}
    program = "import time; print(time.time(), time.time_ns() / 1e9, time.mktime(time.localtime()))"

    def seen(more: dict[str, str]) -> list[float]:
        done = subprocess.run(
            [sys.executable, "-c", program], env=os.environ | more, capture_output=True, text=True, check=True
        )
        return [float(word) for word in done.stdout.split()]

    assert all(moment == pytest.approx(time.time() + 8 * 86_400, abs=60) for moment in seen(variables))
    clock.write_text(str(faults.HOURS_BACK))
    assert all(moment == pytest.approx(time.time() - 7200, abs=60) for moment in seen(variables))
    assert all(moment == pytest.approx(time.time(), abs=60) for moment in seen(variables | {"DIGIT_LAB_CLOCK": ""}))


@pytest.mark.skipif(not ROOT_ON_LINUX, reason="a small disk in memory needs root on Linux")
def test_a_disk_is_full_and_read_only_as_long_as_it_is_asked_to_be(tmp_path: Path) -> None:
    try:
        with faults.small_disk(tmp_path / "disk") as disk:
            file = disk.folder / "file"
            with disk.full(), pytest.raises(OSError, match="No space"):
                file.write_bytes(b"x" * 10_000)
            file.write_bytes(b"x" * 10_000)
            with disk.read_only(), pytest.raises(OSError, match="Read-only"):
                file.write_bytes(b"y")
            file.write_bytes(b"y")
    except LabError as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_loss_is_told_once_and_for_the_fault_that_caused_it(capsys: pytest.CaptureFixture[str]) -> None:
    lab = faults.Lab.__new__(faults.Lab)
    lab.home, lab.finding, lab.known, lab.unbroken = Path("/nowhere"), faults.Finding(""), set(), None
    lab.drawings, lab.gone = 0, set()

    async def twice() -> list[faults.Finding]:
        found = []
        for fault in ("one", "two"):
            async with lab.under(fault):
                lab.lose("a drawing")
                if fault == "two":
                    raise LabError("The page has no button 'Start'.")
            found.append(lab.finding)
        return found

    lab.check = lambda: None  # type: ignore[method-assign]
    one, two = asyncio.run(twice())
    assert one.lost == ["a drawing"]
    assert two.lost == ["afterwards: The page has no button 'Start'."]
    assert not faults._report([one, two])
    assert faults._report([faults.Finding("three", said=["The disk is full."])])
    assert not faults._report([faults.Finding("four", unfit=["Errno 28"])])
    capsys.readouterr()


# --- Floods ----------------------------------------------------------------------------------------------------------


def test_a_flood_is_held_within_memory_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    row = flood.Row("uploads", 0.1, 0.2, 0.3, 60, 0, 220.0, 690.0, 230.0, {"taken": 3})
    assert flood._report([row])
    for worse in ({"most": 701.0}, {"during": 0.51}, {"errors": 1}, {"answers": 0}):
        assert not flood._report([flood.Row(**(vars(row) | worse))])
    assert "uploads" in flood._line(row)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        flood.main(["deluge"])
    assert "there is no flood deluge" in capsys.readouterr().err


def test_what_a_flood_is_refused_is_counted_by_its_words() -> None:
    async def refuse() -> None:
        raise LabError("Too many  files.")

    async def take() -> None:
        return None

    done: Counter[str] = Counter()

    async def ask() -> None:
        for work in (refuse(), refuse(), take()):
            await flood._counted(done, work)

    asyncio.run(ask())
    assert done == {"refused: Too many files.": 2, "taken": 1}


# --- Twenty clients --------------------------------------------------------------------------------------------------


def test_twenty_clients_are_of_every_kind() -> None:
    numbers = soak.mix(20)
    assert sum(numbers.values()) == 20
    assert min(numbers.values()) >= 1
    assert numbers["draw"] == 7
    assert min(soak.mix(5).values()) == 1


def test_memory_is_flat_by_its_largest_minute() -> None:
    samples = [{"minutes": number / 6, "mb": 100.0 + (200.0 if number < 18 else 0.0)} for number in range(90)]
    assert soak.flatness(samples, "mb", 3.0) == (100.0, 100.0)
    samples[50]["mb"] = 900.0  # for a moment
    assert soak.flatness(samples, "mb", 3.0) == (100.0, 100.0)
    for sample in samples[60:66]:
        sample["mb"] = 111.0
    assert soak.flatness(samples, "mb", 3.0) == (100.0, 111.0)
    assert soak.flatness(samples[:10], "mb", 3.0)[0] != soak.flatness(samples[:10], "mb", 3.0)[0]  # NaN


def test_memory_of_what_trains_is_what_it_keeps_between_runs() -> None:
    samples = [{"minutes": number / 6, "mb": 900.0 if number % 10 else 500.0} for number in range(90)]
    assert soak.flatness(samples, "mb", 3.0, between_runs=True) == (500.0, 500.0)
    samples[80]["mb"] = 560.0
    samples[70]["mb"] = samples[60]["mb"] = samples[50]["mb"] = 560.0
    assert soak.flatness(samples, "mb", 3.0, between_runs=True) == (500.0, 560.0)


# --- Packets ---------------------------------------------------------------------------------------------------------


def ipv4(protocol: int, destination: str, payload: bytes) -> bytes:
    source = socket.inet_aton("192.0.2.2")
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    return head + source + socket.inet_aton(destination) + payload


def ipv6(protocol: int, destination: str, payload: bytes) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    return head + bytes(16) + socket.inet_pton(socket.AF_INET6, destination) + payload


def test_packets_are_read_with_the_names_that_they_ask_for() -> None:
    query = bytes(12) + b"\x08checkip0\x07example\x03org\x00\x00\x01\x00\x01"
    udp = struct.pack("!HHHH", 40_000, 53, 8 + len(query), 0)
    found = isolation.parse(ipv4(isolation.UDP, "10.0.0.53", udp + query))
    assert found == isolation.Packet("10.0.0.53", "udp", 53, 40_000, "checkip0.example.org")
    assert str(found) == "udp 10.0.0.53:53 asks for checkip0.example.org"
    tcp = struct.pack("!HHIIBBHHH", 40_001, 443, 0, 0, 5 << 4, 2, 0, 0, 0)
    assert str(isolation.parse(ipv4(isolation.TCP, "198.51.100.7", tcp))) == "tcp 198.51.100.7:443"
    assert str(isolation.parse(ipv6(isolation.TCP, "2001:db8::7", tcp))) == "tcp [2001:db8::7]:443"
    assert str(isolation.parse(ipv4(isolation.ICMP, "198.51.100.7", b"\x08" + bytes(7)))) == "icmp 198.51.100.7"


def test_what_the_kernel_says_by_itself_is_no_packet_of_the_lab() -> None:
    report = bytes([isolation.ICMP6, 0, 5, 2, 0, 0, 1, 0]) + bytes([143, 0, 0, 0])
    assert isolation.parse(ipv6(0, "ff02::16", report)) is None
    assert isolation.parse(ipv6(isolation.ICMP6, "ff02::2", bytes([133, 0, 0, 0]))) is None
    assert isolation.parse(b"\x45") is None
    for damaged in (b"", bytes(11), bytes(12) + b"\x3fshort", bytes(12) + b"\xc0\x0c"):
        assert isolation.question(damaged) == ""


def test_a_closed_door_answers_with_sound_checksums() -> None:
    asked = ipv4(isolation.UDP, "198.51.100.7", struct.pack("!HHHH", 1, 2, 8, 0))
    answer = isolation.refusal(asked)
    assert isolation.checksum(answer[:20]) == 0
    assert isolation.checksum(answer[20:]) == 0
    assert (answer[12:16], answer[16:20]) == (asked[16:20], asked[12:16])
    assert answer[20:22] == bytes([3, 3])
    assert answer[28:] == asked
    assert isolation.refusal(ipv4(isolation.ICMP, "198.51.100.7", bytes(8))) == b""


def test_what_is_run_alone_is_the_tests_or_what_is_given() -> None:
    def chosen(**given: object) -> tuple[list[str], float]:
        defaults: dict[str, object] = {"command": [], "soak": None, "seconds": 0.0}
        return isolation.command_of(argparse.Namespace(**(defaults | given)))

    assert "pytest" in chosen()[0]
    assert chosen(soak=60.0)[0][-2:] == ["--minutes", "60.0"]
    assert chosen(soak=60.0)[1] > 3600
    assert chosen(command=["true"], seconds=5.0) == (["true"], 5.0)


@pytest.mark.skipif(not ROOT_ON_LINUX, reason="a network of its own needs root on Linux")
@pytest.mark.parametrize("address", ["127.0.0.1", "198.51.100.7"])
def test_only_what_leaves_the_machine_is_counted(
    address: str, capfd: pytest.CaptureFixture[str], outside: Path
) -> None:
    missing = [tool for tool in ("unshare", "ip") if not shutil.which(tool)]
    if missing or not isolation.TUN_DEVICE.exists():
        pytest.skip(f"needs {isolation.TUN_DEVICE} and unshare and ip; missing: {missing}")
    program = f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('{address}', 9))"
    code = isolation.main(["--seconds", "20", "--", sys.executable, "-c", program])
    outside.unlink(missing_ok=True)  # it was asked on purpose, in a network of its own
    last = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert last["destinations"] == ({} if address == "127.0.0.1" else {"udp 198.51.100.7:9": 1})
    assert code == len(last["destinations"])


def test_each_measurement_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    for module in (faults, flood, isolation, kills, soak):
        with pytest.raises(SystemExit) as ended:
            module.main(["--help"])
        assert ended.value.code == 0
        assert module.__name__ in capsys.readouterr().out


def test_a_session_that_never_saw_a_page_has_said_nothing() -> None:
    assert aftermath.said(AppClient("http://nowhere", None)) == []  # type: ignore[arg-type]
