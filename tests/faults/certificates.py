"""Certificates for probes, made by the openssl command: right ones, and wrong in one way each."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Broken(Exception):
    """openssl did not make what was asked for."""


def _openssl(*arguments: str) -> str:
    made = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30, check=False)
    if made.returncode != 0:
        raise Broken(f"openssl {' '.join(arguments)}\n{made.stderr}")
    return made.stdout


class Maker:
    """Signs leaves with one CA. `chain` is what a leaf shows besides itself."""

    def __init__(self, folder: Path, certificate: Path, key: Path, chain: str = "") -> None:
        self.folder = folder
        self.certificate = certificate
        self.key = key
        self.chain = chain

    @staticmethod
    def foreign(folder: Path, name: str) -> Maker:
        """A CA of its own, of the same shape as a cluster's."""
        certificate, key = folder / f"{name}-ca.pem", folder / f"{name}-ca-key.pem"
        subject = ["-subj", f"/CN=Twinspan {name} root", "-days", "365"]
        extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        _openssl("req", "-x509", *curve, "-keyout", str(key), "-out", str(certificate), *subject, *extensions)
        return Maker(folder, certificate, key)

    def leaf(self, label: str, uri: str, days: tuple[str, str] = ("-1d", "+1d")) -> tuple[Path, Path]:
        """A leaf with this name in its URI; `days` are its ends as offsets from now."""
        base = self.folder / label
        key, request, certificate = (base.with_name(f"{label}{end}") for end in (".key", ".csr", ".pem"))
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        _openssl("req", "-new", *curve, "-keyout", str(key), "-out", str(request), "-subj", f"/CN={label}")
        settings = base.with_name(f"{label}.cnf")
        database = base.with_name(f"{label}.db")
        database.write_text("")
        settings.write_text(
            "[ca]\ndefault_ca=own\n[own]\n"
            f"database={database}\nnew_certs_dir={self.folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\n"
            "[any]\ncommonName=supplied\n"
            "[leaf]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
            f"authorityKeyIdentifier=keyid\nsubjectAltName=URI:{uri}\n"
        )
        _openssl(
            *("ca", "-batch", "-notext", "-config", str(settings), "-extensions", "leaf"),
            *("-cert", str(self.certificate), "-keyfile", str(self.key), "-in", str(request), "-out", str(certificate)),
            *("-startdate", _date(days[0]), "-enddate", _date(days[1])),
        )
        certificate.write_text(certificate.read_text() + self.chain)
        return certificate, key


def _date(offset: str) -> str:
    made = subprocess.run(["date", "-u", "-d", offset.replace("d", " days"), "+%Y%m%d%H%M%SZ"], capture_output=True, text=True, check=True)
    return made.stdout.strip()


def public_key(certificate: Path) -> bytes:
    """The public key info of a certificate, as DER."""
    text = _openssl("x509", "-in", str(certificate), "-noout", "-pubkey")
    made = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=text.encode(), capture_output=True, timeout=30, check=True
    )
    return made.stdout
