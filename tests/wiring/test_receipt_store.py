"""What TIERDASH_RECEIPTS_URL and its neighbours may say."""

import os
import subprocess
import sys

import pytest

from tierdash import receipt_store


def test_everything_that_an_address_can_say():
    read = receipt_store.read(
        "s3://AKIA:se%2Fcret@my-bucket/a/b/?endpoint_url=https://s3.example.org:9000&region=eu-1&addressing=virtual"
    )
    options = read["OPTIONS"]
    assert read["BACKEND"] == "storages.backends.s3.S3Storage"
    assert (options["bucket_name"], options["location"]) == ("my-bucket", "a/b")
    assert (options["endpoint_url"], options["region_name"]) == ("https://s3.example.org:9000", "eu-1")
    assert (options["access_key"], options["secret_key"]) == ("AKIA", "se/cret")
    assert options["default_acl"] is None
    assert options["client_config"].s3["addressing_style"] == "virtual"


def test_keys_may_stand_in_the_environment_instead():
    options = receipt_store.read("s3://my-bucket")["OPTIONS"]
    assert not {"access_key", "secret_key"} & set(options)
    assert (options["location"], options["endpoint_url"], options["region_name"]) == ("", None, None)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://hush@bucket", "must begin with s3://"),
        ("my-bucket", "must begin with s3://"),
        ("s3://", "name of a bucket"),
        ("s3://hush:hush@", "name of a bucket"),
        ("s3://hush:hush@My_Bucket", "name of a bucket"),
        ("s3://hush:hush@bucket:9000", "name of a bucket"),
        ("s3://hush:hush@bucket:port", "it is no address"),
        ("s3://hush:hush@bucket#x", "name of a bucket"),
        ("s3://hush@bucket", "both id and secret"),
        ("s3://hush:hush@bucket?acl=public-read", "may stand endpoint_url"),
        ("s3://hush:hush@bucket?region=", "may stand endpoint_url"),
        ("s3://hush:hush@bucket?region=a&region=b", "may stand endpoint_url"),
        ("s3://hush:hush@bucket?region", "it is no address"),
        ("s3://hush:hush@bucket?addressing=any", "addressing is path or virtual"),
        ("s3://hush:hush@bucket?endpoint_url=s3.example.org", "endpoint_url must look like"),
        ("s3://hush:hush@bucket?endpoint_url=https://", "endpoint_url must look like"),
        ("s3://hush:hush@bucket?endpoint_url=https://h:x", "endpoint_url must look like"),
    ],
)
def test_what_is_not_understood_is_refused_without_repeating_a_key(url, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        receipt_store.read(url)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TIERDASH_RECEIPTS_URL", "s4://me:hush@bucket", "TIERDASH_RECEIPTS_URL must look like s3://bucket"),
        ("TIERDASH_RECEIPT_MOST_MB", "0", "TIERDASH_RECEIPT_MOST_MB is a number from 1 to 100, not 0"),
        ("TIERDASH_RECEIPT_MOST_MB", "many", "TIERDASH_RECEIPT_MOST_MB"),
        ("TIERDASH_RECEIPTS_MOST_MB", "9", "TIERDASH_RECEIPTS_MOST_MB must not be less"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(name, value, says):
    own = os.environ | {name: value, "DJANGO_SETTINGS_MODULE": "tierdash.settings"}
    done = subprocess.run(
        [sys.executable, "-c", "import tierdash.settings"], env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert says in done.stderr.splitlines()[-1]
    assert "hush" not in done.stderr


def test_a_demo_never_uses_it():
    from tierdash.launcher import ground

    own = {"TIERDASH_RECEIPTS_URL": "s3://bucket", "TIERDASH_RECEIPTS_URL_FILE": "/run/secret"}
    assert not set(own) & set(ground.survey(own, is_demo=True).environment)
    assert set(own) <= set(ground.survey(own).environment)
