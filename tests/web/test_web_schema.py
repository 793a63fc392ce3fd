"""Requests made up from the description of the API, right and wrong: none breaks it, and it answers as it says."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)


def test_no_request_that_can_be_made_up_breaks_it(own_shop):
    schema = schemathesis.openapi.from_url(f"{own_shop.base}/api/openapi.json")
    checks = [not_a_server_error, status_code_conformance, response_schema_conformance, content_type_conformance]
    for operation in schema.get_all_operations():
        found = operation.ok()

        @settings(max_examples=25, suppress_health_check=list(HealthCheck), database=None)
        @_given(found)
        def probe(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=checks)

        probe()


def _given(operation):
    from hypothesis import given  # noqa: PLC0415

    return given(case=operation.as_strategy())
