"""CloudWatch's alarms over given datapoints: which metric an alarm reads, and when it rings.

The rules are those of "Using Amazon CloudWatch alarms": datapoints are aggregated by period, an alarm rings
when M of the last N periods breach, and a missing datapoint is what `TreatMissingData` says. The window
slides: its periods begin at any minute ("Alarm evaluation window").
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tests.support.template import of_type, properties, resolve


class Series(NamedTuple):
    """What identifies a metric: namespace, name and all dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, **dimensions: str) -> "Series":
        """A series by its parts."""
        return cls(namespace, name, frozenset(dimensions.items()))


@dataclass
class Datapoints:
    """Values by series and second."""

    values: dict[Series, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def put(self, series: Series, at: float, value: float = 1) -> None:
        """Add one value at a time in seconds."""
        self.values[series].append((at, value))

    def aggregated(self, series: Series, period: int, statistic: str, begin: int = 0) -> dict[int, float]:
        """One value for each period (by its number) that has any; the first one begins at `begin`."""
        periods: dict[int, list[float]] = defaultdict(list)
        for at, value in self.values.get(series, ()):
            periods[int((at - begin) // period)].append(value)
        return {number: statistic_of(statistic, values) for number, values in periods.items()}


def statistic_of(name: str, values: list[float]) -> float:
    """A statistic of the values of one period."""
    if percentile := re.fullmatch(r"p(\d+)", name):
        ordered = sorted(values)
        return ordered[min(int(len(ordered) * int(percentile[1]) / 100), len(ordered) - 1)]
    return float(
        {"Sum": sum, "Maximum": max, "Minimum": min, "SampleCount": len}[name](values)  # type: ignore[operator]
    )


_INSIGHTS: Final = re.compile(
    r'SELECT (MAX|MIN|SUM)\((\w+)\) FROM SCHEMA\("([\w/]+)", ([\w, ]+)\) '
    r"WHERE (\w+) = '([^']+)' GROUP BY (\w+) ORDER BY (MAX|MIN|SUM)\(\) (?:ASC|DESC)"
)
_INSIGHTS_STATISTICS: Final = {"MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}
SLIDES: Final[int] = 12
"""Positions of a window that are tried, where it has more minutes: every five minutes of an hour."""

_BREACHES: Final[dict[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
}


@dataclass(frozen=True)
class Query:
    """A Metrics Insights query with GROUP BY: each value of `group` is a series with a state of its own."""

    namespace: str
    name: str
    dimensions: frozenset[str]
    where: tuple[str, str]
    group: str
    statistic: str

    def matches(self, series: Series) -> bool:
        """Whether a series is one that the query reads: its dimensions are exactly those of the schema."""
        return (
            (series.namespace, series.name) == (self.namespace, self.name)
            and {name for name, _ in series.dimensions} == self.dimensions
            and self.where in series.dimensions
        )


@dataclass(frozen=True)
class Alarm:
    """An alarm of the template, resolved."""

    name: str
    properties: Mapping[str, Any]

    @property
    def query(self) -> Query | None:
        """Its Metrics Insights query, if it is one on a query."""
        for metric in self.properties.get("Metrics", ()):
            text = " ".join(metric.get("Expression", "").split())
            if text.startswith("SELECT"):
                found = _INSIGHTS.fullmatch(text)
                assert found, f"{self.name}: this query is not understood: {text}"
                function, name, namespace, schema, label, value, group, order = found.groups()
                assert function == order
                return Query(
                    namespace,
                    name,
                    frozenset(schema.split(", ")),
                    (label, value),
                    group,
                    _INSIGHTS_STATISTICS[function],
                )
        return None

    @property
    def period(self) -> int:
        """Length of its periods in seconds."""
        if "Period" in self.properties:
            return int(self.properties["Period"])
        (period,) = {
            int(metric["MetricStat"]["Period"] if "MetricStat" in metric else metric["Period"])
            for metric in self.properties["Metrics"]
            if "MetricStat" in metric or "Period" in metric
        }
        return period

    def reads(self) -> dict[str, tuple[Series, str]]:
        """Every series that it reads by name, with id (empty for a plain alarm) and statistic."""
        if "MetricName" in self.properties:
            statistic = self.properties.get("Statistic") or self.properties["ExtendedStatistic"]
            return {"": (_series(self.properties), statistic)}
        return {
            metric["Id"]: (_series(metric["MetricStat"]["Metric"]), metric["MetricStat"]["Stat"])
            for metric in self.properties["Metrics"]
            if "MetricStat" in metric
        }

    def rings(self, data: Datapoints, start: float, end: float) -> float | None:
        """The second at which it rings first, between `start` and `end`; None if it doesn't."""
        found = [
            at
            for begin in range(0, self.period, max(60, self.period // SLIDES))
            for values in self._evaluated(data, begin)
            if (at := self._first(values, begin, start, end)) is not None
        ]
        return min(found, default=None)

    def _first(self, values: dict[int, float], begin: int, start: float, end: float) -> float | None:
        periods = int(self.properties["EvaluationPeriods"])
        needed = int(self.properties.get("DatapointsToAlarm", periods))
        breaches = _BREACHES[self.properties["ComparisonOperator"]]
        assert self.properties["TreatMissingData"] == "notBreaching"
        threshold = float(self.properties["Threshold"])
        bad = sorted(number for number, value in values.items() if breaches(value, threshold))
        for index, number in enumerate(bad):
            at = begin + (number + 1) * self.period
            window = [other for other in bad[: index + 1] if other > number - periods]
            if len(window) >= needed and start <= at <= end:
                return at
        return None

    def _evaluated(self, data: Datapoints, begin: int) -> Iterator[dict[int, float]]:
        """The values of each time series that the alarm evaluates, by period."""
        if query := self.query:
            groups: dict[str, list[Series]] = defaultdict(list)
            for series in data.values:
                if query.matches(series):
                    groups[dict(series.dimensions)[query.group]].append(series)
            for group in groups.values():
                (series,) = group
                yield data.aggregated(series, self.period, query.statistic, begin)
            return
        inputs = {
            name: data.aggregated(series, self.period, statistic, begin)
            for name, (series, statistic) in self.reads().items()
        }
        if "" in inputs:
            yield inputs[""]
            return
        (expression,) = (
            metric["Expression"] for metric in self.properties["Metrics"] if metric.get("ReturnData")
        )
        everywhere = set.intersection(*(set(values) for values in inputs.values()))
        yield {
            number: evaluate(expression, {name: values[number] for name, values in inputs.items()})
            for number in everywhere
        }


def evaluate(expression: str, values: Mapping[str, float]) -> float:
    """A metric math expression of one period. Only arithmetic, comparisons and IF."""
    assert re.fullmatch(r"[\w\s().,<>=*/+-]+", expression), expression
    scope = {"IF": lambda test, then, otherwise: then if test else otherwise, **values}
    return float(eval(expression, {"__builtins__": {}}, scope))  # noqa: S307 - the template's own expression


def _series(metric: Mapping[str, Any]) -> Series:
    return Series(
        metric["Namespace"],
        metric["MetricName"],
        frozenset((item["Name"], item["Value"]) for item in metric["Dimensions"]),
    )


ALARMS: Final[dict[str, Alarm]] = {
    name: Alarm(name, resolve(properties(name))) for name in of_type("AWS::CloudWatch::Alarm")
}


def ringing(data: Datapoints, start: float, end: float, names: Iterable[str] = ALARMS) -> dict[str, float]:
    """Which alarms ring between two times, and when first."""
    found = {name: ALARMS[name].rings(data, start, end) for name in names}
    return {name: at for name, at in found.items() if at is not None}
