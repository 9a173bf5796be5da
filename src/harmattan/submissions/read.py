"""Reading a submission in bounded memory: batches of lines become five columns of numbers."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from harmattan.months import month
from harmattan.named import nearest
from harmattan.sources.files import SourceError, contents, short
from harmattan.sources.tables import csv_header, refuse_unpaired, separator_of
from harmattan.submissions.checks import Faults, Kind, Long, Submission, SubmissionError, arranged

MOST_LINES = 10_000_000
LARGEST_FILE = 1024**3
BATCH = 500_000
VIEWS = ("month_id", "country_id", "draw", "outcome")
LAYOUTS: dict[Kind, tuple[str, ...]] = {
    "draws": ("origin", "region", "draw", "value"),
    "quantiles": ("origin", "region", "level", "value"),
    "probabilities": ("origin", "region", "at_least", "probability"),
}
AHEAD = ("horizon", "month")
MONTH_BEFORE_1980 = month("1979-12").ordinal
MOST_MONTHS = 2400
VIEWS_LAG = 3


@dataclass
class Gathered:
    """Columns of numbers collected batch by batch, with the regions seen."""

    regions: dict[str, int] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    parts: dict[str, list[np.ndarray]] = field(default_factory=dict)
    lines: int = 0

    def column(self, name: str) -> np.ndarray:
        """All batches of a column as one, which are let go."""
        return np.concatenate(self.parts.pop(name))


def read_submission(
    path: str | Path,
    *,
    name: str | None = None,
    measure: str = "attacks",
    origin: str | None = None,
    codes: Mapping[str, str] | None = None,
) -> Submission:
    """Read a forecast made elsewhere and check that it can be scored.

    Parameters
    ----------
    path
        A .csv or .parquet file (or one packed as .gz or .zip) in a layout of `harmattan.submissions`. Other columns are
        left out, and a note says so.
    name
        What to call it; the file's name if None.
    measure
        What is forecast, ``attacks`` or ``deaths``.
    origin
        Origin of a file in the VIEWS layout, ``YYYY-MM``; three months before its first month if None, as the challenge
        has it. Its regions are the text of ``country_id``, unless `codes` says otherwise.
    codes
        Region codes of the data by those of the file, where they differ; codes that are not in it stay.

    Returns
    -------
    Submission
        Whole: the same draws, levels or thresholds for every forecast, every region at every origin and horizon.

    Raises
    ------
    SubmissionError
        If the file cannot be read, is too large, or breaks a rule; all broken rules are named, with how many lines
        break them, the first, and what to do.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size > LARGEST_FILE:
        raise SubmissionError(f"{path.name}: is larger than {LARGEST_FILE:,} bytes; give quantiles")
    try:
        content, stored, place = contents(path)
    except SourceError as error:
        raise SubmissionError(str(error)) from error
    with path.open("rb") as raw:
        digest = file_digest(raw, "sha256").hexdigest()
    if stored == "xlsx":
        raise SubmissionError(f"{place}: is a workbook; save it as CSV or Parquet")
    names = _header(content, stored, place)
    kind, wanted = _layout(names, place)
    faults = Faults(place)
    gathered = _gather(_batches(content, stored, wanted, place), wanted, faults)
    del content
    faults.check()
    if not gathered.lines:
        raise SubmissionError(f"{place}: has a header but no line; give one line per number")
    gathered.regions = _renamed(gathered.regions, codes or {}, place)
    long = _long(gathered, kind, wanted, origin, faults)
    cells, values, steps = arranged(long, kind, faults)
    return Submission(
        name or path.name.partition(".")[0], kind, cells, values, steps, measure, path.name, digest,
        _notes(names, wanted, kind, steps),
    )  # fmt: skip


