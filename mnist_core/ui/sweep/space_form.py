"""What differs between the trials of a sweep: a row of fields for each setting, and the same as text."""

import dataclasses
import itertools
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mnist_core.checks import Choice, Number, Whole, short
from mnist_core.config.network import network_text
from mnist_core.config.train_config import SETTINGS, TrainConfig
from mnist_core.engine.sweeps.search_space import NETWORK, SWEPT, Parameter, Space, called
from mnist_core.formatting import begun
from mnist_core.language import N_, gettext
from mnist_core.ui import as_text

SPACE = "sweep-space"
RANGE, LIST = N_("A range"), N_("A list")
MOST_CHARACTERS = 10_000

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Row:
    """How one setting varies, as its fields hold it: it may be half typed."""

    setting: str
    kind: str  # `RANGE` or `LIST`
    values: str = ""  # of a list
    lowest: float = 0.0
    highest: float = 0.0
    logarithmic: bool = False
    step: float = 0.0  # has no field: it comes by way of the text
    number: int = dataclasses.field(default_factory=lambda: next(_numbers))  # its widgets' own

    @classmethod
    def of(cls, parameter: Parameter) -> "Row":
        if not parameter.values:
            low, high = parameter.lowest, parameter.highest
            return cls(parameter.setting, RANGE, "", low, high, parameter.logarithmic, parameter.step)
        between = " | " if parameter.setting == NETWORK else ", "
        return cls(parameter.setting, LIST, between.join(map(short, parameter.values)))

    @property
    def text(self) -> str:
        """In the notation of the command line."""
        if self.kind == LIST:
            return f"{self.setting}={self.values}"
        ending = ":log" if self.logarithmic else f":step={short(self.step)}" if self.step else ""
        return f"{self.setting}={short(self.lowest)}..{short(self.highest)}{ending}"


def choose_space(config: TrainConfig) -> Space:
    """Lets a person say what differs between trials.

    Args:
        config: The settings that trials start from, around which the first rows lie.

    Raises:
        InputError: A row cannot be used.
    """
    held = st.session_state.get(SPACE)
    if held is None or held["recipe"] != config.recipe:
        held = {"recipe": config.recipe, "rows": tuple(map(Row.of, usual_space(config)))}
    st.markdown(gettext("**What differs between the trials?**"))
    st.caption(gettext("Which values to try? A list, or smallest and largest."))
    rows = tuple(_choose_row(row, config) for row in held["rows"])
    st.session_state[SPACE] = held | {"rows": rows}
    st.button(gettext("Add a setting"), icon=":material/add:", key=f"{SPACE}-add", on_click=_add, args=(config,))
    # The notation of the command line can say more.
    as_text.edit(
        gettext("A setting on each line"),
        "\n".join(row.text for row in rows),
        SPACE,
        _take_text,
        MOST_CHARACTERS,
        gettext(
            "As the command line has it: batch_size=32,64,128 or learning_rate=0.001..0.03:log, "
            "or in steps, rotation=0..15:step=5. In a {network}, put | between networks.",
            network=NETWORK,
        ),
    )
    return Space.parse(row.text for row in rows)


def _choose_row(row: Row, config: TrainConfig) -> Row:
    """The fields of one setting; returns what they hold."""
    key = f"{SPACE}-{row.number}"
    with st.container(border=True, gap="xsmall", key=key):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            setting = st.selectbox(
                gettext("Setting"), SWEPT, SWEPT.index(row.setting), format_func=_label, key=f"{key}-setting"
            )
            st.button(gettext("Remove"), key=f"{key}-remove", on_click=_remove, args=(row.number,))
        if setting != row.setting:
            row = dataclasses.replace(Row.of(usual(setting, config)), number=row.number)
        key = f"{key}-{setting}"
        rule = SETTINGS[setting].rule if setting in SETTINGS else None
        if isinstance(rule, Choice):
            return dataclasses.replace(row, values=_choose_words(rule, row.values, key))
        if isinstance(rule, Number | Whole):
            kind = st.segmented_control(
                gettext("Which values"), (RANGE, LIST), format_func=gettext, default=row.kind, required=True,
                key=f"{key}-kind", label_visibility="collapsed",
            )  # fmt: skip
            row = dataclasses.replace(row, kind=str(kind))
            if row.kind == RANGE:
                return _choose_range(row, rule, key)
        words = (
            gettext("Networks as text, with | between them")
            if setting == NETWORK
            else gettext("Values, with commas between them")
        )
        return dataclasses.replace(row, values=st.text_input(words, row.values, key=f"{key}-values"))


