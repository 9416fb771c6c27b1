"""Prints what pydantic 2 makes of headers: [[field or "", its JSON, filled in or null], ...].

Run it to make filled-header.json anew (pydantic 2.13). A row with a field has that field in the plain header; the
header of a row without one is given whole. Filled in is the canonical text of the whole header.
"""

import json
from datetime import datetime
from enum import Enum

from pydantic import BaseModel


class Status(str, Enum):
    rcvd = "rcvd"
    pdng = "pdng"
    succ = "succ"
    rjct = "rjct"


class Header(BaseModel):
    version: str = "1.0.0"
    message_id: str
    message_ts: datetime
    action: str
    sender_id: str
    sender_uri: str | None = None
    receiver_id: str
    total_count: int = 0
    is_msg_encrypted: bool = False
    meta: dict | None = None


class CallbackHeader(Header):
    status: Status
    status_reason_code: str | None = None
    status_reason_message: str | None = None
    completed_count: int = 0


PLAIN = {
    "message_id": "m",
    "message_ts": "2025-11-24T16:00:00Z",
    "action": "notify",
    "sender_id": "s",
    "receiver_id": "r",
}

FIELDS = {
    "message_ts": r"""
        "2025-11-24T16:00:00z" "2025-11-24T16:00:00+00:00" "2025-11-24T16:00:00-00:00" "2025-11-24T16:00:00+0000"
        "2025-11-24T16:00:00+00" "2025-11-24T16:00:00+05:30" "2025-11-24T16:00:00-0530" "2025-11-24T16:00:00+5:30"
        "2025-11-24T16:00:00+23:59" "2025-11-24T16:00:00+24:00" "2025-11-24T16:00:00+23:60"
        "2025-11-24T16:00:00\u221205:00" "2025-11-24_16:00:00Z" "2025-11-24t16:00:00Z" "2025-11-24T16:00"
        "2025-11-24T16:00Z" "2025-11-24T16" "2025-11-24" "2025-11-24T16:00:00" "2025-11-24T16:00:00.Z"
        "2025-11-24T16:00:00.0Z" "2025-11-24T16:00:00.000000Z" "2025-11-24T16:00:00.1Z" "2025-11-24T16:00:00.123Z"
        "2025-11-24T16:00:00,123Z" "2025-11-24T16:00:00.1234567Z" "2025-11-24T16:00:00.0000009Z"
        "2025-11-24T16:00:60Z" "2025-11-24T24:00:00Z" "2025-11-24T16:60:00Z" "2025-02-29T00:00:00Z"
        "2024-02-29T00:00:00Z" "1900-02-29T00:00:00Z" "2000-02-29T00:00:00Z" "2025-13-01T00:00:00Z"
        "2025-00-01T00:00:00Z" "2025-04-31T00:00:00Z" "0000-01-01T00:00:00Z" "0001-01-01T00:00:00Z"
        "9999-12-31T23:59:59.999999+23:59" "20251124T160000Z" "2025-11-24T160000Z" "now" "" null true
    """,
    "total_count": r"""
        1 "1" 1.0 1.5 "1.0" "1.5" "1.00" "+1" "-1" "--1" "1_000" "_1" "1__0" "1_" "01" "-01" "1e3" 1e3 1e22 1e400 -0
        -0.0 "-0" "-0.0" true false "true" null "" 123456789012345678901234567890 "123456789012345678901234567890"
        12345678901234567890.0 9007199254740993.0 [] {} "1." ".0" "1.0_0" "1_0.0" "1\n" "\u00a01" "\u0661" "0x10" -5
    """,
    "is_msg_encrypted": r"""
        true false 0 1 2 0.0 1.0 -0.0 0.5 1e0 10e-1 "0" "1" "true" "TRUE" "tRuE" "false" "yes" "no" "on" "off" "t" "f"
        "y" "n" "T" "" "1.0" null [] "\u212a"
    """,
    "meta": r"""
        null "" {} [] "x" 1 [["a",1]] {"b":1.0,"a":[1e22,{"z":"\u00e9","y":123456789012345678901234567890}]}
    """,
    "version": r'"" null 1 true "1.1.0" "\u00e9\ud83d\ude00"',
    "message_id": r'null 1 "\u00e9\ud83d\ude00"',
    "action": "null 1",
    "sender_uri": r'null "" 1 "https://x.org/y"',
    "receiver_id": 'null 1 ""',
    "status": '"succ" "rcvd" "pdng" "rjct" "SUCC" null "" 1',
    "unknown": '1 {"a":null}',
}

WHOLE = [
    '{"status":"succ","completed_count":"2","status_reason_code":"rjct.version.invalid","status_reason_message":null}',
    '{"status":"succ","completed_count":null}',
    '{"status":"succ","status_reason_code":1}',
    '{"completed_count":7,"status_reason_code":"ignored"}',
    '{"total_count":"1","meta":null,"version":"1.0.0","sender_uri":"u","is_msg_encrypted":true,"extra":[1]}',
]


def fill(header):
    model = CallbackHeader if "status" in header else Header
    try:
        filled = model.model_validate(header).model_dump(mode="json")
    except ValueError:
        return None
    return json.dumps(filled, sort_keys=True, separators=(",", ":"))


def main():
    rows = [["", text, fill({**PLAIN, **json.loads(text)})] for text in WHOLE]
    for field, values in FIELDS.items():
        for value in values.split():
            rows.append([field, value, fill({**PLAIN, field: json.loads(value)})])
    for spaced in ['"2025-11-24 16:00:00Z"', '"2025-11-24T16:00:00 Z"', '" 2025-11-24T16:00:00Z"']:
        rows.append(["message_ts", spaced, fill({**PLAIN, "message_ts": json.loads(spaced)})])
    for spaced in ['" 1 "', '"1.0 "', '"1 .0"', '"+ 1"', '" "']:
        rows.append(["total_count", spaced, fill({**PLAIN, "total_count": json.loads(spaced)})])
    rows.append(["is_msg_encrypted", '" true"', fill({**PLAIN, "is_msg_encrypted": " true"})])
    print(json.dumps(rows, indent=2))


main()
