"""Reads TIERDASH_RECEIPTS_URL: where receipts are kept when not in a folder of this machine."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PARAMETERS = ("endpoint_url", "region", "addressing")
ADDRESSING = ("auto", "path", "virtual")
IN_MEMORY = 1024 * 1024


def read(url: str) -> dict[str, Any]:
    """Return the entry of STORAGES for s3://bucket/prefix?endpoint_url=...&region=...&addressing=virtual.

    Keys stand before the bucket (s3://id:secret@bucket) or in the usual variables of the environment. Raises ValueError
    for everything else; its text names no part of the URL, which may hold a secret.
    """
    try:
        parts = urlsplit(url)
        port, pairs = parts.port, parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError("it is no address; / ? # in a key are written %2F %3F %23") from None
    if parts.scheme != "s3":
        raise ValueError("it must begin with s3://")
    if not BUCKET.fullmatch(parts.hostname or "") or port is not None or parts.fragment:
        raise ValueError("the name of a bucket must follow, of small letters, digits, dots and hyphens")
    said = dict(pairs)
    if len(said) < len(pairs) or not all(said.values()) or not set(said) <= set(PARAMETERS):
        raise ValueError(f"behind the question mark may stand {', '.join(PARAMETERS)}, each once")
    if said.get("addressing", "auto") not in ADDRESSING:
        raise ValueError("addressing is path or virtual")
    if not _is_address(said.get("endpoint_url", "https://s3.example")):
        raise ValueError("endpoint_url must look like https://s3.example.org")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("before the bucket stand both id and secret, or neither")
    options = _options(parts.hostname or "", parts.path, said)
    if parts.username and parts.password:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password)}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def _is_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:
        return False


def _options(bucket: str, path: str, said: dict[str, str]) -> dict[str, Any]:
    """Private objects, whatever the bucket's own rules are, and answers that do not keep a person waiting for ever."""
    from botocore.config import Config  # only where there is a bucket: it takes a while to load

    return {
        "bucket_name": bucket,
        "location": unquote(path).strip("/"),
        "endpoint_url": said.get("endpoint_url"),
        "region_name": said.get("region"),
        "default_acl": None,
        "file_overwrite": True,
        "max_memory_size": IN_MEMORY,
        "object_parameters": {"ContentType": "application/octet-stream", "ContentDisposition": "attachment"},
        "client_config": Config(
            s3={"addressing_style": said.get("addressing", "auto")},
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=30,
            retries={"total_max_attempts": 3, "mode": "standard"},
            # Servers that are not Amazon's do not know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
