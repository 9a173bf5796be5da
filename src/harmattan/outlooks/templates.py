"""The words of an outlook, to be edited freely: `sentences` and `around` fill in what stands in braces."""

from __future__ import annotations

HEAD_QUIET = "{name}: {never}; {p} chance of {a_first} attack within {window} ({months}){others}."
OTHERS_SAY = ", but {range} by the other models"
HEAD_ACTIVE = (
    "{name}: active since {since}, {last_year} recorded in the last twelve months; {expected} expected within {window} "
    "({months}), 90 % interval {q05} to {q95}."
)
HEAD_BESIDE = (
    "No forecast for {name} itself; {belt} near it: {p} chance of an attack within {window} ({months}), "
    "{expected} expected, 90 % interval {q05} to {q95}."
)
HEAD_NOTHING = (
    "This experiment says nothing of {name}: {why}, and no region with data lies within {belt_km:.0f} km of it."
)
BLIND = "The data are all but blind here."
NO_REGION = "none of its {count} lies there"
NOT_COVERED = "the data do not cover it"

SPLIT = (
    "Of the {expected} that the endemic-epidemic model expects {where} within {window}, {parts}. "
    "This splits a model's expectation; it does not name causes."
)
OWN_RECORDED = "{p} come from attacks there before, recorded and expected"
OWN_EXPECTED = "{p} come from attacks it expects there in the months before"
FROM_BACKGROUND = "{p} from the background it assumes everywhere"
FROM_EACH_OTHER = "{p} from each other"
FROM_OTHERS = "{p} from other regions, first {places}"
NO_SPLIT = "There is no endemic-epidemic model in the experiment to say where expected attacks come from."
NEAREST = "The nearest active regions: {places}."
NONE_NEAR = "No active region of another country in this experiment lies within 200 km."
BELT = (
    "{belt} {verb} within {belt_km:.0f} km of it{whole}, {active} of them active: {expected} expected there within "
    "{window}, 90 % interval {q05} to {q95}."
)
WHOLE = " ({names} counted whole)"
ROADS = "{lead} into it; attacks expected within {window} in the regions each crosses outside it, taken whole: {roads}."
ROAD = "{name} {expected} ({active} of {regions} active)"

CHANCES = "Chance of at least one attack{where}: {chances}."
LIKELY_NONE = "None within {months} is likelier than one ({p})."
MEDIAN = "As likely as not the first comes by {month}; none within {months}: {p}."
TREND = "{last_year} recorded in the year to {until}, {change} in the year before; the last in {last}."
EXPOSED = "Most exposed: {places}."

NUMBER = "Within {window} {expected} are expected, 90 % interval {q05} to {q95}."
MODELS = "The other {count} the chance of an attack within {window} at {range}."
WIDE = "That is far apart: take the chance as a rough order, not a measurement."
ALIKE = (
    "All {count} countries here that have no attack on record get {range}: the figure says what is usual in quiet "
    "regions, and next to nothing about {name} in particular."
)
PAST = (
    "On past origins, {ahead} and where the year before had been {state}, {model} gave {said} on average and an attack "
    "came in {came} ({hits} of {n})."
)
SKILL = "Its log score {where} was {better} than that of {rival} at {ahead} (n = {n})."
FEW = "Behind this stand {everywhere} after a quiet year in the whole record, {coast} of them in coastal states."

FIRST_HERE = "In {name} itself any attack would be the first {since}."
SIGNS = (
    "Of {quiet} still quiet {near}, the likeliest to be hit within {window} {verb} {places}: a first attack {there} "
    "would be the earliest sign the record would show."
)
ONE_SIGN = (
    "The only region still quiet {near} is {places}: a first attack there would be the earliest sign the record would "
    "show."
)
NO_SIGNS = "No region {near} is known to be quiet, so no first attack can serve as a sign."
BEYOND = (
    "The forecast gives {more} {where} in {month} a chance of at most 1 in 20 (it expects {expected}): such a month "
    "would be a sign of its own."
)
FRONT = "On the front (active beside a quiet region) {near}: {now} now, {ahead} expected in {month}."

EVENTS = "The record ({months}) holds {count} in {name}, the first in {first}."
NONE_ON_RECORD = "The record ({months}) holds no attack in {name}, which is no evidence of quiet."
NOT_COUNTED = "This experiment counts nothing in {name}: {why}."
