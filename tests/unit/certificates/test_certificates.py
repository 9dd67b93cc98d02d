"""Certificates as today's phones want them; names that are none; files that are renewed whole and stay closed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from wms.certificates import store
from wms.certificates.authority import AUTHORITY_YEARS, make_authority, make_server, names_of
from wms.certificates.names import CertificateFault, own_names, read_name, read_names

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def renew(folder: Path, *hosts: str, at: datetime = AT, **more: bool) -> store.Renewed:
    return store.renew(folder, hosts, at=at, **more)


# -- names ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("WMS.Example.", "wms.example"), ("wms", "wms"), (" 192.168.1.20 ", "192.168.1.20"), ("[fd00::1]", "fd00::1"),
        ("FD00:0::1", "fd00::1"), ("lager-1.münchen.example", "lager-1.xn--mnchen-3ya.example"), ("仓库.example", "xn--5mqv79a.example"),
    ],
)  # fmt: skip
def test_a_name_is_read_as_a_certificate_carries_it(text: str, read: str) -> None:
    assert read_name(text).text == read


@pytest.mark.parametrize(
    "text",
    ["", " ", "https://wms.example", "wms.example/x", "wms.example:8420", "*.example", "a_b.example", "-a.example", "a-.example",
     "a..b", "300.1.1.1", "1.2.3", "0.0.0.0", "::", "224.0.0.1", "fe80::1%eth0", "a b", "a\nb", "x" * 64, ".".join(["abc"] * 70)],
)  # fmt: skip
def test_what_is_no_name_is_refused_in_one_sentence_that_shows_it(text: str) -> None:
    with pytest.raises(CertificateFault) as refused:
        read_name(text)
    assert "\n" not in str(refused.value) and repr(text.strip()[:80]) in str(refused.value)


def test_names_stand_once_in_their_order_with_the_machine_itself_at_the_end() -> None:
    names = read_names(["localhost", "b.example", "A.example", "b.example", "10.0.0.1"])
    assert [name.text for name in names] == ["b.example", "a.example", "10.0.0.1", "localhost", "127.0.0.1", "::1"]
    with pytest.raises(CertificateFault, match="too many"):
        read_names([f"h{n}" for n in range(60)])


def test_the_names_of_this_machine_are_names_others_can_use() -> None:
    assert all(not read_name(text).is_local for text in own_names())


# -- what phones ask --------------------------------------------------------------------------------------------------
def test_the_authority_may_sign_servers_and_no_other_authority() -> None:
    made = make_authority(machine="m" * 99, at=AT).certificate
    basic = made.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = made.extensions.get_extension_for_class(x509.KeyUsage)
    assert basic.critical and basic.value.ca and basic.value.path_length == 0
    assert usage.critical and usage.value.key_cert_sign and not usage.value.digital_signature
    assert made.not_valid_after_utc - AT > timedelta(days=365 * AUTHORITY_YEARS)
    assert made.issuer == made.subject
    made.verify_directly_issued_by(made)


def test_a_server_certificate_is_one_that_phones_take() -> None:
    authority = make_authority(machine="m", at=AT)
    made = make_server(authority, read_names(["wms.example", "192.168.1.20"]), at=AT).certificate
    found = made.extensions.get_extension_for_class
    assert names_of(made) == ("wms.example", "localhost", "192.168.1.20", "127.0.0.1", "::1")
    assert list(found(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not found(x509.BasicConstraints).value.ca and found(x509.KeyUsage).value.digital_signature
    assert found(x509.AuthorityKeyIdentifier).value.key_identifier is not None
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=397)
    assert made.not_valid_before_utc < AT - timedelta(hours=12), "a handheld's clock may run behind"
    assert isinstance(made.signature_hash_algorithm, hashes.SHA256)
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


@pytest.mark.parametrize("name", ["wms.example", "192.168.1.20", "localhost"])
def test_a_strict_verifier_follows_the_chain(name: str) -> None:
    authority = make_authority(machine="m", at=AT)
    made = make_server(authority, read_names(["wms.example", "192.168.1.20"]), at=AT).certificate
    address = read_name(name).address
    subject = x509.DNSName(name) if address is None else x509.IPAddress(address)
    policy = PolicyBuilder().store(Store([authority.certificate])).time(AT)
    policy.build_server_verifier(subject).verify(made, [])


def test_a_server_certificate_does_not_outlive_its_authority() -> None:
    authority = make_authority(machine="m", at=AT)
    late = authority.certificate.not_valid_after_utc - timedelta(days=40)
    made = make_server(authority, read_names(["wms"]), at=late).certificate
    assert made.not_valid_after_utc == authority.certificate.not_valid_after_utc
    with pytest.raises(CertificateFault, match="--new-authority"):
        make_server(authority, read_names(["wms"]), at=late + timedelta(days=40))


# -- the folder -------------------------------------------------------------------------------------------------------
def test_a_second_run_renews_the_server_for_the_same_names_by_the_same_authority(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "certs"
    first = renew(folder, "wms.example")
    second = renew(folder, at=AT + timedelta(days=300))
    assert first.is_new_authority and not second.is_new_authority
    assert second.authority.certificate == first.authority.certificate
    assert names_of(second.server.certificate) == names_of(first.server.certificate)
    assert second.server.certificate.serial_number != first.server.certificate.serial_number
    assert second.server.certificate_pem == (folder / "server.crt").read_bytes()
    assert "b.example" in names_of(renew(folder, "b.example").server.certificate)


def test_keys_can_be_read_by_their_owner_alone_and_one_left_open_is_closed(tmp_path: Path) -> None:
    renew(tmp_path / "certs", "wms")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "certs").iterdir()}
    assert modes == {"ca.crt": 0o644, "ca.key": 0o600, "server.crt": 0o644, "server.key": 0o600}
    assert (tmp_path / "certs").stat().st_mode & 0o077 == 0
    (tmp_path / "certs" / "ca.key").chmod(0o644)
    assert renew(tmp_path / "certs").was_open
    assert (tmp_path / "certs" / "ca.key").stat().st_mode & 0o777 == 0o600


def test_a_refused_name_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(CertificateFault):
        renew(tmp_path / "certs", "*.example")
    assert not (tmp_path / "certs").exists()


def test_half_an_authority_is_not_replaced_in_silence(tmp_path: Path) -> None:
    renew(tmp_path, "wms")
    before = (tmp_path / "server.crt").read_bytes()
    (tmp_path / "ca.key").rename(tmp_path / "elsewhere")
    with pytest.raises(CertificateFault, match="put it back"):
        renew(tmp_path)
    renew(tmp_path / "other", "wms")
    (tmp_path / "ca.key").write_bytes((tmp_path / "other" / "ca.key").read_bytes())
    with pytest.raises(CertificateFault, match="does not belong"):
        renew(tmp_path)
    assert (tmp_path / "server.crt").read_bytes() == before


def test_a_new_authority_is_made_when_asked_for_and_the_old_one_is_put_aside(tmp_path: Path) -> None:
    old = renew(tmp_path, "wms").authority
    new = renew(tmp_path, is_new_authority=True)
    assert new.is_new_authority and new.authority.certificate != old.certificate
    assert [path.read_bytes() for path in tmp_path.glob("old-*-ca.crt")] == [old.certificate_pem]


# -- before serving ---------------------------------------------------------------------------------------------------
def test_a_pair_that_belongs_together_and_is_good_may_serve(tmp_path: Path) -> None:
    renew(tmp_path, "wms")
    found = store.check_pair(str(tmp_path / "server.crt"), str(tmp_path / "server.key"), at=AT)
    assert store.days_left(found, AT) == 396


def test_what_cannot_serve_is_told_in_one_sentence_with_its_setting(tmp_path: Path) -> None:
    made = renew(tmp_path, "wms")
    renew(tmp_path / "other", "wms")
    (tmp_path / "text").write_text("no certificate")
    locked = made.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (tmp_path / "locked").write_bytes(locked)
    certificate, key = str(tmp_path / "server.crt"), str(tmp_path / "server.key")
    year = AT + timedelta(days=397)
    for pair, at, said in [
        ((str(tmp_path / "none"), key), AT, r"WMS_TLS_CERT: .*none cannot be read: No such file"),
        ((str(tmp_path / "text"), key), AT, r"WMS_TLS_CERT: .*text holds no certificate"),
        ((certificate, str(tmp_path / "none")), AT, r"WMS_TLS_KEY: .*none cannot be read"),
        ((certificate, certificate), AT, r"WMS_TLS_KEY: .* holds no private key"),
        ((certificate, str(tmp_path / "locked")), AT, r"WMS_TLS_KEY: .* has a password"),
        ((certificate, str(tmp_path / "other" / "server.key")), AT, r"WMS_TLS_KEY: .* does not belong"),
        ((certificate, key), year, r"WMS_TLS_CERT: .* ended on 2027-12-23; renew it with run.py cert"),
        ((certificate, key), AT - timedelta(days=2), r"WMS_TLS_CERT: .* begins on 2026-11-21 only"),
    ]:
        with pytest.raises(CertificateFault, match=said):
            store.check_pair(*pair, at=at)