def _choose_words(rule: Choice, values: str, key: str) -> str:
    held = [word for word in (part.strip() for part in values.split(",")) if word in rule.choices]
    return ", ".join(st.multiselect(gettext("Values"), rule.choices, held, key=f"{key}-words"))


def _choose_range(row: Row, rule: Number | Whole, key: str) -> Row:
    """The smallest and the largest value, within what the setting may be."""
    number: type = int if isinstance(rule, Whole) else float
    least, most = number(rule.least), number(rule.most)
    lowest, highest = (number(min(max(value, least), most)) for value in (row.lowest, row.highest or row.lowest))
    options: dict[str, Any] = {} if number is int else {"format": "%g"}
    left, right = st.columns(2)
    step = 1 if number is int else max(lowest, highest / 10, 1e-7) / 2
    low = left.number_input(gettext("Smallest"), least, most, lowest, step, key=f"{key}-lowest", **options)
    high = right.number_input(gettext("Largest"), least, most, highest, step, key=f"{key}-highest", **options)
    even = st.checkbox(
        gettext("Small ones as often as large ones"), row.logarithmic, key=f"{key}-logarithmic", disabled=low <= 0,
        help=gettext("On a logarithmic scale. As many lie between 0.001 and 0.01 as between 0.01 and 0.1"),
    )  # fmt: skip
    logarithmic = even and low > 0
    step_held = 0.0 if logarithmic else row.step
    return dataclasses.replace(row, lowest=low, highest=high, logarithmic=logarithmic, step=step_held)


def _label(setting: str) -> str:
    return begun(gettext(called(setting)))


def _take_text(text: str) -> None:
    space = Space.parse(line for line in text.splitlines() if line.strip())
    _hold(tuple(map(Row.of, space.parameters)))


def _hold(rows: tuple[Row, ...]) -> None:
    st.session_state[SPACE] = st.session_state[SPACE] | {"rows": rows}


def _add(config: TrainConfig) -> None:
    rows = st.session_state[SPACE]["rows"]
    there = {row.setting for row in rows}
    free = next((setting for setting in SWEPT if setting not in there), "")
    if free:
        _hold((*rows, Row.of(usual(free, config))))


def _remove(number: int) -> None:
    _hold(tuple(row for row in st.session_state[SPACE]["rows"] if row.number != number))


def usual_space(config: TrainConfig) -> tuple[Parameter, ...]:
    """Returns what is worth a first try: the learning rate around that of the recipe, and the batch size."""
    return usual("learning_rate", config), usual("batch_size", config)


def usual(setting: str, config: TrainConfig) -> Parameter:
    """Returns what is worth a first try of a setting: values around that of the recipe, or all words that it may be."""
    if setting == NETWORK:
        return Parameter(setting, (network_text(config.layers),))
    rule, value = SETTINGS[setting].rule, getattr(config, setting)
    if isinstance(rule, Choice):
        return Parameter(setting, rule.choices)
    if isinstance(rule, Whole):
        around = {max(value // 2, rule.least), value, min(max(2 * value, 1), rule.most)}
        return Parameter(setting, tuple(sorted(around)))
    assert isinstance(rule, Number)
    if not value:
        return Parameter(setting, (), float(rule.least), float(f"{rule.most / 4:.2g}"))
    lowest, highest = float(f"{value / 5:.2g}"), float(f"{value * 5:.2g}")
    return Parameter(setting, (), max(lowest, float(rule.least)), min(highest, float(rule.most)), True)
