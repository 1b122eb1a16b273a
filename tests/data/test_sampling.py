"""Batches of an epoch: each row once, the same for any number of devices, other ones each epoch."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.sampling import EpochBatches, SequentialBatches

ROWS = np.arange(100, 150)
LABELS = np.arange(50) % 7


def dealt(batches: EpochBatches) -> np.ndarray:
    return np.concatenate([draw.rows for draw in batches])


def test_in_order_gives_every_row_once_and_keeps_the_short_last_batch():
    order = SequentialBatches(np.array([5, 3, 9, 1, 7]), batch_size=2)
    assert [draw.rows.tolist() for draw in order] == [[5, 3], [9, 1], [7]]
    assert len(order) == 3


@pytest.mark.parametrize("world", [1, 2, 3, 4])
@pytest.mark.parametrize("images", [4, 7, 8, 9, 12, 13, 31])
def test_devices_share_every_row_once_and_have_as_many_batches(images, world):
    rows = np.arange(images)
    shares = [list(SequentialBatches(rows, 4, rank, world)) for rank in range(world)]
    assert len({len(share) for share in shares}) == 1
    assert all(len(draw.rows) for share in shares for draw in share)
    assert all(len(share) == len(SequentialBatches(rows, 4, 0, world)) for share in shares)
    dealt_rows = sorted(int(row) for share in shares for draw in share for row in draw.rows)
    assert dealt_rows == rows.tolist()


def test_skipped_batches_leave_the_others_of_that_epoch_as_they_are():
    whole, resumed = (EpochBatches(ROWS, LABELS, batch_size=10, seed=0) for _ in range(2))
    for batches in (whole, resumed):
        batches.set_epoch(3)
    resumed.skip_once(2)
    assert [(d.rows.tolist(), d.seed) for d in resumed] == [(d.rows.tolist(), d.seed) for d in whole][2:]
    assert len(list(resumed)) == 5  # once


def test_an_epoch_holds_each_row_once():
    batches = EpochBatches(ROWS, LABELS, batch_size=10, seed=0)
    assert len(batches) == len(list(batches)) == 5
    assert sorted(dealt(batches).tolist()) == ROWS.tolist()
    assert dealt(batches).tolist() != ROWS.tolist()


def test_an_incomplete_last_batch_is_dropped_and_each_epoch_drops_others():
    batches = EpochBatches(ROWS, LABELS, batch_size=16, seed=0)
    assert [len(draw.rows) for draw in batches] == [16, 16, 16]
    dropped = []
    for epoch in range(6):
        batches.set_epoch(epoch)
        seen = dealt(batches).tolist()
        assert len(set(seen)) == 48
        dropped.append(frozenset(ROWS.tolist()) - frozenset(seen))
    assert len(set(dropped)) > 1


def test_an_incomplete_batch_is_kept_when_it_is_the_only_one():
    batches = EpochBatches(ROWS, LABELS, batch_size=64, seed=0)
    assert len(batches) == 1
    assert sorted(dealt(batches).tolist()) == ROWS.tolist()


def test_the_same_seed_and_epoch_deal_the_same_and_others_do_not():
    def of(seed: int, epoch: int) -> list[tuple[list[int], int]]:
        batches = EpochBatches(ROWS, LABELS, batch_size=10, seed=seed)
        batches.set_epoch(epoch)
        return [(draw.rows.tolist(), draw.seed) for draw in batches]

    assert of(0, 3) == of(0, 3)
    assert of(0, 3) != of(0, 4)
    assert of(0, 3) != of(1, 3)
    rows = {tuple(of(seed, epoch)[0][0]) for seed in range(3) for epoch in range(3)}
    assert len(rows) == 9


def test_every_batch_of_every_epoch_has_its_own_seed_within_what_albumentations_takes():
    seeds = []
    for epoch in range(4):
        batches = EpochBatches(ROWS, LABELS, batch_size=10, seed=0)
        batches.set_epoch(epoch)
        seeds += [draw.seed for draw in batches]
    assert len(set(seeds)) == 20
    assert all(isinstance(seed, int) and 0 <= seed < 2**32 for seed in seeds)


@pytest.mark.parametrize("balanced", [False, True])
def test_two_devices_share_each_batch_of_one(balanced):
    whole = EpochBatches(ROWS, LABELS, 10, seed=4, balanced=balanced)
    parts = [EpochBatches(ROWS, LABELS, 10, 4, balanced, rank=rank, world_size=2) for rank in range(2)]
    assert len(parts[0]) == len(parts[1]) == len(whole)
    for one, first, second in zip(whole, *parts, strict=True):
        assert len(first.rows) == len(second.rows) == 5
        assert sorted([*first.rows, *second.rows]) == sorted(one.rows)
        if not balanced:
            assert not set(first.rows) & set(second.rows)
        assert one.seed == first.seed == second.seed


def test_balanced_draws_make_rare_classes_as_frequent_as_others():
    labels = np.repeat([0, 1, 2], [900, 80, 20])
    batches = EpochBatches(np.arange(1000), labels, batch_size=100, seed=0, balanced=True)
    rows = dealt(batches)
    assert len(rows) == 1000
    # 1,000 draws of chance 1/3: deviation 15, so within five of them
    assert np.abs(np.bincount(labels[rows]) - 1000 / 3).max() < 75
    plain = dealt(EpochBatches(np.arange(1000), labels, batch_size=100, seed=0))
    assert np.bincount(labels[plain]).tolist() == [900, 80, 20]


def test_balanced_draws_pass_over_a_class_without_images():
    labels = np.repeat([0, 2], [30, 10])
    rows = dealt(EpochBatches(np.arange(40), labels, batch_size=40, seed=0, balanced=True))
    assert set(labels[rows]) == {0, 2}


def test_a_small_training_side_is_shared_evenly_by_the_devices():
    rows, labels = np.arange(9), np.zeros(9, dtype=np.int64)
    shares = [next(iter(EpochBatches(rows, labels, 16, seed=0, rank=rank, world_size=2))).rows for rank in (0, 1)]
    assert [len(share) for share in shares] == [4, 4]
    assert not set(shares[0]) & set(shares[1])


def test_an_epoch_deals_every_variant_of_every_image_once():
    batches = EpochBatches(ROWS, LABELS, batch_size=10, seed=0, copies=3)
    assert len(batches) == len(list(batches)) == 15
    seen = [(int(row), int(view)) for draw in batches for row, view in zip(draw.rows, draw.views, strict=True)]
    assert sorted(seen) == [(row, view) for row in ROWS.tolist() for view in range(3)]


def test_without_variants_the_order_is_numpys_permutation_as_it_always_was():
    batches = EpochBatches(ROWS, LABELS, batch_size=10, seed=7)
    batches.set_epoch(2)
    assert dealt(batches).tolist() == np.random.default_rng([7, 2]).permutation(ROWS).tolist()
    assert all(draw.views is None for draw in batches)


def test_two_devices_share_the_variants_of_each_batch():
    whole = EpochBatches(ROWS, LABELS, 10, seed=4, copies=3)
    parts = [EpochBatches(ROWS, LABELS, 10, seed=4, copies=3, rank=rank, world_size=2) for rank in range(2)]
    for one, *shares in zip(whole, *parts, strict=True):
        expected = sorted(zip(one.rows.tolist(), one.views.tolist(), strict=True))
        given = sorted(pair for s in shares for pair in zip(s.rows.tolist(), s.views.tolist(), strict=True))
        assert given == expected
        assert [len(share.views) for share in shares] == [5, 5]


def test_variants_of_few_images_make_full_batches():
    batches = EpochBatches(np.arange(5), np.arange(5), batch_size=16, seed=0, copies=9)
    assert [len(draw.rows) for draw in batches] == [16, 16]


def test_balanced_draws_weigh_classes_and_not_variants():
    labels = np.repeat([0, 1], [180, 20])
    batches = EpochBatches(np.arange(200), labels, batch_size=100, seed=0, balanced=True, copies=5)
    draws = list(batches)
    rows, views = np.concatenate([d.rows for d in draws]), np.concatenate([d.views for d in draws])
    assert len(rows) == 1000
    # 1,000 draws of chance 1/2: deviation 16; of chance 1/5: deviation 13
    assert abs(int(labels[rows].sum()) - 500) < 80
    assert np.abs(np.bincount(views, minlength=5) - 200).max() < 65


def test_an_epoch_of_fewer_images_goes_on_where_the_last_one_stopped():
    batches = EpochBatches(ROWS, LABELS, batch_size=10, seed=0, epoch_images=20)
    epochs = []
    for epoch in range(5):
        batches.set_epoch(epoch)
        assert len(batches) == len(list(batches)) == 2
        epochs.append(dealt(batches).tolist())
    seen = [row for rows in epochs for row in rows]
    assert sorted(seen[:50]) == sorted(seen[50:]) == ROWS.tolist()  # two whole passes
    assert seen[:50] != seen[50:]


def test_an_epoch_of_more_images_than_there_are_begins_them_anew():
    batches = EpochBatches(ROWS, LABELS, batch_size=16, seed=0, epoch_images=130)
    assert [len(draw.rows) for draw in batches] == [16] * 8
    rows, counts = np.unique(dealt(batches), return_counts=True)
    assert rows.tolist() == ROWS.tolist()
    assert set(counts.tolist()) == {2, 3}  # 128 of 50


def test_a_part_of_all_variants_is_an_epoch_too():
    batches = EpochBatches(ROWS, LABELS, batch_size=25, seed=0, copies=21, epoch_images=50)
    seen = []
    for epoch in range(21):
        batches.set_epoch(epoch)
        seen += [(int(row), int(view)) for d in batches for row, view in zip(d.rows, d.views, strict=True)]
    assert sorted(seen) == [(row, view) for row in ROWS.tolist() for view in range(21)]


def test_balanced_draws_have_the_length_that_is_asked_for():
    batches = EpochBatches(ROWS, LABELS, batch_size=10, seed=0, balanced=True, epoch_images=120)
    assert len(dealt(batches)) == 120


def test_two_devices_share_an_epoch_of_a_length():
    whole = EpochBatches(ROWS, LABELS, 10, seed=4, epoch_images=70)
    parts = [EpochBatches(ROWS, LABELS, 10, seed=4, epoch_images=70, rank=rank, world_size=2) for rank in range(2)]
    for batches in (whole, *parts):
        batches.set_epoch(2)
    for one, *shares in zip(whole, *parts, strict=True):
        assert sorted(np.concatenate([share.rows for share in shares])) == sorted(one.rows)
