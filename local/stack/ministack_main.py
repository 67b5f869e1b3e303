"""MiniStack with one change, run by MiniStack's own Python: calls count as made over TLS.

MiniStack enforces IAM when told to (AUTH), so that a function which lacks a permission fails here as it would
on AWS. It also enforces the queues' TLS-only policy then, and on loopback there is no TLS.
"""

from ministack import app  # type: ignore[import-not-found]  # installed in the emulator's environment only

pin_request_origin = app.pin_request_origin


def pin_as_over_tls(source_ip: str, secure_transport: bool) -> None:
    """Note a request's origin as MiniStack does, except that its transport counts as secure."""
    del secure_transport
    pin_request_origin(source_ip, True)


app.pin_request_origin = pin_as_over_tls

if __name__ == "__main__":
    app.main()
