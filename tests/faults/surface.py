"""Probes every listening socket of running nodes: only a member of the cluster gets in, and only to whom it dialled.

Sockets are taken from the kernel's tables. A Python and a Java node share this host's cluster, a third one there is reached by TCP only,
and a Python and a Java node form a cluster over TCP with certificates of `twinspan dev-certs`.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents import driver, places
from faults.certificates import Maker
from faults.probes import PROBES, REFUSED, Target, Wallet, control, outside_control
from faults.redirect import ALERT_MOST, HELLO_MOST, Redirect, at_path, at_port
from faults.sockets import listening

LEAST_ROWS = 14
AT_ONCE = 8
"""Probes at once: most of their time is waiting."""


class Surface:
    def __init__(self, agents: driver.Agents) -> None:
        self.agents = agents
        self.certificates = agents.folder / "certificates"
        self.certificates.mkdir()
        self.rows: list[dict[str, str]] = []
        self.controls: list[dict[str, str]] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        names = ["python", "java", "python", "python", "java", "python", "java", "python", "java"]
        self.p_host, self.j_host, self.p_local, self.p_wide, self.j_wide, *self.diallers = self.agents.take(*names)
        targets = [*self._host(), *self._wide()]
        self._probe(targets)
        self._calls()
        self._redirect_unix()
        self._redirect_tcp()

    def _host(self) -> list[Target]:
        self.on_host = {}
        for agent, name, more in ((self.p_host, "p", {}), (self.j_host, "j", {}), (self.p_local, "q", {"transport": "tcp"})):
            self.on_host[agent] = agent.ask("join", node="n", serve=[f"of.{name}"], options={"cluster": "surface", "name": name, **more})
        (state,) = self.agents.home.glob("*/surface")
        both = (state / "issuer.pem").read_text()
        issuer = self.certificates / "issuer.pem"
        issuer.write_text(both)
        chain = both[: both.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
        return self._targets(self.on_host, "surface", Maker(self.certificates, issuer, issuer, chain), state / "ca.pem")

    def _wide(self) -> list[Target]:
        folder = self.agents.folder / "wide"
        command = [str(places.executable()), "dev-certs", str(folder), "p", "j", "a", "d1", "d2", "--cluster", "wide"]
        subprocess.run(command, check=True, timeout=30, stdout=subprocess.DEVNULL)
        self.wide = {}
        options = {"listen": "127.0.0.1:0", "identity": str(folder / "p")}
        self.wide[self.p_wide] = self.p_wide.ask("join", node="n", serve=["of.p"], options=options)
        options = {"listen": "127.0.0.1:0", "identity": str(folder / "j"), "seeds": self.wide[self.p_wide]["addresses"]}
        self.wide[self.j_wide] = self.j_wide.ask("join", node="n", serve=["of.j"], options=options)
        return self._targets(self.wide, "wide", Maker(self.certificates, folder / "ca.pem", folder / "ca-key.pem"), folder / "ca.pem")

    def _targets(self, joined: dict[driver.Agent, dict[str, Any]], cluster: str, maker: Maker, root: Path) -> list[Target]:
        targets = []
        for agent, told in joined.items():
            found = listening(agent.pid)
            if not found:
                self.wrong.append(f"{told['name']} listens nowhere")
            other = next(one["id"] for one in joined.values() if one is not told)
            targets += [Target(address, cluster, told["id"], told["name"], maker, root, other) for address in found]
        return targets

    def _probe(self, targets: list[Target]) -> None:
        wallets = {cluster: Wallet(next(t for t in targets if t.cluster == cluster), self.certificates) for cluster in ("surface", "wide")}

        def row(target: Target, name: str) -> dict[str, str]:
            try:
                outcome = PROBES[name](target, wallets[target.cluster])
            except OSError as error:
                outcome = f"answered: the probe could not be made: {error}"
            return {"socket": f"{target.address} of {target.name} in {target.cluster}", "probe": name, "outcome": outcome}

        for target in targets:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                rows = list(pool.map(row, itertools.repeat(target), PROBES))
            self.rows += rows
            told = control(target, wallets[target.cluster])
            self.controls.append({"socket": rows[0]["socket"], "control": "right certificate, right hello", "outcome": told})
            for whose, certificate in (("a node's", wallets[target.cluster].right), ("a client's", wallets[target.cluster].client)):
                outside = outside_control(target, certificate)
                self.controls.append({"socket": rows[0]["socket"], "control": f"h2 with {whose} certificate", "outcome": outside})
            refused = sum(row["outcome"] == REFUSED for row in rows)
            print(f"{rows[0]['socket']}: {refused} of {len(rows)} probes refused, a right one {told}", flush=True)

    def _calls(self) -> None:
        """After all that the nodes still serve their own."""
        for agent, service in ((self.p_host, "of.j"), (self.j_host, "of.q"), (self.p_wide, "of.j"), (self.j_wide, "of.p")):
            told = agent.ask("call", node="n", service=service, method="who")["value"]
            outcome = "welcomed" if told == service[3:] else f"not welcomed: {told}"
            self.controls.append({"socket": service, "control": f"a call from {agent.label} after the probes", "outcome": outcome})

    def _redirect_unix(self) -> None:
        """At the path of the Python node's socket answers the Java node; before that, as a control, the Python node itself."""
        address = next(found for found in listening(self.p_host.pid) if found.startswith("unix:"))
        path = address.removeprefix("unix:")
        os.rename(path, path + ".moved")
        java = listening(self.j_host.pid)[0]
        for at, dialler in enumerate(self.diallers[:3]):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            redirect = Redirect(at_path(path), f"unix:{path}.moved" if at == 0 else java)
            joining = dialler.start("join", node="d", options={"cluster": "surface", "name": f"d{at}"})
            outcome = redirect.outcome(ALERT_MOST, within=6.0)
            with contextlib.suppress(driver.Failed):
                joining.get()
            self._redirected(address, dialler, outcome, control=at == 0)
            redirect.close()

    def _redirect_tcp(self) -> None:
        """A node says that it is reached where in truth another one listens."""
        folder = self.agents.folder / "wide"
        listener, address = at_port()
        seeds = self.wide[self.j_wide]["addresses"]
        redirect = Redirect(listener, f"tcp:{seeds[0]}")
        for dialler in self.diallers:
            dialler.ask("forget")
        told = {"listen": "127.0.0.1:0", "advertise": address, "identity": str(folder / "a"), "seeds": seeds}
        self.diallers[0].ask("join", node="d", serve=["of.a"], options=told)
        for dialler, name in zip(self.diallers[1:3], ("d1", "d2"), strict=True):
            redirect.passed.clear()
            joining = dialler.start("join", node="d", options={"identity": str(folder / name), "seeds": seeds})
            outcome = redirect.outcome(HELLO_MOST, within=6.0)
            with contextlib.suppress(driver.Failed):
                joining.get()
                # The node itself may have dialled meanwhile; the other one must not answer for it.
                who = dialler.ask("call", node="d", service="of.a", method="who", options={"timeout": 5})["value"]
                outcome = outcome if who == "a" else f"answered: `{who}` took a call for `a`"
            self._redirected(f"tcp:{address}", dialler, outcome, control=False)
        redirect.close()

    def _redirected(self, address: str, dialler: driver.Agent, outcome: str, control: bool) -> None:
        if control:
            told = "welcomed" if "went on" in outcome or "sent" in outcome else f"not welcomed: {outcome}"
            self.controls.append({"socket": address, "control": "the node itself answers behind the redirect", "outcome": told})
        else:
            probe = f"another node answers at the address (the dialler is {dialler.language})"
            self.rows.append({"socket": address, "probe": probe, "outcome": outcome})
        print(f"{address}: redirected {'to the node itself' if control else 'to another node'}: {outcome}", flush=True)


