#!/usr/bin/env python3
"""Makes the signed messages of this folder, and keys.toml with the public keys to check them by.

Needs dkimpy (written against 1.1.8) and openssl. The signatures are made by another program than
the one under test, and have the shape of Meta's (seen 2013 to 2022): h=Date:To:Subject:From:
MIME-Version:Content-Type, c=relaxed/simple, 1024 bits, a record without v=. The private keys are
never written down: a new run makes new keys and all files anew.
"""

import base64
import hashlib
import pathlib
import subprocess

from dkim.canonicalization import CanonicalizationPolicy
from dkim.crypto import RSASSA_PKCS1_v1_5_sign, parse_pem_private_key

HERE = pathlib.Path(__file__).parent
SIGNED_AT = 1700000000
COVERED = "Date:To:Subject:From:MIME-Version:Content-Type"
DOMAIN = "facebookmail.test"

FIELDS = [
    ("X-Facebook", "from 10.0.0.1 ([MTI3])\r\n by www.facebookmail.test with HTTPS (ZuckMail);"),
    ("Date", "Tue, 14 Nov 2023 14:13:20 -0800"),
    ("To", "me@example.org"),
    ("Subject", "A code for your objection"),
    ("X-Priority", "3"),
    ("From", '"Meta Privacy" <privacy@facebookmail.test>'),
    ("Reply-To", "noreply <noreply@facebookmail.test>"),
    ("Message-ID", "<02784ed69fa6b7e132d5209f121881ca@www.facebookmail.test>"),
    ("MIME-Version", "1.0"),
    ("Content-Type", 'text/html; charset="UTF-8"'),
    ("Content-Transfer-Encoding", "quoted-printable"),
]
BODY = (
    "<html><body>\r\n<p>Your code is  <b>123456</b>. </p>\r\n\r\n"
    "<p>Caf=C3=A9 =E2=80=93 Meta</p>\r\n</body></html>\r\n"
)

# The decision of June 2024, as its receiver published it, in the shape of Meta's mails.
DECISION = """<html><body style=3D"margin:0;padding:0;background-color:#f0f2f5">
<table width=3D"100%" cellpadding=3D"0" cellspacing=3D"0" border=3D"0"><tr>
<td align=3D"center" style=3D"padding:24px;font-family:Helvetica,Arial,sans-serif">
<table width=3D"560" cellpadding=3D"0" cellspacing=3D"0" style=3D"background-color:=
#ffffff"><tr><td style=3D"padding:16px;color:#1c1e21;font-size:16px;line-height:21px">
<p style=3D"margin:0 0 16px 0">Hi Martin,</p>
<p style=3D"margin:0 0 16px 0">We=E2=80=99ve reviewed your request and will honor =
your objection. This means your request will be applied going forward.</p>
<p style=3D"margin:0 0 16px 0">If you want to learn more about generative AI, and =
our privacy work in this new space, please review the information we have in =
Privacy Center.</p>
<p style=3D"margin:0 0 16px 0"><a href=3D"https://www.facebook.com/privacy/genai" =
style=3D"color:#1877f2;text-decoration:none">facebook.com/privacy/genai</a></p>
<p style=3D"margin:0 0 16px 0">This inbox cannot accept incoming messages. If you =
send us a reply, it won=E2=80=99t be received.</p>
<p style=3D"margin:0">Thanks,<br>Privacy Operations</p>
</td></tr></table></td></tr></table>
<span style=3D"display:none"><img src=3D"https://www.facebook.com/email_open_log_pic=
.php?mid=3DG5ac4070e3b2bc" width=3D"1" height=3D"1"></span></body></html>
""".replace("\n", "\r\n")

private = {}
records = {}


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def make_key(selector, bits=1024, domain=DOMAIN, record="k=rsa; t=s; h=sha256; p={}"):
    pem = openssl("genrsa", "-traditional", str(bits))
    der = openssl("rsa", "-pubout", "-outform", "DER", data=pem)
    private[selector, domain] = parse_pem_private_key(pem)
    records[f"{selector}._domainkey.{domain}"] = record.format(base64.b64encode(der).decode())


def sign(fields, body, tags, key):
    """The DKIM-Signature field over `fields` and `body`; its tags are taken as given."""
    given = dict(tags)
    policy = CanonicalizationPolicy.from_c_value(given["c"].encode())
    text = policy.canonicalize_body(body.encode())
    if "l" in given:
        text = text[: int(given["l"])]
    hash_of = hashlib.sha1 if given["a"].endswith("sha1") else hashlib.sha256
    bh = base64.b64encode(hash_of(text).digest()).decode()
    listed = "; ".join(f"{name}={bh if name == 'bh' else value}" for name, value in tags)
    own = (b"DKIM-Signature", f" {listed};\r\n\tb=".encode())
    pairs = [(name.encode(), f" {value}\r\n".encode()) for name, value in fields]
    hasher = hash_of()
    left = list(pairs)
    for name in given["h"].split(":"):
        for at in reversed(range(len(left))):
            if left[at][0].lower() == name.strip().lower().encode():
                for one, value in policy.canonicalize_headers([left.pop(at)]):
                    hasher.update(one + b":" + value)
                break
    for one, value in policy.canonicalize_headers([own]):
        hasher.update(one + b":" + value.rstrip())
    b = base64.b64encode(RSASSA_PKCS1_v1_5_sign(hasher, key)).decode()
    folded = "\r\n\t ".join(b[at : at + 72] for at in range(0, len(b), 72))
    return f"DKIM-Signature: {listed};\r\n\tb={folded}\r\n"


