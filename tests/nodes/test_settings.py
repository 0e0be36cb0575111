"""Settings: two sources, one winner, and errors that an operator can act on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.check_log import LONGEST_PROMISE
from ledger.errors import ConfigurationError
from nodes.settings import NodeSettings
from nodes.settings_docs import EXAMPLE, REFERENCE, render_example, render_reference
from nodes.settings_sources import load_settings

MINIMAL = f"""
region = "110000"
consortium_address = "0x{"11" * 20}"
license_log_address = "0x{"22" * 20}"
"""


def written(folder: Path, more: str = "") -> Path:
    path = folder / "node.toml"
    path.write_text(MINIMAL + more, encoding="utf-8")
    return path


def refusal(folder: Path, more: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(folder, more))
    return str(caught.value)


def test_the_environment_wins_over_the_file_and_an_option_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "port = 8101\nchain_id = 7\nhost = '127.0.0.2'\n")
    monkeypatch.setenv("LEDGER_PORT", "8102")
    monkeypatch.setenv("LEDGER_HOST", "127.0.0.3")
    settings = load_settings(path, host="127.0.0.4")
    assert (settings.chain_id, settings.port, settings.host) == (7, 8102, "127.0.0.4")


def test_the_file_may_be_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_CONFIG", str(written(tmp_path)))
    assert load_settings().region == "110000"


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]


def test_paths_in_a_file_are_relative_to_it(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, "data_dir = 'data'\n"))
    assert settings.keys == tmp_path / "data" / "keys.json"
    assert settings.database == f"sqlite:///{tmp_path / 'data' / 'node.sqlite'}"


def test_a_misspelt_name_is_an_error_in_the_file(tmp_path: Path) -> None:
    assert "max_file_byte" in refusal(tmp_path, "max_file_byte = 1\n")


def test_a_misspelt_name_is_an_error_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_MAX_FILE_BYTE", "1")
    assert "LEDGER_MAX_FILE_BYTE" in refusal(tmp_path, "")


def test_an_error_says_where_the_wrong_value_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "port in" in refusal(tmp_path, "port = 'x'\n")
    monkeypatch.setenv("LEDGER_CHAIN_ID", "minus one")
    assert "LEDGER_CHAIN_ID is wrong" in refusal(tmp_path, "")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="LEDGER_REGION"):
        load_settings(tmp_path / "empty.toml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(tmp_path / "absent.toml")


def test_lists_are_separated_by_commas(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, "peer_networks = '10.0.0.0/8, fd00::/8'\n"))
    assert [str(network) for network in settings.peer_networks] == ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("url", "migrate", "may"),
    [
        ("", "auto", True),
        ("postgresql://db/x", "auto", False),
        ("postgresql://db/x", "always", True),
        ("", "never", False),
    ],
)
def test_who_migrates(tmp_path: Path, url: str, migrate: str, may: bool) -> None:
    more = f"database_url = '{url}'\nmigrate = '{migrate}'\n"
    assert load_settings(written(tmp_path, more)).should_migrate is may


def test_a_promise_is_no_longer_than_verifiers_believe(tmp_path: Path) -> None:
    longest = int(LONGEST_PROMISE.total_seconds())
    settings = load_settings(written(tmp_path, f"anchor_within_seconds = {longest}\n"))
    assert settings.anchor_within_seconds == longest
    told = refusal(tmp_path, f"anchor_within_seconds = {longest + 1}\n")
    assert "anchor_within_seconds in" in told
    assert str(longest) in told


@pytest.mark.parametrize(
    "more",
    [
        "anchor_within_seconds = 600\n",
        "anchor_within_seconds = 600\nmax_anchor_lag_seconds = 600\n",
        "max_anchor_lag_seconds = 3600\n",
    ],
)
def test_registrations_stop_before_a_promise_could_be_broken(tmp_path: Path, more: str) -> None:
    told = refusal(tmp_path, more)
    assert "max_anchor_lag_seconds" in told
    assert "must be less than anchor_within_seconds" in told


def test_the_time_to_anchor_is_the_operators_to_choose(tmp_path: Path) -> None:
    more = "anchor_within_seconds = 600\nmax_anchor_lag_seconds = 599\n"
    assert load_settings(written(tmp_path, more)).max_anchor_lag_seconds == 599


def test_every_setting_is_described_with_its_unit() -> None:
    assert [n for n, field in NodeSettings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("path", "made"), [(REFERENCE, render_reference()), (EXAMPLE, render_example())]
)
def test_the_committed_reference_is_the_one_made_here(path: Path, made: str) -> None:
    assert path.read_text(encoding="utf-8") == made, "run: python -m nodes.settings_docs"
