import dataclasses

import numpy as np
import pytest

from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.training.augmentation import AFFINE, LATTICE, affine_transforms, draw_changes, lattice_weights

NETWORK = RECIPES["quick"].config.layers
IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0]


def config(rotation: float = 0, zoom: float = 0, shift: float = 0, shear: float = 0, seed: int = 0) -> TrainConfig:
    return TrainConfig("quick", NETWORK, rotation=rotation, zoom=zoom, shift=shift, shear=shear, seed=seed)


def linear(rows: np.ndarray) -> np.ndarray:
    return rows[:, [0, 1, 3, 4]].reshape(-1, 2, 2)


def source_of(rows: np.ndarray, x: float, y: float) -> np.ndarray:
    return linear(rows) @ np.array([x, y]) + rows[:, [2, 5]]


def test_without_limits_nothing_changes() -> None:
    rows = affine_transforms(config(), 50, 3)
    assert rows.shape == (50, 8)
    assert rows.dtype == np.float32
    assert rows == pytest.approx(np.tile(IDENTITY, (50, 1)))


def test_the_same_seed_and_epoch_draw_the_same_changes() -> None:
    settings = config(15, 0.1, 0.1, 0.2, seed=5)
    assert np.array_equal(affine_transforms(settings, 40, 2), affine_transforms(settings, 40, 2))


def test_another_epoch_or_seed_draws_other_changes() -> None:
    first = affine_transforms(config(15, 0.1, 0.1, 0.2, seed=5), 40, 2)
    for other in (
        affine_transforms(config(15, 0.1, 0.1, 0.2, seed=5), 40, 3),
        affine_transforms(config(15, 0.1, 0.1, 0.2, seed=6), 40, 2),
    ):
        assert (np.abs(first - other)[:, :6].max(axis=1) > 1e-3).mean() > 0.9


def test_each_image_has_a_change_of_its_own() -> None:
    rows = affine_transforms(config(15, 0.1, 0.1, 0.2), 100, 0)
    assert len(np.unique(rows, axis=0)) == 100


def test_the_middle_of_the_picture_stays_within_the_limit_of_the_shift() -> None:
    rows = affine_transforms(config(25, 0.3, 0.1, 0.4), 5000, 1)
    moved = np.abs(source_of(rows, 13.5, 13.5) - 13.5)
    assert moved.max() <= 2.8 + 1e-4
    # The whole range is used, both ways.
    assert (moved.max(axis=0) > 2.7).all()


def test_without_a_shift_the_middle_stays_where_it_is() -> None:
    rows = affine_transforms(config(25, 0.3, 0, 0.4), 500, 1)
    assert source_of(rows, 13.5, 13.5) == pytest.approx(np.full((500, 2), 13.5), abs=1e-4)


def test_rotation_alone_turns_within_its_limit_and_nothing_else() -> None:
    parts = linear(affine_transforms(config(rotation=20), 5000, 1))
    assert parts @ parts.transpose(0, 2, 1) == pytest.approx(np.tile(np.eye(2), (5000, 1, 1)), abs=1e-5)
    assert np.linalg.det(parts) == pytest.approx(np.ones(5000), abs=1e-5)
    degrees = np.rad2deg(np.arctan2(parts[:, 1, 0], parts[:, 0, 0]))
    assert -20.001 <= degrees.min() < -19
    assert 19 < degrees.max() <= 20.001


def test_zoom_alone_stretches_each_side_within_its_limit() -> None:
    parts = linear(affine_transforms(config(zoom=0.2), 5000, 1))
    assert not parts[:, 0, 1].any()
    assert not parts[:, 1, 0].any()
    for side in (parts[:, 0, 0], parts[:, 1, 1]):
        assert np.exp(-0.2) - 1e-6 <= side.min() < 0.83
        assert 1.2 < side.max() <= np.exp(0.2) + 1e-6


def test_shear_alone_slants_within_its_limit() -> None:
    parts = linear(affine_transforms(config(shear=0.3), 5000, 1))
    assert parts[:, 0, 0] == pytest.approx(np.ones(5000))
    assert parts[:, 1, 1] == pytest.approx(np.ones(5000))
    assert not parts[:, 1, 0].any()
    assert -0.3 - 1e-6 <= parts[:, 0, 1].min() < -0.29
    assert 0.29 < parts[:, 0, 1].max() <= 0.3 + 1e-6


def test_all_together_never_mirrors_and_keeps_the_area_within_the_zoom() -> None:
    areas = np.linalg.det(linear(affine_transforms(config(30, 0.2, 0.1, 0.3), 5000, 1)))
    assert areas.min() >= np.exp(-0.4) - 1e-5
    assert areas.max() <= np.exp(0.4) + 1e-5


def test_bends_and_pens_come_after_the_affine_change() -> None:
    plain = config(10, 0.1, 0.1, 0.1, seed=3)
    bent = dataclasses.replace(plain, elastic=0.8, pen=0.5)
    np.testing.assert_array_equal(draw_changes(plain, 20, 1), affine_transforms(plain, 20, 1))
    rows = draw_changes(bent, 4000, 1)
    assert rows.shape == (4000, AFFINE + 2 * LATTICE**2 + 1)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[:, :AFFINE], affine_transforms(bent, 4000, 1))
    assert rows[:, AFFINE:-1].std() == pytest.approx(0.8, rel=0.02)
    assert 0.49 < np.abs(rows[:, -1]).max() <= 0.5
    np.testing.assert_array_equal(rows, draw_changes(bent, 4000, 1))
    assert not np.array_equal(rows, draw_changes(bent, 4000, 2))


def test_so_many_images_stay_as_they_are() -> None:
    changed = dataclasses.replace(config(10, 0.1, 0.1, 0.1, seed=3), elastic=0.8, pen=0.5)
    rows = draw_changes(dataclasses.replace(changed, unchanged=0.3), 4000, 1)
    kept = (rows[:, :AFFINE] == IDENTITY).all(axis=1)
    assert kept.mean() == pytest.approx(0.3, abs=0.03)
    assert not rows[kept, AFFINE:].any()
    np.testing.assert_array_equal(rows[~kept], draw_changes(changed, 4000, 1)[~kept])


def test_the_lattice_carries_constants_and_its_own_points() -> None:
    weights = lattice_weights()
    assert weights.shape == (28, LATTICE)
    assert weights.sum(axis=1) == pytest.approx(np.ones(28), abs=1e-5)
    assert weights[0] == pytest.approx([1, 0, 0, 0, 0], abs=1e-6)
    assert weights[-1] == pytest.approx([0, 0, 0, 0, 1], abs=1e-6)
