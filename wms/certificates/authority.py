"""Making certificates: pure but for the dice; time and names come in.

What today's phones ask (Apple since 2019 and 2020, Android and Chrome alike): names in subjectAltName only, the purpose
serverAuth, SHA-256, at most 398 days for a server; an authority marked as one, that may sign certificates and nothing
below them. EC P-256 is read by every handheld from Android 5 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wms.certificates.names import CertificateFault, HostName

AUTHORITY_YEARS: Final = 10
SERVER_DAYS: Final = 397
#: A handheld's clock may run behind: a new certificate must not be of tomorrow.
BACKDATED: Final = timedelta(days=1)
_COMMON_NAME_MAX: Final = 64


@dataclass(frozen=True)
class Pair:
    """A certificate and the private key that belongs to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as a file."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as a file, without a password: the server starts without a person."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def make_authority(*, machine: str, at: datetime) -> Pair:
    """Make an authority of our own, good for ten years, that may sign server certificates and no other authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Warehouse WMS"),
        x509.NameAttribute(NameOID.COMMON_NAME, f"WMS {machine} {at:%Y-%m-%d %H%M%S}"[:_COMMON_NAME_MAX]),
    ])  # fmt: skip
    usage = _usage(key_cert_sign=True, crl_sign=True)
    certificate = (
        _begun(name, name, key.public_key(), at, at + timedelta(days=365 * AUTHORITY_YEARS + 2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Pair(certificate, key)


def make_server(authority: Pair, names: Sequence[HostName], *, at: datetime) -> Pair:
    """Sign a new key for these names, for 397 days or as long as the authority is good."""
    ends = authority.certificate.not_valid_after_utc
    if ends <= at + timedelta(days=1):
        raise CertificateFault(
            f"the authority ended on {ends:%Y-%m-%d}; make a new one with --new-authority and let each device trust it"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0].text[:_COMMON_NAME_MAX])])
    wanted = [
        x509.DNSName(name.text) if name.address is None else x509.IPAddress(name.address) for name in names
    ]  # fmt: skip
    last = min(at - BACKDATED + timedelta(days=SERVER_DAYS), ends)
    certificate = (
        _begun(subject, authority.certificate.subject, key.public_key(), at, last)
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
        .sign(authority.key, hashes.SHA256())
    )  # fmt: skip
    return Pair(certificate, key)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, last: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BACKDATED)
        .not_valid_after(last)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """List the names and addresses a server certificate carries."""
    try:
        carried = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *carried.get_values_for_type(x509.DNSName),
        *(str(address) for address in carried.get_values_for_type(x509.IPAddress)),
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """Spell the SHA-256 of a certificate as devices show it: pairs of hex digits with colons."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
