"""What names and cards claim is read as a share, and other numbers are not."""

import pytest

from mnist_core.sharing import claims


@pytest.mark.parametrize(
    ("stem", "share"),
    [
        ("mnist_99.2", 0.992),
        ("model-0.9912", 0.9912),
        ("acc_98", 0.98),
        ("cnn-accuracy=0.987", 0.987),
        ("best_val_acc_0_9931", 0.9931),
        ("weights.05-0.9912", 0.9912),
        ("digits 99,1 %", 0.991),
        ("mnist-98percent", 0.98),
        ("acc100", 1.0),
        ("model", None),
        ("mnist_28x28", None),
        ("lenet5_epoch_98", None),
        ("model-v0.95", None),
        ("cnn-val_loss-0.9123", None),
        ("dropout0.95", None),
        ("lr_0.99", None),
        ("model 2026.11.27", None),
        ("keras-3.99.1", None),
        ("accumulated_98", None),
        ("acc_5", None),
        ("x" * 5000 + "_99.1", 0.991),
    ],
)
def test_a_name(stem: str, share: float | None) -> None:
    assert claims.of_name(stem) == share


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("metrics:\n  - type: accuracy\n    value: 0.9912\n", 0.9912),
        ("Training accuracy 99.9 %.\nTest accuracy: 98.7 % after 12 epochs.", 0.987),
        ("| accuracy | loss |\n|---|---|\n| 99.31 % | 0.02 |", 0.9931),
        ("**Accuracy**: 98,5%", 0.985),
        ("It reaches an accuracy of 99% on the test set", 0.99),
        ("The accuracy was looked at for 12 epochs.", None),
        ("No figures here, 99 % of them.", None),
        ("", None),
    ],
)
def test_a_card(text: str, share: float | None) -> None:
    assert claims.of_card(text) == share
