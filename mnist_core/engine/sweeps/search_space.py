"""What a sweep changes: for each setting a range of numbers or a list of values, in a short notation.

`learning_rate=0.001..0.03:log`, `rotation=0..15:step=5`, `batch_size=32,64,128`; networks, whose own notation has
commas, are told apart by bars: `network=flatten,dense:10:softmax|conv:8:5:relu,flatten,dense:10:softmax`.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mnist_core.checks import check_choice, short
from mnist_core.config.network import network_text, parse_network
from mnist_core.config.train_config import SETTINGS, TrainConfig, parse_setting
from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.language import N_, as_written, gettext

if TYPE_CHECKING:
    import optuna

Value = str | int | float

NETWORK, CALLED_NETWORK = "network", N_("network")
# Trials are compared by the same validation images, which these settings decide.
FIXED = ("validation_share", "data_share", "seed", "also")
SWEPT = (*(name for name in SETTINGS if name not in FIXED), NETWORK)
MOST_VALUES = 100
MOST_COMBINATIONS = 500


@dataclass(frozen=True)
class Parameter:
    """How one setting varies: over a range of numbers, or over a list of values."""

    setting: str  # one of `SWEPT`
    values: tuple[Value, ...] = ()  # of a list; empty for a range. Networks are in their notation.
    lowest: float = 0.0  # the least number of a range
    highest: float = 0.0
    logarithmic: bool = False  # a range is covered evenly on a logarithmic scale
    step: float = 0.0  # the distance between the numbers of a range; 0 for every number, or every whole number

    def __post_init__(self) -> None:
        _check_swept(self.setting)
        if self.values:
            if len(set(self.values)) < len(self.values) or len(self.values) > MOST_VALUES:
                raise InputError(
                    gettext(
                        "The values of '{label}' must be at most {most_values} different ones.",
                        label=self.label,
                        most_values=MOST_VALUES,
                    )
                )
        else:
            self._check_range()

    def _check_range(self) -> None:
        if self._kind is str:
            raise InputError(
                gettext(
                    "The setting '{label}' is not a number; list its values, separated by commas.", label=self.label
                )
            )
        if not (math.isfinite(self.lowest) and math.isfinite(self.highest) and self.lowest < self.highest):
            raise InputError(
                gettext(
                    "The range of '{label}' goes from {lowest:g} to {highest:g}; its first number must be "
                    "the smaller one.",
                    label=self.label,
                    lowest=self.lowest,
                    highest=self.highest,
                )
            )
        if self.logarithmic and (self.lowest <= 0 or self.step):
            raise InputError(
                gettext(
                    "A logarithmic range, such as that of '{label}', starts above 0 and has no step.", label=self.label
                )
            )
        if not (self.step >= 0 and self.step <= self.highest - self.lowest):
            raise InputError(
                gettext(
                    "The step of '{label}' is {step:g}, but must fit into its range.", label=self.label, step=self.step
                )
            )
        if self.whole and not all(number.is_integer() for number in map(float, (self.lowest, self.highest, self.step))):
            raise InputError(
                gettext("The setting '{label}' takes whole numbers; correct its range or step.", label=self.label)
            )

    @property
    def label(self) -> str:
        """What people call the setting within a sentence, in the language of the source."""
        return called(self.setting)

    @property
    def _kind(self) -> type:
        return str if self.setting == NETWORK else type(getattr(TrainConfig, self.setting, ""))

    @property
    def whole(self) -> bool:
        return self._kind is int

    def __str__(self) -> str:
        if self.values:
            bar = "|" if self.setting == NETWORK else ","
            return f"{self.setting}={bar.join(map(short, self.values))}"
        ending = ":log" if self.logarithmic else f":step={short(self.step)}" if self.step else ""
        return f"{self.setting}={short(self.lowest)}..{short(self.highest)}{ending}"

    def listed(self) -> tuple[Value, ...]:
        """Every value there is to try; InputError where they have no end."""
        if self.values:
            return self.values
        step = self.step or (1.0 if self.whole and not self.logarithmic else 0.0)
        if not step or (self.highest - self.lowest) / step >= MOST_VALUES:
            raise InputError(
                gettext(
                    "To try everything, list at most {most_values} values of '{label}', such as "
                    "{lowest},{highest}, or give its range a larger step.",
                    most_values=MOST_VALUES,
                    label=self.label,
                    lowest=short(self.lowest),
                    highest=short(self.highest),
                )
            )
        number = math.floor((self.highest - self.lowest) / step + 1e-9) + 1
        values = (self.lowest + index * step for index in range(number))
        return tuple(int(value) if self.whole else float(f"{value:.10g}") for value in values)

    def suggest(self, trial: "optuna.Trial", listed: bool) -> Value:
        """Lets Optuna choose a value for a trial, from `listed()` or from the whole range."""
        name, low, high = self.setting, self.lowest, self.highest
        if self.values or listed:
            return cast(Value, trial.suggest_categorical(name, self.listed()))
        if self.whole:
            return trial.suggest_int(name, int(low), int(high), step=int(self.step) or 1, log=self.logarithmic)
        return trial.suggest_float(name, low, high, step=self.step or None, log=self.logarithmic)


def called(setting: str) -> str:
    """What people call a setting within a sentence; for `gettext` to translate, alone or as a part of one."""
    return SETTINGS[setting].words if setting in SETTINGS else CALLED_NETWORK


def _check_swept(setting: str) -> None:
    if setting in FIXED:
        raise InputError(
            gettext(
                "A sweep cannot change the {setting}: all trials are judged by the same images; choose one of {swept}.",
                setting=called(setting),
                swept=", ".join(SWEPT),
            )
        )
    check_choice(gettext("setting of a sweep"), setting, SWEPT)


def parse_parameter(text: str) -> Parameter:
    """Reads how one setting varies, in the notation above; InputError if it cannot be swept so."""
    setting, sign, rest = (part.strip() for part in text.partition("="))
    setting = setting.replace("-", "_").replace(" ", "_")
    if not sign or not rest:
        raise InputError(
            gettext(
                "The setting '{text}' has no values; write it like learning_rate=0.001..0.03:log or "
                "batch_size=32,64,128.",
                text=readable(text),
            )
        )
    _check_swept(setting)
    if setting == NETWORK:
        networks = (network_text(parse_network(network)) for network in rest.split("|"))
        return Parameter(setting, tuple(networks))
    if ".." in rest and not isinstance(getattr(TrainConfig, setting), str):
        return _parse_range(setting, rest)
    return Parameter(setting, tuple(parse_setting(setting, word.strip()) for word in rest.split(",")))


def _parse_range(setting: str, text: str) -> Parameter:
    numbers, _, ending = text.partition(":")
    lowest, _, highest = numbers.partition("..")
    ending = ending.strip()
    if ending not in ("", "log") and not ending.startswith("step="):
        raise InputError(
            gettext(
                "The range '{text}' ends in ':{ending}'; expected ':log', ':step=…' or nothing.",
                text=readable(text),
                ending=readable(ending),
            )
        )
    step = ending.removeprefix("step=") if ending.startswith("step=") else "0"
    low, high, distance = (_number(setting, word) for word in (lowest, highest, step))
    return Parameter(setting, (), low, high, ending == "log", distance)


def _number(setting: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            gettext(
                "The range of '{setting}' holds '{text}', but must be two numbers such as 0.001..0.03.",
                setting=called(setting),
                text=readable(text.strip()),
            )
        ) from None


@dataclass(frozen=True)
class Space:
    """All that a sweep changes, at least one setting."""

    parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        names = [parameter.setting for parameter in self.parameters]
        if not names:
            raise InputError(
                gettext("A sweep needs at least one setting to change, such as learning_rate=0.001..0.03:log.")
            )
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise InputError(
                gettext(
                    "The setting '{setting}' is there twice; put all its values into one.",
                    setting=called(twice),
                )
            )

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "Space":
        return cls(tuple(parse_parameter(text) for text in texts))

    def texts(self) -> list[str]:
        """What `parse` reads."""
        return [str(parameter) for parameter in self.parameters]

    def check(self, base: TrainConfig) -> None:
        """Raises InputError if a value cannot be used beside the other settings of `base`."""
        for parameter in self.parameters:
            for value in parameter.values or (parameter.lowest, parameter.highest):
                applied(base, {parameter.setting: int(value) if parameter.whole else value})

    def combinations(self) -> list[dict[str, Value]]:
        """Each combination of the listed values; InputError if a range has no end."""
        names = [parameter.setting for parameter in self.parameters]
        lists = [parameter.listed() for parameter in self.parameters]
        if (number := math.prod(map(len, lists))) > MOST_COMBINATIONS:
            raise InputError(
                gettext(
                    "This table has {number} combinations; at most {most_combinations} are tried; list fewer.",
                    number=count(number),
                    most_combinations=MOST_COMBINATIONS,
                )
            )
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*lists)]

    def suggest(self, trial: "optuna.Trial", listed: bool) -> dict[str, Value]:
        return {parameter.setting: parameter.suggest(trial, listed) for parameter in self.parameters}


def applied(base: TrainConfig, settings: dict[str, Value]) -> TrainConfig:
    """`base` with the settings that a trial got; InputError where they cannot be used together."""
    changes: dict[str, Any] = dict(settings)
    if NETWORK in changes:
        changes["layers"] = parse_network(str(changes.pop(NETWORK)))
    return dataclasses.replace(base, **changes)


def in_words(settings: dict[str, Value]) -> str:
    """`learning rate 0.01, batch size 64`; numbers are rounded to three digits."""
    return ", ".join(
        gettext(
            "{setting} {value}",
            setting=called(name),
            value=as_written(f"{value:.3g}") if isinstance(value, float) else str(value),
        )
        for name, value in settings.items()
    )
