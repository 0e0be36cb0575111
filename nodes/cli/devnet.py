"""`license-ledger devnet`: a chain and some regions on this machine, without sample data."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nodes.cli.console import waiting, write_json, write_line, write_table
from nodes.cli.failures import ExitCode, UsageError
from nodes.cli.options import AsJson

if TYPE_CHECKING:
    from nodes.cli.devnet_network import Devnet, PartState

app = typer.Typer(
    help="A development network on this machine: one chain, some regions, no sample data.",
    no_args_is_help=True,
)

Directory = Annotated[Path, typer.Option(help="Folder of the network.")]
DIRECTORY = Path("var/devnet")
_DEFAULT_REGIONS = ["110000", "133100"]


@app.command()
def up(
    *,
    region: Annotated[
        list[str] | None,
        typer.Option(help="A region; may be repeated. The first `up` decides. Default: two."),
    ] = None,
    directory: Directory = DIRECTORY,
    port: Annotated[int, typer.Option(min=1, max=65000, help="Of the first node.")] = 8201,
    chain_port: Annotated[int, typer.Option(min=1, max=65535, help="Of the chain.")] = 8546,
    as_json: AsJson = False,
) -> None:
    """Start the network, or what is missing of it, and return when it is ready."""
    from nodes.cli.devnet_network import open_devnet, plan_devnet

    network = open_devnet(directory)
    if network is None:
        network = plan_devnet(directory, region or _DEFAULT_REGIONS, port, chain_port)
    elif region and tuple(region) != network.plan.regions:
        raise UsageError(
            f"{directory} has the regions {', '.join(network.plan.regions)}; use them, or another "
            "--directory"
        )
    with waiting("starting the chain"):
        network.start_chain()
    with waiting("founding the consortium"):
        network.found()
    with waiting("starting the nodes"):
        network.start_nodes()
    states = network.states()
    if as_json:
        write_json(_to_json(network, states))
        return
    _write(states)
    config = network.nodes[0].folder.config
    write_line("")
    write_line(f"a token: license-ledger token create USCC --office-name NAME --config {config}")
    write_line(f"the end: license-ledger devnet down --directory {directory}")


@app.command()
def down(*, directory: Directory = DIRECTORY, as_json: AsJson = False) -> None:
    """End the network; its state is kept. Harmless when nothing runs."""
    network = _opened(directory)
    with waiting("ending nodes and chain"):
        ended = network.stop()
    if as_json:
        write_json({"ended": ended})
    else:
        write_line(f"ended: {', '.join(ended)}" if ended else "nothing ran")


@app.command()
def status(*, directory: Directory = DIRECTORY, as_json: AsJson = False) -> None:
    """Show the network's processes. Exit code 1: not all are ready."""
    network = _opened(directory)
    states = network.states()
    if as_json:
        write_json(_to_json(network, states))
    else:
        _write(states)
    if not all(state.is_ready for state in states):
        raise typer.Exit(ExitCode.FAILED)


def _opened(directory: Path) -> Devnet:
    from nodes.cli.devnet_network import open_devnet

    network = open_devnet(directory)
    if network is None:
        raise UsageError(f"there is no network in {directory}; make one with `devnet up`")
    return network


def _to_json(network: Devnet, states: list[PartState]) -> dict[str, object]:
    configs = {str(node.place.code): str(node.folder.config) for node in network.nodes}
    return {
        "parts": [asdict(state) | {"config": configs.get(state.name)} for state in states],
    }


def _write(states: list[PartState]) -> None:
    write_table(
        ("part", "url", "process", "ready"),
        (
            (state.name, state.url, state.pid or "-", "yes" if state.is_ready else "no")
            for state in states
        ),
    )
