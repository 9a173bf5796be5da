"""The profile as one HTML page that needs nothing else, for screens and for paper."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from harmattan.incidents.kinds import NOT_STATED
from harmattan.incidents.profile import Profile
from harmattan.incidents.rhythm import DRAWS
from harmattan.incidents.sentences import caveats, decimal, p_value, summary
from harmattan.incidents.table import ATTRIBUTIONS
from harmattan.incidents.wording import country_words, month_words, period_words, phrases

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:1080px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #d5dae0}
ul{padding-left:1.2rem}img{max-width:100%;height:auto;display:block;margin:.6rem 0}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;margin:.6rem 0}
th,td{padding:.2rem .55rem;text-align:right;border-bottom:1px solid #e7eaee}
th:first-child,td:first-child{text-align:left}td.text,th.text{text-align:left}
p.foot{color:#4a5560;font-size:13px}
@media print{body{max-width:none;margin:0;font-size:11pt}img,table{break-inside:avoid}h2{break-after:avoid}
.wide{overflow:visible}@page{size:A4;margin:15mm}}
"""


def page(told: Profile, language: str, pictures: Mapping[str, bytes], *, source: str, licence: str) -> str:
    """Return the HTML of a profile.

    Parameters
    ----------
    told
        From `harmattan.incidents.profile.profile`.
    language
        ``en`` or ``fr``.
    pictures
        PNG files by name: ``map``, ``timeline``, ``kinds`` and, where there is one, ``rhythm``.
    source, licence
        Of the file, in words.
    """
    say = phrases(language)
    title = say["title"].format(actor=told.incidents.actor, period=period_words(*told.period, language))
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<h2>{escape(say['summary'])}</h2>{_list(summary(told, language))}",
        _section(say["where"], _picture(pictures, "map", say["map_key"]), _regions(told, language)),
        _section(say["when"], _picture(pictures, "timeline", say["months"].partition(":")[0]), _months(told, language)),
    ]
    if "rhythm" in pictures:
        parts.append(
            _section(say["rhythm_title"], _picture(pictures, "rhythm", say["rhythm_question"]), _rhythm(told, say))
        )
    parts += [
        _section(say["how"], _picture(pictures, "kinds", say["how"]), _kinds(told, say)),
        f"<h2>{escape(say['caveats'])}</h2>{_list(caveats(told, language))}",
        f'<p class="foot">{escape(say["method"].format(draws=DRAWS))}</p>',
        f'<p class="foot">{escape(say["data"].format(source=source, licence=licence))}</p>',
    ]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>{"".join(parts)}'
        "</body></html>\n"
    )


def _section(title: str, *parts: str) -> str:
    return f"<h2>{escape(title)}</h2>{''.join(parts)}"


def _list(sentences: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in sentences)}</ul>"


def _picture(pictures: Mapping[str, bytes], name: str, what: str) -> str:
    return f'<img alt="{escape(what)}" src="data:image/png;base64,{b64encode(pictures[name]).decode()}">'


def _regions(told: Profile, language: str) -> str:
    say, compared = phrases(language), told.before is not None
    heads = [
        say["region"],
        say["unit"],
        say["country"],
        *_heads(told, say),
        *([say["before"]] if compared else []),
    ]
    rows = []
    for row in told.regions.to_dict("records"):
        name = say[NOT_STATED] if not row["country"] else str(row["name"])
        if row["country"] and row["level"] == 0:
            name = country_words(row["country"], language)
        country = country_words(row["country"], language) if row["country"] else ""
        before = [str(row["before"])] if compared else []
        rows.append([name, str(row["unit"]), country, *(str(row[each]) for each in _shown(told)), *before])
    return _table(heads, rows, text=3)


def _months(told: Profile, language: str) -> str:
    say = phrases(language)
    rows = []
    for month, row in zip(pd.PeriodIndex(told.months.index), told.months.to_dict("records"), strict=True):
        unknown = month in told.uncovered
        numbers = [say["unknown"] if unknown else str(row[each]) for each in _shown(told)]
        rows.append([month_words(month, language), *numbers])
    return _table([say["month"], *_heads(told, say)], rows, text=1)


def _rhythm(told: Profile, say: Mapping[str, str]) -> str:
    assert told.rhythm.test is not None  # there is a picture of it
    rows = []
    for row in told.rhythm.test.reset_index().to_dict("records"):
        name = row["statistic"]
        places = 2 if name in ("burstiness", "distance") else 0
        observed, expected, lower, upper = (
            decimal(row[each], say, places) for each in ("observed", "expected", "lower", "upper")
        )
        span = say["map_range"].format(low=lower, high=upper)
        rows.append([say[str(name)], observed, expected, span, p_value(row["p"], say)])
    return _table([say["statistic"], say["observed"], say["expected"], say["range"], "p"], rows, text=1)


def _kinds(told: Profile, say: Mapping[str, str]) -> str:
    tables = []
    for name, table in (("tactic", told.tactics), ("target", told.targets)):
        rows = [[say.get(str(kind), str(kind)), *(str(row[each]) for each in _shown(told))]
                for kind, row in table.iterrows()]  # fmt: skip
        tables.append(_table([say[name], *_heads(told, say)], rows, text=1))
    return "".join(tables)


def _shown(told: Profile) -> list[str]:
    """The attributions that occur in the file at all, and their sum."""
    return [*(name for name in ATTRIBUTIONS if (told.incidents.table["attribution"] == name).any()), "all"]


def _heads(told: Profile, say: Mapping[str, str]) -> list[str]:
    return [say[name] for name in _shown(told)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, text: int) -> str:
    """A table whose first columns are text."""
    kinds = [' class="text"' if place < text else "" for place in range(len(heads))]
    head = "".join(f"<th{kind}>{escape(each)}</th>" for kind, each in zip(kinds, heads, strict=True))
    lines = ["".join(f"<td{kind}>{escape(each)}</td>" for kind, each in zip(kinds, row, strict=True)) for row in rows]
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'