def _layout(names: list[str], place: str) -> tuple[Kind, tuple[str, ...]]:
    """The kind of a file from its columns, and the columns to read."""
    if set(VIEWS) <= set(names):
        return "draws", VIEWS
    for kind, needed in LAYOUTS.items():
        if needed[-2] in names and needed[-1] in names:
            ahead = tuple(each for each in AHEAD if each in names)
            missing = [each for each in needed if each not in names] + ([] if ahead else ["horizon"])
            if missing:
                raise SubmissionError(
                    f"{place}: {kind} need the columns {', '.join(needed[:1])}, horizon (or month), "
                    f"{', '.join(needed[1:])}; {missing[0]!r} is missing{nearest(missing[0], names)}"
                )
            return kind, (*needed, *ahead)
    known = "; ".join(f"{kind}: {', '.join((each[0], 'horizon', *each[1:]))}" for kind, each in LAYOUTS.items())
    raise SubmissionError(
        f"{place}: the columns {', '.join(map(short, names[:12]))} are no known layout; expected {known}; "
        f"VIEWS: {', '.join(VIEWS)}"
    )


def _header(content: bytes, stored: str, place: str) -> list[str]:
    if stored == "parquet":
        return list(_parquet(content, place).schema_arrow.names)
    try:
        names = csv_header(content, place)
        refuse_unpaired(content, place)
    except SourceError as error:
        raise SubmissionError(str(error)) from error
    twice = sorted(name for name, number in Counter(names).items() if number > 1)
    if twice:
        raise SubmissionError(f"{place}: has the column {short(twice[0])!r} twice; keep one")
    return names


def _parquet(content: bytes, place: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(io.BytesIO(content))
    except (pa.ArrowException, OSError) as error:
        raise SubmissionError(f"{place}: is a Parquet file that is damaged or cut off; write it again") from error


def _batches(content: bytes, stored: str, wanted: tuple[str, ...], place: str) -> Iterator[pd.DataFrame]:
    try:
        if stored == "parquet":
            file = _parquet(content, place)
            _refuse_more(file.metadata.num_rows, place)
            for batch in file.iter_batches(BATCH, columns=list(wanted)):
                # Columns that were the index of a pandas frame are columns like any other.
                yield pa.Table.from_batches([batch]).to_pandas(ignore_metadata=True)
            return
        reader = pyarrow.csv.open_csv(
            io.BytesIO(content),
            read_options=pyarrow.csv.ReadOptions(block_size=16 * 1024**2),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator_of(content)),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=list(wanted), column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
            ),
        )
        for batch in reader:
            yield batch.to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise SubmissionError(f"{place}: cannot be read to its end: {str(error).splitlines()[0]}") from error


def _refuse_more(lines: int, place: str) -> None:
    if lines > MOST_LINES:
        raise SubmissionError(
            f"{place}: has more than {MOST_LINES:,} lines; give fewer draws (1,000 are plenty), quantiles, or one file "
            "per year of origins"
        )


def _gather(batches: Iterator[pd.DataFrame], wanted: tuple[str, ...], faults: Faults) -> Gathered:
    found = Gathered(parts={each: [] for each in wanted})
    for batch in batches:
        for name in wanted:
            if name in ("origin", "month"):
                part = _months(batch[name], name, found, faults)
            elif name in ("region", "country_id"):
                part = _regions(batch[name], found, faults)
            else:
                part = _numbers(batch[name], name, found.lines, faults)
            found.parts[name].append(part)
        found.lines += len(batch)
        _refuse_more(found.lines, faults.file)
    return found


def _months(texts: pd.Series, name: str, found: Gathered, faults: Faults) -> np.ndarray:
    if isinstance(texts.dtype, pd.DatetimeTZDtype) or str(texts.dtype).startswith("datetime"):
        texts = texts.dt.tz_localize(None).dt.to_period("M")
    codes, seen = pd.factorize(texts.astype(str).str.strip())
    ordinals = np.empty(len(seen), dtype=np.int64)
    for place, text in enumerate(seen):
        if text not in found.months:
            try:
                found.months[text] = month(str(text)).ordinal
            except ValueError:
                first = found.lines + int(np.flatnonzero(codes == place)[0]) + 1
                count = int((codes == place).sum())
                faults.add(f"{name} must be a month", count, f"{short(text)!r} in line {first}", "write it YYYY-MM")
        ordinals[place] = found.months.get(str(text), 0)
    return ordinals[codes].astype(np.int32)


