"""doctor looks up what receiving servers look up, from a real DNS server on this machine."""

from __future__ import annotations

import base64
import socket
import threading
from dataclasses import replace

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter.domain.finding import Level
from newsletter.domain.mail_records import read_dmarc, read_spf, read_tags
from newsletter.providers.dns import Dns, Records
from newsletter.usecases.authentication import authentication
from newsletter.usecases.authentication.names import organisation
from newsletter.usecases.diagnosis import diagnose

DOMAIN = "loupe.example.com"


def public_key(bits):
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    return base64.b64encode(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()


KEY = public_key(2048)
SENDGRID = {
    (DOMAIN, "MX"): ["10 mx.example.com."],
    (f"em1.{DOMAIN}", "CNAME"): ["u1.wl.sendgrid.net."],
    ("u1.wl.sendgrid.net", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 -all"'],
    (f"s1._domainkey.{DOMAIN}", "CNAME"): ["s1.domainkey.u1.wl.sendgrid.net."],
    (f"s2._domainkey.{DOMAIN}", "CNAME"): ["s2.domainkey.u1.wl.sendgrid.net."],
    ("s1.domainkey.u1.wl.sendgrid.net", "TXT"): [f'"k=rsa; p={KEY[:200]}" "{KEY[200:]}"'],
    ("s2.domainkey.u1.wl.sendgrid.net", "TXT"): [f'"k=rsa; p={KEY[:200]}" "{KEY[200:]}"'],
    (f"_dmarc.{organisation(DOMAIN)}", "TXT"): ['"v=DMARC1; p=none; rua=mailto:dmarc@example.com"'],
    (f"news.{DOMAIN}", "A"): ["192.0.2.7"],
}


class Zone:
    """A DNS server over UDP and TCP that knows `records`; `broken` names get SERVFAIL."""

    def __init__(self):
        self.records = {}
        self.broken = set()
        self._stopped = False
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.port = self._udp.getsockname()[1]
        self._tcp = socket.create_server(("127.0.0.1", self.port))
        self._threads = [threading.Thread(target=run) for run in (self._datagrams, self._streams)]
        for thread in self._threads:
            thread.start()

    def close(self):
        self._stopped = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
            knock.sendto(b"", ("127.0.0.1", self.port))
        socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()

    def _datagrams(self):
        while True:
            asked, peer = self._udp.recvfrom(4096)
            if self._stopped:
                return
            answer = self._answer(asked)
            if len(answer) > 512:
                short = dns.message.make_response(dns.message.from_wire(asked))
                short.flags |= dns.flags.TC
                answer = short.to_wire()
            self._udp.sendto(answer, peer)

    def _streams(self):
        while True:
            peer, _ = self._tcp.accept()
            with peer:
                if self._stopped:
                    return
                size = int.from_bytes(peer.recv(2), "big")
                answer = self._answer(peer.recv(size))
                peer.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, asked):
        query = dns.message.from_wire(asked)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype
        if name in self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer.to_wire()
        wanted = dns.rdatatype.to_text(kind)
        while True:
            exists = any(known == name for known, _ in self.records)
            if (name, wanted) in self.records:
                answer.answer.append(self._set(name, wanted))
            elif (name, "CNAME") in self.records:
                answer.answer.append(self._set(name, "CNAME"))
                name = self.records[name, "CNAME"][0].rstrip(".")
                continue
            break
        if not exists:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()

    def _set(self, name, kind):
        return dns.rrset.from_text(f"{name}.", 60, "IN", kind, *self.records[name, kind])


@pytest.fixture(scope="module")
def server():
    zone = Zone()
    yield zone
    zone.close()


@pytest.fixture
def zone(server):
    server.records, server.broken = dict(SENDGRID), set()
    return server


@pytest.fixture
def ask(zone):
    return Dns(("127.0.0.1",), port=zone.port, seconds=2)


@pytest.fixture
def look(through_sendgrid, ask):
    """{what: (level, message)} of the DNS part of doctor, with other settings of `sending`."""

    def found(sender=f"editor@{DOMAIN}", **names):
        settings = through_sendgrid.settings
        told = {"return_path": f"em1.{DOMAIN}"} | names
        sending = settings.sending.model_copy(
            update={
                "authentication": settings.sending.authentication.model_copy(update=told),
            }
        )
        mailbox = settings.publication.sender.model_copy(update={"email": sender})
        publication = settings.publication.model_copy(update={"sender": mailbox})
        changed = settings.model_copy(update={"sending": sending, "publication": publication})
        here = replace(through_sendgrid, settings=changed)
        return {one.what: (one.level, one.message) for one in authentication(here, ask)}

    return found


def test_a_domain_with_everything_is_well(look):
    found = look()
    assert {level for level, _ in found.values()} == {None}
    assert {"DMARC", "DKIM s1", "DKIM s2", f"SPF of em1.{DOMAIN}", f"MX of {DOMAIN}"} <= set(found)


def test_doctor_tells_it(through_sendgrid, ask):
    assert "DMARC" in {one.what for one in diagnose(through_sendgrid, ask)}


def test_nothing_is_looked_up_where_nothing_is_sent(workspace):
    def never(name, kind):
        raise AssertionError(name)

    assert diagnose(workspace, never) == diagnose(workspace)


def test_a_freemail_sender_is_refused_without_a_question(look, zone):
    zone.records = {}
    found = look(sender="the.loupe@gmail.com")
    assert found.keys() == {"sender domain"}
    assert found["sender domain"][0] is Level.ERROR


S1, EM = f"s1._domainkey.{DOMAIN}", f"em1.{DOMAIN}"
SPF = "u1.wl.sendgrid.net", "TXT"
DMARC = f"_dmarc.{organisation(DOMAIN)}", "TXT"
MISTAKES = [
    ("DKIM s1", {(S1, "CNAME"): None}, Level.ERROR, f"publish the CNAME for {S1}"),
    ("DKIM s1", {(S1, "CNAME"): ["gone.example.net."]}, Level.ERROR, "does not exist"),
    (
        "DKIM s1",
        {("s1.domainkey.u1.wl.sendgrid.net", "TXT"): ['"k=rsa; p="']},
        Level.ERROR,
        "withdrawn",
    ),
    (
        "DKIM s1",
        {("s1.domainkey.u1.wl.sendgrid.net", "TXT"): ['"k=rsa; p=AAAA"']},
        Level.ERROR,
        "cannot be read",
    ),
    (
        "DKIM s1",
        {
            (S1, "CNAME"): ["key.other.example."],
            ("key.other.example", "TXT"): [f'"p={KEY[:200]}" "{KEY[200:]}"'],
        },
        Level.WARNING,
        "not to SendGrid",
    ),
    (f"SPF of {EM}", {(EM, "CNAME"): None}, Level.ERROR, f"publish the CNAME for {EM}"),
    (f"SPF of {EM}", {SPF: None}, Level.ERROR, "does not exist"),
    (f"SPF of {EM}", {SPF: ['"v=spf1 -all"', '"v=spf1 ~all"']}, Level.ERROR, "2 SPF records"),
    (f"SPF of {EM}", {SPF: ['"v=spf1 +all"']}, Level.ERROR, "anybody"),
    (f"SPF of {EM}", {SPF: ['"v=spf1 mx"']}, Level.WARNING, "~all or -all"),
    (
        f"SPF of {EM}",
        {
            SPF: ['"v=spf1 include:a.example include:b.example -all"'],
            ("a.example", "TXT"): ['"v=spf1 a mx ptr exists:x.example ~all"'],
            ("b.example", "TXT"): ['"v=spf1 a mx a:c.example mx:d.example include:b.example ~all"'],
        },
        Level.ERROR,
        "11 look-ups",
    ),
    ("DMARC", {DMARC: None}, Level.ERROR, "v=DMARC1; p=none; rua=mailto:dmarc@example.com"),
    ("DMARC", {DMARC: ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']}, Level.ERROR, "2 records"),
    ("DMARC", {DMARC: ['"v=DMARC1; rua=mailto:a@example.com"']}, Level.ERROR, "names no policy"),
    ("DMARC", {DMARC: ['"v=DMARC1; p=reject"']}, Level.NOTE, "rua"),
    (f"MX of {DOMAIN}", {(DOMAIN, "MX"): ["0 ."]}, Level.WARNING, "takes no mail"),
    (f"MX of {DOMAIN}", {(DOMAIN, "MX"): None}, Level.ERROR, "no domain"),
    (f"host news.{DOMAIN}", {(f"news.{DOMAIN}", "A"): None}, Level.ERROR, "nowhere"),
]


@pytest.mark.parametrize(("what", "changes", "level", "words"), MISTAKES)
def test_each_mistake_is_told_with_its_remedy(look, zone, what, changes, level, words):
    for place, values in changes.items():
        zone.records.pop(place, None)
        if values:
            zone.records[place] = values
    found = look()
    assert found[what][0] is level
    assert words in found[what][1]


def test_a_dangling_link_domain_is_an_error(look, zone):
    zone.records[f"url1.{DOMAIN}", "CNAME"] = ["gone.example.net."]
    found = look(links=f"url1.{DOMAIN}")
    level, message = found[f"links at url1.{DOMAIN}"]
    assert (level, "gone.example.net" in message) == (Level.ERROR, True)


def test_without_a_return_path_spf_cannot_be_judged(look):
    level, message = look(return_path=None)["SPF"]
    assert (level, "return_path" in message) == (Level.WARNING, True)


def test_a_return_path_elsewhere_is_not_aligned(look, zone):
    zone.records["bounces.other.example.org", "TXT"] = ['"v=spf1 mx -all"']
    level, message = look(return_path="bounces.other.example.org")[
        "SPF of bounces.other.example.org"
    ]
    assert (level, "not aligned" in message) == (Level.WARNING, True)


def test_strict_alignment_does_not_fit_a_return_path_below(look, zone):
    zone.records[DMARC] = ['"v=DMARC1; p=reject; aspf=s; rua=mailto:a@example.com"']
    level, message = look()["DMARC"]
    assert (level, "aspf=s" in message) == (Level.WARNING, True)


def test_a_silent_server_is_no_verdict(look, zone):
    zone.broken = {f"_dmarc.{DOMAIN}", f"s1._domainkey.{DOMAIN}"}
    found = look()
    assert found["DMARC"] == found["DKIM s1"] == (Level.WARNING, found["DMARC"][1])
    assert "try again" in found["DMARC"][1]


def test_names_records_and_silence_are_told_apart(ask, zone):
    zone.broken = {"silent.example"}
    assert ask(DOMAIN, "TXT") == Records(())
    assert ask("nowhere.example", "TXT") == Records((), exists=False)
    assert ask("silent.example", "TXT") is None
    assert ask(f"em1.{DOMAIN}", "TXT") == Records(("v=spf1 ip4:192.0.2.0/24 -all",))


def test_a_server_that_is_not_there_is_silence():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        assert (
            Dns(("127.0.0.1",), port=unused.getsockname()[1], seconds=0.2)("a.example", "A") is None
        )


@pytest.mark.parametrize(
    ("text", "all_", "lookups"),
    [
        ("v=spf1 -all", "-", 0),
        ("v=spf1 all", "+", 0),
        ("V=SPF1 a mx/24 include:x.example ?all", "?", 3),
        ("v=spf1 ip4:192.0.2.1 redirect=x.example", "", 1),
        ("v=spf1", "", 0),
    ],
)
def test_spf_records_are_read(text, all_, lookups):
    spf = read_spf(text)
    assert (spf.all, spf.lookups) == (all_, lookups)


def test_other_texts_are_no_records():
    assert read_spf("") is read_spf("v=spf10 -all") is None
    assert read_dmarc("v=DMARC11; p=none") is read_dmarc("google-site-verification=x") is None
    assert read_tags("k=rsa; p=AB C") == {"k": "rsa", "p": "ABC"}
