"""The two errors that people see. Their message is one sentence: what happened, what was expected, what to do."""


class LabError(Exception):
    """Something failed although the input was right (exit code 1)."""


class InputError(LabError):
    """What a person or a file gave cannot be used (exit code 2)."""
