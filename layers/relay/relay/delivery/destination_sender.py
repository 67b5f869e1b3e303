"""The sender of one destination: sends its rows until each has a result, or there is a reason to stop."""

from collections.abc import Sequence

from relay.aws.secrets import SecretError
from relay.delivery.batching import split_requests
from relay.delivery.bisection import Bisection
from relay.delivery.circuit_breaker import CircuitBreaker
from relay.delivery.outcomes import Request, Row, Undelivered, make_undelivered
from relay.delivery.ports import Ports
from relay.destination import Destination
from relay.tiktok.responses import NO_RESPONSE, NO_TOKEN, OUT_OF_TIME, Response


class DestinationSender:
    """Sends one destination's rows.

    `delivered` are the rows that TikTok confirmed, `undelivered` the others. They and `requests` grow while
    `run` runs, so that another thread can read them when time is up. `error` is the exception that ended
    `run`.
    """

    def __init__(
        self, destination: Destination, rows: Sequence[Row], breaker: CircuitBreaker, ports: Ports
    ) -> None:
        self.destination = destination
        self.rows = rows
        self.oldest = _oldest(rows)
        self.delivered: list[Row] = []
        self.undelivered: list[Undelivered] = []
        self.requests: list[Request] = []
        self.error: BaseException | None = None
        self._sent: Sequence[Row] = ()
        self._breaker = breaker
        self._ports = ports

    def priority(self) -> tuple[bool, bool]:
        """Sort key: working destinations before failing ones, real events before test events."""
        return self._breaker.is_failing(), bool(self.destination.test_event_code)

    def run(self) -> None:
        """Send everything, one request after the other."""
        for batch in split_requests(self.rows):
            bisection = Bisection(batch, self.delivered)
            while (rows := bisection.next_rows()) is not None:
                stop = self._stop_response()
                if stop is not None:
                    self.undelivered += bisection.abandon(stop)
                    break
                if not self._is_known():
                    self.undelivered += [make_undelivered(row, "unknown_destination") for row in rows]
                    break
                self.undelivered += bisection.apply(self._send(rows))

    def undelivered_so_far(self) -> list[Undelivered]:
        """The undelivered rows; a row without a result is among them, to be retried.

        After an error, that is an attempt of all of them; otherwise only of those in the last request, since
        the time was up for the others.
        """
        undelivered, delivered = list(self.undelivered), list(self.delivered)
        if len(undelivered) + len(delivered) < len(self.rows):
            done = {record["messageId"] for record, *_ in delivered}
            done |= {entry.record["messageId"] for entry in undelivered}
            tried = self.rows if self.error is not None else self._sent
            attempted = {record["messageId"] for record, *_ in tried}
            undelivered += [
                make_undelivered(
                    row, "retry", NO_RESPONSE if row[0]["messageId"] in attempted else OUT_OF_TIME
                )
                for row in self.rows
                if row[0]["messageId"] not in done
            ]
        return undelivered

    def _stop_response(self) -> Response | None:
        """Why no more requests may be sent, as the response that the rows are retried for."""
        response = self._breaker.open_response(self._ports.now())
        return response or (None if self._ports.has_time() else OUT_OF_TIME)

    def _is_known(self) -> bool:
        try:
            return self._ports.tokens.knows(self.destination.event_source_id)
        except SecretError:
            return True

    def _send(self, rows: Sequence[Row]) -> Response:
        """One request, and one more where the token was rejected and the secret now holds another one."""
        token = self._token(refresh=False)
        if not self._ports.has_time():
            # Reading the secret took long. A request now could end after the run, or in the next one.
            return OUT_OF_TIME
        response = self._track(rows, token) if token else NO_TOKEN
        if response.outcome == "unauthorised":
            new_token = self._token(refresh=True)
            if new_token and new_token != token and self._ports.has_time():
                response = self._track(rows, new_token)
        self._breaker.record(response, self._ports.now())
        return response

    def _token(self, *, refresh: bool) -> str | None:
        try:
            return self._ports.tokens.get(self.destination.event_source_id, refresh=refresh)
        except SecretError:
            return None

    def _track(self, rows: Sequence[Row], token: str) -> Response:
        self._sent = rows
        items = [item for _, _, item in rows]
        response = self._ports.track(self.destination, items, token)
        age = self._ports.now() - _oldest(rows)
        source, source_id, _ = self.destination
        self.requests.append(Request(source, source_id, rows, response, age))
        return response


def _oldest(rows: Sequence[Row]) -> float:
    """Since when the first of them waits, Unix seconds."""
    return min([waits_since for _, waits_since, _ in rows])
