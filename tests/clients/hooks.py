"""What schemathesis has to be told: how to read lines of JSON."""

import json

import schemathesis


@schemathesis.deserializer("application/x-ndjson")
def lines_of_json(_context, response):
    return [json.loads(line) for line in response.text.splitlines()]
