"""Good rows of every source, to be spoilt."""

from __future__ import annotations

GOOD = "date,lon,lat,actor,deaths\n2023-05-04,-1.5,14.0,JNIM,3\n2023-06-01,-1.5,14.0,JNIM,\n"

PLAIN = {"event": "e1", "date": "2023-05-04", "lon": -1.5, "lat": 14.0, "actor": "JNIM", "deaths": 3}
COUNTS = {"region": "ML-5", "month": "2023-05", "attacks": 2, "deaths": 5}
UCDP = {
    "id": 7,
    "type_of_violence": 1,
    "side_a": "Government of Mali",
    "side_b": "JNIM",
    "country": "Mali",
    "adm_1": "Mopti",
    "where_prec": 1,
    "latitude": 16.2,
    "longitude": -0.1,
    "date_prec": 1,
    "date_start": "2023-05-04",
    "date_end": "2023-05-04",
    "best": 3,
    "high": 4,
    "low": 2,
}
ACLED = {
    "event_id_cnty": "MLI1",
    "event_date": "4 May 2023",
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "actor1": "JNIM",
    "actor2": "FAMa",
    "country": "Mali",
    "latitude": 16.2,
    "longitude": -0.1,
    "fatalities": 3,
    "geo_precision": 1,
    "time_precision": 1,
}
WEEKLY = {
    "WEEK": "2023-04-29",
    "COUNTRY": "Mali",
    "ADMIN1": "Gao",
    "EVENT_TYPE": "Battles",
    "EVENTS": 7,
    "FATALITIES": 1,
}
HDX = {"Admin1": "Gao", "Admin1 Pcode": "ML07", "Month": "May", "Year": 2023, "Events": 2, "Fatalities": 5}
COUNTRY_MONTH = {
    "country": "Mali",
    "year": 2023,
    "month": 5,
    "sb_events": 2,
    "sb_deaths": 5,
    "ns_events": 0,
    "ns_deaths": 0,
    "os_events": 1,
    "os_deaths": 1,
}
DYAD_MONTH = {
    "dyad_id": 1,
    "type": "sb",
    "name": "Government of Mali - JNIM",
    "year": 2023,
    "month": 5,
    "events": 2,
    "deaths": 5,
    "side_a": "Government of Mali",
    "side_b": "JNIM",
}