def _regions(codes: pd.Series, found: Gathered, faults: Faults) -> np.ndarray:
    whole = pd.api.types.is_float_dtype(codes) and bool((codes.dropna() % 1 == 0).all()) and not codes.isna().any()
    places, seen = pd.factorize((codes.astype("int64") if whole else codes).astype(str).str.strip())
    blank = np.isin(seen[places], ["", "nan", "None", "<NA>"])
    if blank.any():
        first = found.lines + int(np.flatnonzero(blank)[0]) + 1
        faults.add("region must be a code", int(blank.sum()), f"nothing in line {first}", "fill it in")
    numbered = np.array([found.regions.setdefault(str(each), len(found.regions)) for each in seen], dtype=np.int32)
    return numbered[places]


def _numbers(given: pd.Series, name: str, before: int, faults: Faults) -> np.ndarray:
    numbers = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        faults.add(
            f"{name} must be a finite number", int(wrong.sum()),
            f"{short(str(given.iloc[place]))!r} in line {before + place + 1}", "give a number, with a decimal point",
        )  # fmt: skip
    return numbers


def _renamed(regions: Mapping[str, int], codes: Mapping[str, str], place: str) -> dict[str, int]:
    """Regions under their codes in the data, in the same order."""
    renamed = [codes.get(each, each) for each in regions]
    twice = sorted({each for each in renamed if renamed.count(each) > 1})
    if twice:
        raise SubmissionError(
            f"{place}: several of its regions have the code {twice[0]!r} by `codes`; give each its own"
        )
    return dict(zip(renamed, regions.values(), strict=True))


def _long(gathered: Gathered, kind: Kind, wanted: tuple[str, ...], origin: str | None, faults: Faults) -> Long:
    if wanted == VIEWS:
        given = gathered.column("month_id")
        _refuse_months(given, "month_id", (given < 1) | (given > MOST_MONTHS), faults)
        when = given.astype(np.int64) + MONTH_BEFORE_1980
        start = month(origin).ordinal if origin else int(when.min()) - VIEWS_LAG
        began = np.full(len(when), start, dtype=np.int64)
        ahead, region, value = when - began, gathered.column("country_id"), gathered.column("outcome")
    else:
        began = gathered.column("origin").astype(np.int64)
        ahead = _ahead(gathered, began, faults)
        region, value = gathered.column("region"), gathered.column(LAYOUTS[kind][-1])
    step = gathered.column(LAYOUTS[kind][-2])
    return Long(began, ahead, region.astype(np.int64), step, value, tuple(gathered.regions))


def _ahead(gathered: Gathered, began: np.ndarray, faults: Faults) -> np.ndarray:
    """Months ahead from horizon or month; where there are both they must agree."""
    given = gathered.column("horizon") if "horizon" in gathered.parts else None
    when = gathered.column("month").astype(np.int64) if "month" in gathered.parts else None
    if given is None:
        return np.asarray(when - began)
    _refuse_months(given, "horizon", np.abs(given) > MOST_MONTHS, faults)
    ahead = given.astype(np.int64)
    if when is not None and (began + ahead != when).any():
        line = int(np.flatnonzero(began + ahead != when)[0])
        said, right = (str(pd.Period(ordinal=int(each[line]), freq="M")) for each in (when, began + ahead))
        faults.add(
            "month must be origin + horizon", int((began + ahead != when).sum()),
            f"line {line + 1} says {said} where origin and horizon give {right}",
            "the origin is the last month whose data were used, horizon 1 the month after it",
        )  # fmt: skip
    return ahead


def _refuse_months(given: np.ndarray, name: str, beyond: np.ndarray, faults: Faults) -> None:
    """Raise if a number of months is not whole, or beyond what any forecast is of."""
    rules = {
        f"{name} must be a whole number of months": given % 1 != 0,
        f"{name} must be a whole number of months, at most {MOST_MONTHS:,}": beyond,
    }
    for rule, wrong in rules.items():
        if wrong.any():
            line = int(np.flatnonzero(wrong)[0])
            faults.add(rule, int(wrong.sum()), f"{given[line]:g} in line {line + 1}", "correct it")
            faults.check()


def _notes(names: list[str], wanted: tuple[str, ...], kind: Kind, steps: tuple[float, ...]) -> tuple[str, ...]:
    notes = []
    extra = [each for each in names if each not in wanted and not each.startswith("__index_level_")]
    if extra:
        notes.append(f"Columns not read: {', '.join(extra)}.")
    if kind == "probabilities" and len(steps) > 1:
        notes.append("Only the probability of at least 1 is scored; the others were checked.")
    return tuple(notes)
