"""`relay capacity`: what a rate of events needs, which limit binds first, and what a month costs."""

from dataclasses import asdict
from typing import Any

import click

from relay_cli import capacity, output
from relay_cli.capacity import Load, Stack
from relay_cli.commands.replay import Rate
from relay_cli.errors import OK
from relay_cli.options import command as declare
from relay_cli.options import json_option, option


@declare("capacity")
@option("--rate", type=Rate(), required=True, help="Events a second.")
@option("--per-request", type=click.IntRange(1, 1000), default=1, show_default=True, help="Events a request.")
@option("--batch-size", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="BatchSize.")
@option(
    "--batch-window", type=click.IntRange(1, 60), default=5, show_default=True, help="BatchWindowSeconds."
)
@option(
    "--concurrency", type=click.IntRange(2, 1000), default=5, show_default=True, help="DispatchConcurrency."
)
@option("--visits", type=Rate(), help="Visits a second that pages leave (KeepVisits).")
@option("--purchases", type=Rate(), help="Purchases a second among the events.")
@json_option
def command(
    *,
    rate: float,
    per_request: int,
    batch_size: int,
    batch_window: int,
    concurrency: int,
    visits: float | None,
    purchases: float | None,
    as_json: bool,
) -> int:
    """Compute limits and prices for your own rates, as docs/capacity.md does for some.

    Arithmetic on list prices and AWS's default quotas: no AWS account is asked.
    """
    load = Load(rate, per_request, visits or 0.0, purchases or 0.0)
    stack = Stack(batch_size=batch_size, batch_window=batch_window, dispatch_concurrency=concurrency)
    limits = capacity.limits(load, stack)
    costs = capacity.monthly_costs(load, stack)
    standing = capacity.standing_costs(stack)
    outage = capacity.outage(load, stack)
    if as_json:
        result: dict[str, Any] = {
            "events_per_second": rate,
            "events_per_request": per_request,
            "fits": limits[0].used <= 1,
            "limits": [{**asdict(limit), "used": round(limit.used, 4)} for limit in limits],
            "monthly_costs_usd": {name: round(amount, 2) for name, amount in costs.items()},
            "monthly_standing_costs_usd": {name: round(amount, 2) for name, amount in standing.items()},
            "outage_of_an_hour": {name: round(amount, 2) for name, amount in asdict(outage).items()},
        }
        output.data(result)
        return OK
    table = output.table(
        "limit", "needed", "available", "used", "raised by", title="the most used limit first"
    )
    for limit in limits:
        row = (
            limit.name,
            f"{limit.needed:,.1f}",
            f"{limit.available:,.0f}",
            f"{limit.used:.0%}",
            limit.raised_by,
        )
        output.add_row(table, *row)
    output.show(table)
    prices = output.table("USD a month", "")
    for name, amount in {**costs, **standing}.items():
        output.add_row(prices, name, f"{amount:,.2f}")
    output.add_row(prices, "sum", f"{sum(costs.values()) + sum(standing.values()):,.2f}")
    output.show(prices)
    output.line(
        f"TikTok down for an hour: {outage.waiting:,.0f} events wait, retries cost {outage.cost:,.2f} USD, "
        f"and the backlog takes {outage.drain_minutes:,.0f} minutes."
    )
    return OK
