"""When the TensorFlow that wrote a graph was current, from the graph's producer version.

Source: tensorflow/core/public/version.h. Up to 29 the number was raised by hand with a change to the graph format;
from 30 (9 May 2019) it rises by one each day on the main branch, and a release keeps the day its branch was cut.
"""

from __future__ import annotations

FIRST_DAILY = 30

_SINCE = (
    *("", "2015-12-02", "2015-12-11", "2015-12-30", "2016-01-07", "2016-01-07", "2016-01-27", "2016-02-05"),
    *("2016-02-05", "2016-02-16", "2016-06-10", "2016-08-03", "2016-08-22", "2016-09-09", "2016-09-10"),
    *("2016-09-14", "2016-11-10", "2016-11-11", "2016-11-30", "2016-12-08", "2016-12-12", "2017-01-11"),
    *("2017-04", "2017-05", "2017-05-30", "2017-06-15", "2017-12-07", "2018-01-23", "2018-08-21", "2019-03-25"),
    "2019-05-09",
)
"""Day (or month) on which the hand-raised number came to be, by number."""

_FURTHEST = 30_000
"""The number that the daily rule gives for the year 2101: more is not a date but a broken field."""


def producer_date(producer: int) -> str:
    """Return a day, a span of days for a hand-raised number, or nothing where no number was recorded."""
    if not 0 < producer < _FURTHEST:
        return ""
    if producer < FIRST_DAILY:
        return f"{_SINCE[producer]} to {_SINCE[producer + 1]}"
    from datetime import date, timedelta

    return str(date(2019, 5, 9) + timedelta(days=producer - FIRST_DAILY))


def producer_facts(producer: int, min_consumer: int) -> dict[str, str]:
    """Return what a graph's versions say, for `ModelFile.producer`."""
    facts = {}
    if producer:
        facts["graphdef_producer"] = str(producer)
    if date := producer_date(producer):
        facts["graphdef_date"] = date
    if min_consumer:
        facts["graphdef_min_consumer"] = str(min_consumer)
    return facts
