"""Certificate and key of a server: read at start and again when they change, refused in one sentence."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest

from streams.common.errors import UserError
from streams.serving.certificates import Certificate, certificate_of
from tests.support.certificates import LOOPBACK, Authority, Pair, openssl

Spoil = dict[str, str]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One authority for all tests."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def pair(authority: Authority, tmp_path: Path) -> Pair:
    """A certificate and its key, whose files a test may change."""
    made = authority.issue("server")
    mine = Pair(tmp_path / "cert.pem", tmp_path / "key.pem")
    mine.replace_with(made)
    return mine


def shown_by(certificate: Certificate) -> bytes:
    """The certificate that a client sees, from a handshake in memory."""
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = certificate.context.wrap_bio(up, down, server_side=True)
    theirs = client.wrap_bio(down, up)
    for side in (theirs, ours, theirs):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    found = theirs.getpeercert(binary_form=True)
    assert found is not None
    return found


def of_file(path: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(path.read_text())


def spoil(pair: Pair, authority: Authority, how: str) -> Pair:
    """Make a pair unusable."""
    if how == "no certificate":
        pair.cert.write_text("hello")
    elif how == "no key":
        pair.key.write_text("hello")
    elif how == "swapped":
        return Pair(pair.key, pair.cert)
    elif how == "of another":
        pair.key.write_bytes(authority.issue("other").key.read_bytes())
    elif how == "cut off":
        pair.cert.write_text(pair.cert.read_text()[:200])
    elif how == "encrypted":
        locked = pair.key.with_name("locked.pem")
        openssl("pkey", "-in", str(pair.key), "-aes256", "-passout", "pass:secret", "-out", str(locked))
        locked.replace(pair.key)
    elif how == "gone":
        pair.key.unlink()
    else:
        pair.cert.unlink()
        pair.cert.mkdir()
    return pair


@pytest.mark.parametrize(
    "how, words",
    [
        ("no certificate", ["tls_cert_file = ", "holds no certificate"]),
        ("no key", ["tls_key_file = ", "holds no private key"]),
        ("swapped", ["tls_cert_file = ", "holds no certificate"]),
        ("of another", ["tls_key_file = ", "is not the key of tls_cert_file = "]),
        ("cut off", ["tls_cert_file = ", "cannot be used"]),
        ("encrypted", ["tls_key_file = ", "is encrypted; give a key without a password"]),
        ("gone", ["tls_key_file = ", "cannot be read (No such file or directory)"]),
        ("a folder", ["tls_cert_file = ", "cannot be read (Is a directory)"]),
    ],
)
def test_files_that_do_not_fit_are_one_sentence(pair: Pair, authority: Authority, how: str, words: list[str]) -> None:
    """Whatever is wrong with a file is said in a sentence that names the setting and the file, and shows no key."""
    with pytest.raises(UserError) as refusal:
        certificate_of(*spoil(pair, authority, how))
    sentence = str(refusal.value)
    assert [word for word in words if word not in sentence] == []
    assert "\n" not in sentence
    assert str(pair.cert.parent) in sentence


@pytest.mark.parametrize(
    "days, more, words",
    [
        ("30", [], None),
        ("30", ["-addext", "extendedKeyUsage=clientAuth"], "clients refuse the certificate in "),
        ("3", [], " ends on "),
    ],
    ids=["well", "for clients", "soon over"],
)
def test_a_certificate_that_clients_refuse_is_a_doubt(
    authority: Authority, days: str, more: list[str], words: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A certificate for another purpose, or that soon ends, works and is named, at the start and in the log."""
    with caplog.at_level(logging.WARNING):
        doubt = Certificate(*authority.issue("doubtful", LOOPBACK, *more, days=days)).doubt()
    assert [doubt] * (words is not None) == [record.getMessage() for record in caplog.records]
    assert words is None or words in str(doubt)


def test_an_ended_certificate_is_a_doubt(pair: Pair) -> None:
    """A certificate whose time is over is refused by clients, and named so, when it is read again too."""
    certificate = Certificate(*pair)
    assert certificate.doubt() is None
    ended = pair.cert.with_name("ended.pem")
    openssl("x509", "-in", str(pair.cert), "-signkey", str(pair.key), "-days", "-1", "-out", str(ended))
    ended.replace(pair.cert)
    certificate.refresh()
    assert f"clients refuse the certificate in {pair.cert} (certificate has expired); renew it" == certificate.doubt()


def test_a_certificate_that_is_gone_meanwhile_is_a_doubt(pair: Pair) -> None:
    """Files that are replaced while they are looked at are no error: it would end what enforces the limits."""
    certificate = Certificate(*pair)
    pair.cert.write_text("half a")
    assert "cannot be looked at" in (certificate.doubt() or "")
    pair.cert.unlink()
    assert "cannot be looked at" in (certificate.doubt() or "")


def test_without_files_there_is_no_certificate() -> None:
    """Settings without a certificate mean plain HTTP."""
    assert certificate_of(None, None) is None


def test_a_renewed_certificate_is_taken(pair: Pair, authority: Authority) -> None:
    """New files, replaced one after the other, are shown to the next client; nothing is said in between."""
    certificate = Certificate(*pair)
    assert of_file(pair.cert) == shown_by(certificate)
    old, new = of_file(pair.cert), authority.issue("renewed")
    pair.cert.write_bytes(new.cert.read_bytes())
    certificate.refresh()
    assert old == shown_by(certificate)
    pair.key.write_bytes(new.key.read_bytes())
    certificate.refresh()
    assert of_file(new.cert) == shown_by(certificate)


@pytest.mark.parametrize("how", ["no key", "of another", "cut off", "encrypted", "gone", "a folder"])
def test_a_broken_renewal_keeps_the_old_one(
    pair: Pair, authority: Authority, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Files that do not fit change nothing and are one line of log, until they fit again."""
    certificate = Certificate(*pair)
    before = of_file(pair.cert)
    spoil(pair, authority, how)
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            certificate.refresh()
    assert before == shown_by(certificate)
    (record,) = caplog.records
    assert record.getMessage().startswith("the certificate stays as it was: tls_")
    if pair.cert.is_dir():
        pair.cert.rmdir()
    pair.replace_with(authority.issue("mended"))
    certificate.refresh()
    assert of_file(pair.cert) == shown_by(certificate)
    assert before != shown_by(certificate)
