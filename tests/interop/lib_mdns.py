# SPDX-License-Identifier: Apache-2.0
"""What the interop tests of Multicast DNS share: a message bus, and a segment for several."""
import os

from lib_interop import LOGS, Process, eventually, run
from lib_ipv6 import Wire6

BUS = LOGS / "bus"
BUS_CONFIG = f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={BUS}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
<allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
<allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
<allow receive_type="signal"/></policy></busconfig>
"""


def start_bus():
    """A message bus of its own for daemons that want the system's."""
    (LOGS / "bus.conf").write_text(BUS_CONFIG)
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={BUS}"
    Process("dbus-daemon", "--nofork", f"--config-file={LOGS / 'bus.conf'}")
    eventually(BUS.exists, "the bus")


def two_taps():
    """Two taps, bridged: two linnets and the kernel, which is at "lan", on one segment."""
    wire = Wire6()
    wire.tap2 = "six2"
    run("ip", "address", "flush", "dev", wire.tap)
    run("ip", "tuntap", "add", "dev", wire.tap2, "mode", "tap")
    run("ip", "link", "add", "lan", "type", "bridge", "mcast_snooping", "0")
    for tap in (wire.tap, wire.tap2):
        run("ip", "link", "set", tap, "master", "lan", "up")
    run("ip", "link", "set", "lan", "up")
    run("ip", "address", "add", f"{wire.kernel4}/24", "dev", "lan")
    run("ip", "address", "add", f"{wire.kernel}/64", "dev", "lan", "nodad")
    return wire
