"""AWS errors in one sentence each: what is wrong, and what to do. Reads them without importing the SDK."""

from typing import Final

_CLIENT_ERRORS: Final[dict[str, tuple[str, str]]] = {
    "ExpiredToken": ("expired_credentials", "The AWS credentials have expired. Sign in again."),
    "ExpiredTokenException": ("expired_credentials", "The AWS credentials have expired. Sign in again."),
    "InvalidClientTokenId": ("invalid_credentials", "AWS does not know these credentials."),
    "UnrecognizedClientException": ("invalid_credentials", "AWS does not know these credentials."),
    "SignatureDoesNotMatch": (
        "invalid_credentials",
        "AWS rejects the signature: the secret access key is wrong, or this machine's clock is.",
    ),
    "AccessDenied": ("access_denied", "AWS denies access"),
    "AccessDeniedException": ("access_denied", "AWS denies access"),
    "UnauthorizedOperation": ("access_denied", "AWS denies access"),
}

_SDK_ERRORS: Final[dict[str, tuple[str, str]]] = {
    "NoCredentialsError": (
        "no_credentials",
        "There are no AWS credentials. Set AWS_PROFILE, or name a profile with --profile.",
    ),
    "PartialCredentialsError": ("no_credentials", "The AWS credentials are incomplete"),
    "CredentialRetrievalError": ("no_credentials", "The AWS credentials can't be retrieved"),
    "NoRegionError": ("no_region", "No AWS region is set. Name one with --region, or set AWS_REGION."),
    "InvalidRegionError": ("no_region", "That is not an AWS region"),
    "ProfileNotFound": ("no_profile", "Your AWS configuration has no such profile"),
    "EndpointConnectionError": ("no_connection", "AWS can't be reached"),
    "ConnectTimeoutError": ("no_connection", "AWS did not answer in time"),
    "ReadTimeoutError": ("no_connection", "AWS did not answer in time"),
    "SSLError": ("no_connection", "The TLS connection to AWS failed"),
}


def is_aws_error(error: BaseException) -> bool:
    """Whether the AWS SDK raised it."""
    return any(base.__module__.startswith("botocore.") for base in type(error).__mro__)


def explain(error: BaseException) -> tuple[str, str]:
    """A sentence, and a stable code."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        details = response.get("Error", {})
        code, message = str(details.get("Code", "")), str(details.get("Message", ""))
        operation = getattr(error, "operation_name", "")
        if code in _CLIENT_ERRORS:
            stable, sentence = _CLIENT_ERRORS[code]
            return (f"{sentence}: {operation}: {message}" if stable == "access_denied" else sentence), stable
        return f"AWS failed at {operation}: {code}: {message}", "aws_error"
    for base in type(error).__mro__:
        if base.__name__ in _SDK_ERRORS:
            stable, sentence = _SDK_ERRORS[base.__name__]
            return (sentence if sentence.endswith(".") else f"{sentence}: {error}"), stable
    return f"AWS failed: {error}", "aws_error"
