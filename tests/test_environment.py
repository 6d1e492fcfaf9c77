import os

import pytest

from mnist_core import environment


def test_tensorflow_computes_by_onednn_on_every_processor_unless_somebody_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for given, wanted in ((None, "1"), ("0", "0")):
        monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
        if given is not None:
            monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", given)
        environment.set_up_process()
        assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == wanted
