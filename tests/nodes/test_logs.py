"""Log lines: JSON, one per event, without anything that must not be in a log."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ledger.identifier import citizen_id_check
from nodes.logs import HIDDEN, hide, hide_secrets

BODY = "11010519491231002"
CITIZEN = BODY + citizen_id_check(BODY)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET /v/q0f3Zk9vT1y6mX2bLwYc5g done", f"GET /v/{HIDDEN} done"),
        ("check_code=q0f3Zk9vT1y6mX2bLwYc5g&x=1", f"check_code={HIDDEN}&x=1"),
        ("token llt_abc-DEF_1 is used", f"token {HIDDEN} is used"),
        ("postgresql://u:pass@db/x", f"postgresql://u:{HIDDEN}@db/x"),
        (f"holder {CITIZEN} asks", f"holder {HIDDEN} asks"),
        (f"holder {CITIZEN.lower()} asks", f"holder {HIDDEN} asks"),
    ],
)
def test_what_must_not_be_logged_is_hidden(text: str, hidden: str) -> None:
    assert hide(text) == hidden


@pytest.mark.parametrize(
    "text",
    ["GET /v1/licenses", "office 11110000000021135M", "wei 123456789012345678", "ab" * 32],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert hide(text) == text


def test_values_of_secret_names_are_hidden_at_any_depth() -> None:
    event = {"event": "x", "token": "t", "more": {"password": "p", "list": [f"n {CITIZEN}"]}}
    hidden = hide_secrets(None, "info", event)
    assert hidden["token"] == HIDDEN
    assert hidden["more"] == {"password": HIDDEN, "list": [f"n {HIDDEN}"]}


def test_libraries_and_exceptions_go_through_the_same_net() -> None:
    program = f"""
import logging, structlog
from nodes.logs import configure_logs
from nodes.settings import LogFormat
configure_logs(level="info", form=LogFormat.JSON, region="110000")
logging.getLogger("uvicorn.error").info("started with llt_secret")
try:
    raise ValueError("holder {CITIZEN}")
except ValueError:
    structlog.get_logger("ledger.x").exception("failed")
structlog.get_logger("ledger.x").debug("not shown")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == [f"started with {HIDDEN}", "failed"]
    assert [line["level"] for line in lines] == ["info", "error"]
    assert all(line["region"] == "110000" for line in lines)
    assert f"ValueError: holder {HIDDEN}" in lines[1]["exception"]
    assert CITIZEN not in done.stderr