def write(name, selector="s1024", domain=DOMAIN, fields=None, body=BODY, after="", **changed):
    """One message. `changed` replaces, adds, or with None removes tags; `extra` goes in front."""
    fields = FIELDS if fields is None else fields
    extra = changed.pop("extra", [])
    tags = {"v": "1", "a": "rsa-sha256", "c": "relaxed/simple", "d": domain, "s": selector}
    tags |= {"t": str(SIGNED_AT), "bh": "", "h": COVERED} | changed
    tags = extra + [(tag, value) for tag, value in tags.items() if value is not None]
    field = sign(fields, body, tags, private[selector, domain])
    header = "".join(f"{name}: {value}\r\n" for name, value in fields)
    raw = f"{field}{header}\r\n{body}{after}".encode()
    (HERE / f"{name}.eml").write_bytes(raw)


def with_from(value):
    return [(name, value if name == "From" else old) for name, old in FIELDS]


def without(name):
    return ":".join(one for one in COVERED.split(":") if one != name)


def main():
    for old in HERE.glob("*.eml"):
        old.unlink()
    make_key("s1024")
    for bits in (512, 768, 2048):
        make_key(f"s{bits}", bits)
    for selector, tag in [("test", "t=y"), ("other", "s=other"), ("sha1", "h=sha1")]:
        make_key(selector, record="k=rsa; " + tag + "; p={}")
    make_key("loose", record="v=DKIM1; p={}")
    make_key("withdrawn", record="v=DKIM1; p=")
    make_key("s1024", domain="evil.test")
    make_key("s1024", domain="test")
    make_key("s1024", domain=f"sub.{DOMAIN}")

    subject = "Your objection to the use of your information for AI at Meta"
    decision = [(name, subject if name == "Subject" else old) for name, old in FIELDS]

    write("genuine")
    write("genuine-2048", "s2048")
    write("genuine-decision", "s2048", fields=decision, body=DECISION)
    write("genuine-simple", c="simple/simple")
    write("genuine-relaxed", c="relaxed/relaxed")
    write("genuine-blank-tail", c="relaxed/relaxed", body=BODY + " \r\n\t\r\n\r\n")
    write("genuine-no-end", body=BODY.rstrip())
    write("genuine-oversigned", h=f"{COVERED}:From:Subject")
    write("genuine-agent", i=f"@{DOMAIN}")
    write("genuine-agent-below", "loose", i=f"@mail.{DOMAIN}")
    write("genuine-upper-case", fields=with_from("Meta <privacy@FaceBookMail.TEST>"))

    for field in COVERED.split(":"):
        write(f"unsigned-{field.lower()}", h=without(field))
    write("length-exact", l=str(len(BODY)))
    write("length-short", l=str(len(BODY)), after="<p>Your code is 666666</p>\r\n")
    write("length-zero", l="0", after="<p>Your code is 666666</p>\r\n")
    write("expired", x=str(SIGNED_AT + 60))
    write("from-the-future", t=str(SIGNED_AT + 10 * 86400))
    write("rsa-sha1", a="rsa-sha1")
    write("rsa-512", "s512")
    write("rsa-768", "s768")
    for selector in ("test", "other", "sha1", "withdrawn"):
        write(f"key-{selector}", selector)
    write("twice-d", extra=[("d", "evil.test")])
    write("twice-s", extra=[("s", "other")])
    write("twice-h", extra=[("h", "From")])
    write("query-unknown", q="https")
    write("version-2", v="2")
    write("version-none", v=None)
    write("agent-foreign", i="@evil.test")
    write("agent-below-strict", i=f"@mail.{DOMAIN}")

    write("domain-evil", domain="evil.test")
    write("domain-parent", domain="test")
    write("domain-below", domain=f"sub.{DOMAIN}")
    write("sender-evil", domain="evil.test", fields=with_from("Meta Privacy <meta@evil.test>"))
    for name, value in {
        "encoded": f"=?utf-8?q?privacy=40{DOMAIN}?= <meta@evil.test>",
        "two": f"privacy@{DOMAIN}, meta@evil.test",
        "two-reversed": f"meta@evil.test, privacy@{DOMAIN}",
        "group": f"Meta: privacy@{DOMAIN};",
        "route": f"<@evil.test:privacy@{DOMAIN}>",
        "route-bare": f"@evil.test,@any.test:privacy@{DOMAIN}",
        "two-at": f"any@evil.testprivacy@{DOMAIN}",
        "comment": f"privacy@{DOMAIN} (Meta)",
        "quoted": f'"privacy"@{DOMAIN}',
        "junk": f"<privacy@{DOMAIN}>b",
        "homoglyph": "privacy@faceb\u03bfokmail.test",
        "idn": "privacy@xn--facebokmail-2of.test",
        "dot": f"privacy@{DOMAIN}.",
    }.items():
        write(f"from-{name}", fields=with_from(value))

    lines = ["# Public keys of the messages in this folder: made by make.py, like them."]
    lines += [f'"{name}" = "{record}"' for name, record in sorted(records.items())]
    (HERE / "keys.toml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