@contextlib.contextmanager
def _serving(folder: Path, name: str, answer: Any) -> Iterator[str]:
    path = str(folder / name)
    listener = at_path(path)
    listener.listen(64)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"unix:{path}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def self_test(folder: Path) -> int:
    """Sockets that answer everybody must be told so: an echo without TLS, and TLS that asks for no certificate."""
    maker = Maker.foreign(folder, "self")
    certificate = maker.leaf("server", "spiffe://self/role/worker/name/server")

    def echo(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := connection.recv(65536):
                connection.sendall(data)

    def eager(connection: socket.socket) -> None:
        """Says something behind its own handshake, whoever the client may be."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.set_alpn_protocols(["twinspan/1"])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        with contextlib.suppress(OSError):
            while data := connection.recv(65536):
                incoming.write(data)
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                connection.sendall(outgoing.read())
                time.sleep(0.2)
                connection.sendall(b"\x17\x03\x03\x00\x05early")

    def open_tls(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.set_alpn_protocols(["twinspan/1", "h2", "http/1.1"])
        welcome = b"\x0b\x00\x00\x00\xa1\x64what\x64open"
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            tls.sendall(welcome)
            while tls.recv(65536):
                tls.sendall(welcome)

    def answers(job: tuple[str, str, str]) -> bool:
        kind, address, name = job
        target = Target(address, "self", "a" * 32, "server", maker, maker.certificate, "b" * 32)
        outcome = PROBES[name](target, wallet)
        print(f"{kind}: {name}: {outcome}", flush=True)
        return outcome.startswith("answered")

    with (
        _serving(folder, "echo", echo) as plain,
        _serving(folder, "tls", open_tls) as open_to_all,
        _serving(folder, "eager", eager) as at_once,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        wallet = Wallet(Target(plain, "self", "a" * 32, "server", maker, maker.certificate, "b" * 32), folder)
        jobs = []
        for name in PROBES:
            if name.startswith(("plaintext", "http")):
                jobs.append(("an echo", plain, name))
            elif name.startswith("application bytes"):
                jobs.append(("TLS that speaks first", at_once, name))
            else:
                jobs.append(("TLS for everybody", open_to_all, name))
        wrong = [job[2] for job, seen in zip(jobs, pool.map(answers, jobs), strict=True) if not seen]
    print(f"self-test: {'these probes see no answer where there is one: ' + ', '.join(wrong) if wrong else 'every probe can fail'}")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--self-test", action="store_true", help="probe sockets that answer everybody; exits 0 if that is seen")
    ask = parser.parse_args()
    with driver.Agents() as agents:
        if ask.self_test:
            return self_test(agents.folder)
        surface = Surface(agents)
        surface.run()
    answered = [row for row in surface.rows if row["outcome"] != REFUSED]
    failed = [row for row in surface.controls if row["outcome"] != "welcomed"]
    for row in [*answered, *failed]:
        print(f"FALLS SHORT: {row}", flush=True)
    for wrong in surface.wrong:
        print(f"FALLS SHORT: {wrong}", flush=True)
    print(f"surface: {len(surface.rows)} probes, {len(answered)} answered; {len(surface.controls)} controls, {len(failed)} failed")
    if ask.out is not None:
        ask.out.mkdir(parents=True, exist_ok=True)
        told = {"rows": surface.rows, "controls": surface.controls}
        (ask.out / "surface.json").write_text(json.dumps(told, indent=1) + "\n")
    return 1 if answered or failed or surface.wrong or len(surface.rows) < LEAST_ROWS else 0


if __name__ == "__main__":
    sys.exit(main())
