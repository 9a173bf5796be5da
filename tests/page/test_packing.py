"""Arrays come back from their packed form as they went in."""

from __future__ import annotations

import base64
import json
import runpy
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from harmattan.page.packing import (
    ESCAPE,
    MISSING,
    one_by_one,
    pack_counts,
    pack_measures,
    pack_shares,
    unpack_counts,
)


def unpacked(packed: dict[str, Any]) -> np.ndarray:
    """What `unpackCounts` of the page does."""
    data = zlib.decompress(base64.b64decode(packed["data"]))
    split = 4 + int.from_bytes(data[:4], "little")
    numbers = []
    for part in (data[4:split], data[split:]):
        found, total = [], 0
        for byte in part:
            total += byte
            if byte != ESCAPE:
                found.append(total)
                total = 0
        numbers.append(found)
    counts = np.zeros(int(np.prod(packed["shape"])), dtype=np.int64)
    counts[np.cumsum(np.array(numbers[0], dtype=np.int64) + 1) - 1] = np.array(numbers[1], dtype=np.int64) + 1
    return counts.reshape(packed["shape"])


def sixteen(packed: dict[str, Any]) -> np.ndarray:
    data = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), dtype=np.uint8)
    whole = data[: len(data) // 2].astype(np.int64) + 256 * data[len(data) // 2 :].astype(np.int64)
    return np.where(whole == MISSING, np.nan, whole / packed["scale"]).reshape(packed["shape"])


@given(arrays(np.int64, array_shapes(max_dims=3, max_side=6), elements=st.integers(0, 1000)))
def test_counts_come_back_exactly(counts: np.ndarray) -> None:
    assert np.array_equal(unpacked(pack_counts(counts)), counts)


@given(arrays(np.int64, array_shapes(min_dims=3, max_dims=3, max_side=6), elements=st.integers(0, 700)))
def test_regions_asked_one_by_one_keep_their_futures(draws: np.ndarray) -> None:
    apart = one_by_one(draws)
    assert np.array_equal(unpack_counts(pack_counts(apart)), apart)
    for region, futures in enumerate(apart):
        assert sorted(map(tuple, futures.T.tolist())) == sorted(map(tuple, draws[:, :, region].tolist()))
    assert one_by_one(draws, every=2).shape[2] == len(draws) // 2


def test_long_runs_of_zeros_and_large_counts_come_back() -> None:
    counts = np.zeros(5000, dtype=np.int64)
    counts[[0, 254, 510, 4999]] = [255, 256, 510, 70_000]
    assert np.array_equal(unpacked(pack_counts(counts)), counts)


@given(arrays(np.float64, array_shapes(max_dims=2, max_side=5), elements=st.floats(0, 1) | st.just(float("nan"))))
def test_shares_come_back_to_a_50_000th(shares: np.ndarray) -> None:
    back = sixteen(pack_shares(shares))
    assert np.array_equal(np.isnan(back), np.isnan(shares))
    assert np.nanmax(np.abs(back - shares), initial=0.0) <= 1e-5 + 1e-12


@given(arrays(np.float64, 6, elements=st.floats(0, 1e7) | st.just(float("nan"))))
def test_measures_come_back_to_half_a_step(measures: np.ndarray) -> None:
    packed = pack_measures(measures)
    back = sixteen(packed)
    assert np.array_equal(np.isnan(back), np.isnan(measures))
    assert np.nanmax(np.abs(back - measures), initial=0.0) <= 0.5 / packed["scale"] * (1 + 1e-9)


@pytest.mark.parametrize(
    ("pack", "wrong", "message"),
    [
        (pack_counts, np.array([1, -1]), "counts must not be negative; got -1"),
        (pack_shares, np.array([0.2, 1.1]), "probabilities must lie between 0 and 1"),
        (pack_shares, np.array([-0.1]), "probabilities must lie between 0 and 1"),
        (pack_measures, np.array([-1.0]), "measures must lie between 0 and 65,000,000"),
    ],
)
def test_what_cannot_be_packed_is_refused(pack: Any, wrong: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pack(wrong)


def test_the_page_is_tested_against_what_python_counts_now() -> None:
    script = runpy.run_path(str(Path(__file__).with_name("arithmetic.py")))
    written, now = json.loads(script["FIXTURE"].read_text(encoding="utf-8")), script["counted"]()
    assert np.array_equal(unpacked(written.pop("draws")), unpacked(now.pop("draws")))
    for part in ("shares", "measures"):
        assert np.array_equal(sixteen(written[part].pop("packed")), sixteen(now[part].pop("packed")), equal_nan=True)
    assert written == json.loads(json.dumps(now)), "run python tests/page/arithmetic.py"
