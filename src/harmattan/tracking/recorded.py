"""Monthly losses kept with a run, with all that a comparison needs to know of it, in one Parquet file."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harmattan.comparison.runs import TEXTS, Tracked
from harmattan.named import nearest
from harmattan.tracking.errors import TrackingError
from harmattan.tracking.store import opened, shown

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

LOSSES = "losses.parquet"
TAG = "losses"
ABOUT = b"harmattan"
PAGE = 500


def log_losses(
    client: MlflowClient,
    run_id: str,
    losses: pd.DataFrame,
    *,
    data: str,
    settings: Mapping[str, str],
    models: Mapping[str, Mapping[str, str]],
    baselines: Sequence[str] = (),
    external: bool = False,
) -> None:
    """Keep monthly losses (`harmattan.comparison.losses.monthly`) with a run, so that it can be compared later."""
    about = {
        "data": data,
        "settings": dict(settings),
        "models": {name: dict(each) for name, each in models.items()},
        "baselines": list(baselines),
        "external": external,
    }
    table = pa.Table.from_pandas(losses, preserve_index=False).replace_schema_metadata({ABOUT: json.dumps(about)})
    with TemporaryDirectory() as folder:
        file = Path(folder) / LOSSES
        pq.write_table(table, file, compression="zstd")
        client.log_artifact(run_id, str(file))
    client.set_tag(run_id, TAG, LOSSES)


def read_runs(
    store: str,
    experiments: Sequence[str] | None = None,
    *,
    newest: int = 200,
    scores: Collection[str] | None = None,
) -> list[Tracked]:
    """Read the runs of a store that can be compared.

    Parameters
    ----------
    store
        Tracking URI.
    experiments
        Names of experiments; all of the store if None.
    newest
        How many runs to read, the newest first.
    scores
        Read the losses by these scores only; all if None.

    Raises
    ------
    TrackingError
        If there is no such experiment or no run with losses, or the store fails.
    """
    with opened(store) as client:
        homes = _homes(client, store, experiments)
        filtered = f"tags.{TAG} = '{LOSSES}' and attributes.status = 'FINISHED'"
        found: list[Run] = []
        token: str | None = None
        while len(found) < newest:
            page = client.search_runs(
                homes, filtered, max_results=min(PAGE, newest - len(found)),
                order_by=["attributes.start_time DESC"], page_token=token,
            )  # fmt: skip
            found += page
            token = page.token
            if not token:
                break
        if not found:
            raise TrackingError(f"the store {shown(store)} holds no run that can be compared: run an experiment first")
        return [_tracked(each, scores) for each in found]


def read_losses(client: MlflowClient, run_id: str) -> pd.DataFrame:
    """Return the losses kept with a run.

    Raises
    ------
    TrackingError
        If it has none, as runs of earlier versions.
    """
    run = client.get_run(run_id)
    if run.data.tags.get(TAG) != LOSSES:
        raise TrackingError(f"the run {run_id} has no {LOSSES}, as runs of earlier versions: run the experiment again")
    return _tracked(run).losses


def _homes(client: MlflowClient, store: str, names: Sequence[str] | None) -> list[str]:
    known = {each.name: str(each.experiment_id) for each in client.search_experiments()}
    if names is None:
        return list(known.values())
    unknown = [each for each in names if each not in known]
    if unknown:
        raise TrackingError(
            f"the store {shown(store)} has no experiment {unknown[0]!r}{nearest(unknown[0], known)}; it has "
            f"{', '.join(sorted(known))}"
        )
    return [known[each] for each in names]


def _tracked(run: Run, scores: Collection[str] | None = None) -> Tracked:
    table = _table(f"{run.info.artifact_uri}/{LOSSES}", scores)
    about: dict[str, Any] = json.loads(table.schema.metadata[ABOUT])
    started = datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(timespec="milliseconds")
    return Tracked(
        run=str(run.info.run_id),
        name=str(run.info.run_name),
        started=started,
        data=about["data"],
        losses=table.to_pandas(),
        settings=about["settings"],
        models=about["models"],
        baselines=tuple(about["baselines"]),
        external=about["external"],
    )


def _table(uri: str, scores: Collection[str] | None) -> pa.Table:
    """The table of an artefact: a local file is read where it lies, what a server keeps is fetched."""
    from mlflow.artifacts import download_artifacts

    if uri.startswith("file:") or "://" not in uri:
        return _read(download_artifacts(artifact_uri=uri), scores)
    with TemporaryDirectory() as folder:
        return _read(download_artifacts(artifact_uri=uri, dst_path=folder), scores)


def _read(file: str, scores: Collection[str] | None) -> pa.Table:
    wanted = None if scores is None else pc.field("score").isin(list(scores))
    # Texts stay numbered as they lie in the file: of hundreds of runs they are read many times faster.
    return pq.read_table(file, read_dictionary=list(TEXTS), use_threads=False, filters=wanted)
