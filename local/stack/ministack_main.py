"""MiniStack with four changes, run by MiniStack's own Python.

Calls count as made over TLS: MiniStack enforces IAM with AUTH set, so that a function which lacks a
permission fails here as it would on AWS, and with it the queues' TLS-only policy; on loopback is no TLS.
A preflight goes to its route, as on AWS where an API has no CORS configuration; MiniStack would reject it.
Requests to the HTTP API come from a public address: MiniStack gives each 127.0.0.1, and the relay sends
TikTok no address that is not public, so that no ip of a browser would be seen here.
What the functions write goes to files too, one for each function, in the folder RELAY_FUNCTION_LOGS.
"""

import os
from pathlib import Path
from typing import Any

from ministack import app  # type: ignore[import-not-found]  # installed in the emulator's environment only
from ministack.services import apigateway, lambda_svc  # type: ignore[import-not-found]

pin_request_origin = app.pin_request_origin
execute = apigateway._handle_execute_in_scope  # noqa: SLF001 - MiniStack has no public place for this
match_route = apigateway._match_route  # noqa: SLF001
invoke_function = apigateway._invoke_lambda_proxy  # noqa: SLF001
emit_logs = lambda_svc._emit_lambda_logs  # noqa: SLF001

execute_function = lambda_svc._execute_function_with_config_scope  # noqa: SLF001

VISITOR_IP = "9.9.9.9"
"""Of a public resolver, so that it is nobody's home."""

PREFLIGHT = "options"
"""A method that MiniStack does not know, and so sends to a route like any other."""


def pin_as_over_tls(source_ip: str, secure_transport: bool) -> None:
    """Note a request's origin as MiniStack does, except that its transport counts as secure."""
    del secure_transport
    pin_request_origin(source_ip, True)


async def execute_preflight_too(
    api_id: str, stage: str, path: str, method: str, *arguments: Any, **options: Any
) -> Any:
    """Execute a request; a preflight as any other where the API has no CORS configuration."""
    configured = (apigateway._apis.get(api_id) or {}).get("corsConfiguration")  # noqa: SLF001
    if method == "OPTIONS" and not configured:
        method = PREFLIGHT
    return await execute(api_id, stage, path, method, *arguments, **options)


def match_route_of_preflight(api_id: str, method: str, path: str) -> Any:
    """Find a route, of a preflight by its real method."""
    return match_route(api_id, method.upper(), path)


async def invoke_with_real_method(
    integration: Any, api_id: str, stage: str, path: str, method: str, *arguments: Any, **options: Any
) -> Any:
    """Hand a request to a function with its real method."""
    return await invoke_function(integration, api_id, stage, path, method.upper(), *arguments, **options)


def execute_from_public_address(record: Any, event: Any, *arguments: Any, **options: Any) -> Any:
    """Execute a function; a request of an HTTP API comes from VISITOR_IP."""
    http = event.get("requestContext", {}).get("http") if isinstance(event, dict) else None
    if isinstance(http, dict) and http.get("sourceIp") == "127.0.0.1":
        http["sourceIp"] = VISITOR_IP
    return execute_function(record, event, *arguments, **options)


def emit_logs_to_files_too(
    func: dict[str, Any], request_id: str, text: str, *arguments: Any, **options: Any
) -> None:
    """Write a function's output where MiniStack does, and append it to the function's file."""
    emit_logs(func, request_id, text, *arguments, **options)
    folder = os.environ.get("RELAY_FUNCTION_LOGS")
    group = ((func.get("config") or func).get("LoggingConfig") or {}).get("LogGroup", "")
    if folder and group and text:
        with (Path(folder) / f"{group.rpartition('-')[2]}.log").open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")


app.pin_request_origin = pin_as_over_tls
apigateway._handle_execute_in_scope = execute_preflight_too  # noqa: SLF001
apigateway._match_route = match_route_of_preflight  # noqa: SLF001
apigateway._invoke_lambda_proxy = invoke_with_real_method  # noqa: SLF001
lambda_svc._execute_function_with_config_scope = execute_from_public_address  # noqa: SLF001
lambda_svc._emit_lambda_logs = emit_logs_to_files_too  # noqa: SLF001

if __name__ == "__main__":
    app.main()
