"""The command line: `voltward --help` groups the commands; each loads what it needs when it runs.

Exit status: 0 done, 1 findings or a failed check, 2 wrong usage or settings, 3 the outside failed.
"""

from __future__ import annotations

import gc
import sys

from cyclopts import App, Group

from voltward import __version__

DEPLOYMENT = Group("Deployment", sort_key=1)
FLEET = Group("Fleet", sort_key=2)
EVIDENCE = Group("Evidence", sort_key=3)

# Objects that are made before the collector of garbage looks at the young ones. A command imports a hundred
# thousand that stay; by the default of 700, looking at them again and again takes a sixth of its time.
YOUNG = 20_000

_COMMANDS = (
    # (name, where it is, group, what it does)
    (
        "demo",
        "voltward.cli.demo:demo",
        DEPLOYMENT,
        "See it work: a gateway, a CSMS, a fleet and an attacker, on loopback.",
    ),
    (
        "init",
        "voltward.cli.init:init",
        DEPLOYMENT,
        "Make a deployment: settings, authorities, server certificates, keys.",
    ),
    ("serve", "voltward.cli.serve:serve", DEPLOYMENT, "Run gateway, worker and signer, supervised."),
    ("settings", "voltward.cli.settings:app", DEPLOYMENT, "Is this deployment sound?"),
    (
        "station",
        "voltward.cli.station.station:app",
        FLEET,
        "The registry: add, import, list, show, set, quarantine, release, retire, recommission, explain.",
    ),
    ("ca", "voltward.cli.ca.authority:app", FLEET, "Authorities: those that are believed, and our own."),
    ("cert", "voltward.cli.cert.certificate:app", FLEET, "Certificates of stations."),
    (
        "lifecycle",
        "voltward.cli.lifecycle:app",
        FLEET,
        "What is under way with stations: where it stands, and its end by order.",
    ),
    (
        "breaker",
        "voltward.cli.breaker:app",
        FLEET,
        "Many stations refused for one reason: what holds meanwhile.",
    ),
    (
        "simulate",
        "voltward.cli.simulate.simulate:simulate",
        FLEET,
        "Stations, good and misbehaving, one or ten thousand.",
    ),
    ("store", "voltward.cli.store:app", DEPLOYMENT, "The database: what it is, move it, take it back."),
    ("backup", "voltward.cli.backup:app", DEPLOYMENT, "The whole deployment in one file, and back."),
    (
        "posture",
        "voltward.cli.posture:app",
        EVIDENCE,
        "What the fleet is ready for: who would be turned away, who would break.",
    ),
    ("journal", "voltward.cli.journal:app", EVIDENCE, "The tamper-evident record."),
    ("rulebook", "voltward.cli.rulebook:app", EVIDENCE, "The controls, their citations, what checks them."),
)


def build() -> App:
    """The command tree; commands are named by where they stand and imported when they are called."""
    app = App(
        name="voltward",
        help="Puts the OCPP security profiles in force for EV charging fleets, in front of any CSMS.",
        version=__version__,
        help_on_error=False,
    )
    for name, place, group, words in _COMMANDS:
        app.command(place, name=name, group=group, help=words)
    return app


def main() -> None:
    """Run a command and leave with its status; errors are sentences, never tracebacks."""
    from voltward.cli.frame import end_output, fault_status, interrupted_status, say_fault

    gc.set_threshold(YOUNG)
    status = 0
    try:
        result = build()(sys.argv[1:], exit_on_error=False, print_error=False, result_action="return_value")
        status = result if isinstance(result, int) else 0
        sys.stdout.flush()  # now, while a full disk can still become a status
    except KeyboardInterrupt:
        status = interrupted_status()
    except BrokenPipeError:
        pass  # whoever reads (`| head`) has seen enough
    except Exception as error:
        known = fault_status(error)
        if known is None:
            raise  # a fault of ours: let it be seen
        say_fault(error)
        status = known
    end_output()
    sys.exit(status)
