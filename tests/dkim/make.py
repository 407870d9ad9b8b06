#!/usr/bin/env python3
"""Makes the table of this folder: messages, the verdict that each must get, and public keys.

NAME.eml is the message, NAME.toml what must be said of it, keys.toml what DNS says. The verdicts
are stated here by hand, next to each case, and never computed by the program under test.

Needs dkimpy (written against 1.1.8) and openssl. The signatures are made by another program than
the one under test, and have the shape of Meta's (seen 2013 to 2022): h=Date:To:Subject:From:
MIME-Version:Content-Type, c=relaxed/simple, 1024 bits, a record without v=. What is called genuine
here must also hold for dkimpy's own verifier. The private keys are never written down: a new run
makes new keys and all files anew.

"espoofer aN" is case server_aN of github.com/chenjj/espoofer (USENIX Security 2020, "Composition
Kills").
"""

import base64
import hashlib
import json
import pathlib
import subprocess
import tempfile
import time

import dkim
from dkim.canonicalization import CanonicalizationPolicy
from dkim.crypto import RSASSA_PKCS1_v1_5_sign, parse_pem_private_key

HERE = pathlib.Path(__file__).parent
SIGNED_AT = 1700000000
NOW = SIGNED_AT + 600
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



# The b1_ boundary and the two parts of a notification of 2017.
BOUNDARY = "b1_02784ed69fa6b7e132d5209f121881ca"
ALTERNATIVE = f"""--{BOUNDARY}
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

Your code is 123456. Caf=C3=A9

--{BOUNDARY}
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<html><body><p>Your code is <b>123456</b>. Caf=C3=A9</p></body></html>

--{BOUNDARY}--
""".replace("\n", "\r\n")

# The fields that Meta's own machines added to a code of 2020.
ADDED_BY_META = """X-Mailer: ZuckMail [version 1.00]
Errors-To: privacy@facebookmail.test
X-Facebook-Notify: ig_verify_email_for_recovery; mailid=5ac40274dafeaG24bc2cdafa4000G5ac4G37f
Feedback-ID: 9999:ig_verify_email_for_recovery:Facebook
X-FACEBOOK-PRIORITY: 0
X-Auto-Response-Suppress: All
List-Unsubscribe: <https://www.facebook.test/o.php?k=AS1&u=100&mid=5ac4>
""".replace("\n", "\r\n")

# What the way to the mailbox puts on top, with a seal by a stranger.
ADDED_ON_THE_WAY = """Return-Path: <privacy@facebookmail.test>
Delivered-To: me@example.org
ARC-Seal: i=1; a=rsa-sha256; t=1700000100; cv=none; d=evil.test; s=s1024; b=QUJD
ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=evil.test; s=s1024;
\th=from:to:subject; bh=QUJD; b=QUJD
ARC-Authentication-Results: i=1; mx.example.org; dkim=pass header.d=facebookmail.test
Authentication-Results: mx.example.org; dkim=pass header.i=@facebookmail.test
\theader.s=s1024 header.b=nuhyCIE0; spf=pass smtp.mailfrom=privacy@facebookmail.test
Received-SPF: pass (mx.example.org: domain of privacy@facebookmail.test)
Received: from mx.example.org (mx.example.org [192.0.2.1])
\tby mail.example.org with LMTP; Tue, 14 Nov 2023 22:13:25 +0000
Received: from 66-220-155-158.outmail.facebook.test ([192.0.2.2])
\tby mx.example.org with ESMTPS; Tue, 14 Nov 2023 22:13:24 +0000
""".replace("\n", "\r\n")

private = {}
records = {}
names = set()


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def publish(selector, domain, record, public):
    name = f"{selector}._domainkey.{domain}"
    records[name] = record.replace("{}", base64.b64encode(public).decode())


def make_key(selector, bits=1024, domain=DOMAIN, record="k=rsa; t=s; h=sha256; p={}"):
    pem = openssl("genrsa", "-traditional", str(bits))
    private[selector, domain] = parse_pem_private_key(pem)
    publish(selector, domain, record, openssl("rsa", "-pubout", "-outform", "DER", data=pem))


def make_ed25519_key(selector, record="v=DKIM1; k=ed25519; p={}"):
    pem = openssl("genpkey", "-algorithm", "ed25519")
    private[selector, DOMAIN] = pem
    # RFC 8463, 4: the bare key, which is the end of what openssl gives.
    public = openssl("pkey", "-pubout", "-outform", "DER", data=pem)[-32:]
    publish(selector, DOMAIN, record, public)


def sign(hasher, key):
    if not isinstance(key, bytes):
        return RSASSA_PKCS1_v1_5_sign(hasher, key)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_bytes(key)
        # RFC 8463, 3: what is signed is the hash.
        (folder / "hash").write_bytes(hasher.digest())
        names = ["-inkey", str(folder / "key"), "-in", str(folder / "hash")]
        return openssl("pkeyutl", "-sign", "-rawin", *names)


def to_bytes(text):
    """UTF-8, but a lone surrogate stands for a byte that is none."""
    return text.encode(errors="surrogateescape")


def signature(
    selector="s1024",
    domain=DOMAIN,
    fields=FIELDS,
    body=BODY,
    called="DKIM-Signature",
    key=None,
    extra=(),
    end="",
    spell=None,
    digest=None,
    **changed,
):
    """A signature field over `fields` and `body`.

    `changed` replaces, adds, or with None removes tags; a value in which @ stands alone gets what
    belongs there. `extra` tags go in front, `end` at the end. `key` names another private key than
    that of `selector` and `domain`, `digest` another hash for b=; `spell` respells b=.
    """
    tags = {"v": "1", "a": "rsa-sha256", "c": "relaxed/simple", "d": domain, "s": selector}
    tags |= {"t": str(SIGNED_AT), "bh": "@", "h": COVERED, "b": "@"} | changed
    tags = list(extra) + [(tag, value) for tag, value in tags.items() if value is not None]
    given = dict(tags)
    form = given.get("c", "simple")
    known = form if form.replace("/", "").replace("simple", "").replace("relaxed", "") == "" else ""
    policy = CanonicalizationPolicy.from_c_value((known or "relaxed/simple").encode())
    text = policy.canonicalize_body(to_bytes(body))
    if given.get("l", "").isdigit():
        text = text[: int(given["l"])]
    hash_of = hashlib.sha1 if given.get("a", "").endswith("sha1") else hashlib.sha256
    bh = base64.b64encode(hash_of(text).digest()).decode()
    parts = []
    for tag, value in tags:
        if tag == "b" and value == "@":
            parts.append("\r\n\tb=@")
        else:
            parts.append(f" {tag}={bh if (tag, value) == ('bh', '@') else value}")
    value = ";".join(parts) + end
    hasher = (digest or hash_of)()
    left = [(to_bytes(one), to_bytes(f" {content}\r\n")) for one, content in fields]
    for listed in given.get("h", COVERED).split(":"):
        for at in reversed(range(len(left))):
            if left[at][0].lower() == listed.strip().lower().encode():
                for one, content in policy.canonicalize_headers([left.pop(at)]):
                    hasher.update(one + b":" + content)
                break
    own = (called.encode(), to_bytes(value.replace("b=@", "b=")))
    for one, content in policy.canonicalize_headers([own]):
        hasher.update(one + b":" + content.rstrip(b"\r\n"))
    b = base64.b64encode(sign(hasher, private[key or (selector, domain)])).decode()
    b = spell(b) if spell else b
    folded = "\r\n\t ".join(b[at : at + 72] for at in range(0, len(b), 72))
    return f"{called}:{value.replace('b=@', 'b=' + folded)}\r\n"


def message(fields=FIELDS, body=BODY, own=None, above="", below="", tail="", swap=(), **how):
    """One message with the signature that `how` asks for, or with `own` in its place.

    What comes after the signing: lines `above` and `below` all fields, `tail` after the body, and
    each pair of `swap`, new for old.
    """
    if own is None:
        own = signature(fields=fields, body=body, **how)
    header = "".join(f"{name}: {value}\r\n" for name, value in fields)
    raw = f"{above}{own}{header}{below}\r\n{body}{tail}"
    for old, new in swap:
        assert old in raw, old
        raw = raw.replace(old, new, 1)
    return to_bytes(raw)


def holds_for_dkimpy(raw):
    answers = {f"{name}.".encode(): record.encode() for name, record in records.items()}
    checker = dkim.DKIM(raw)
    count = sum(name.lower() == b"dkim-signature" for name, _ in checker.headers)
    for at in range(count):
        try:
            checker = dkim.DKIM(raw)
            if checker.verify(at, dnsfunc=lambda name, timeout=0: answers.get(name.lower())):
                return True
        except dkim.DKIMException:
            continue
    return False


def put(name, about, raw, verdict, rule=None):
    assert name not in names, name
    names.add(name)
    result, reason, questions = verdict
    lines = [f"about = {json.dumps(about, ensure_ascii=False)}"]
    lines += [f'rule = "{rule}"'] if rule else []
    lines += ["", "[expected]", f'result = "{result}"', f"reason = {json.dumps(reason)}"]
    lines += [f"questions = {questions}", ""]
    (HERE / f"{name}.eml").write_bytes(raw)
    (HERE / f"{name}.toml").write_text("\n".join(lines))


def genuine(name, about, oracle=True, questions=1, **how):
    raw = message(**how)
    # dkimpy cannot check Ed25519 here: it wants a library that openssl replaces.
    assert not oracle or holds_for_dkimpy(raw), name
    put(name, about, raw, ("genuine", f"its signature by {DOMAIN} holds", questions))


def forged(rule, name, about, reason, questions=0, **how):
    put(name, about, message(**how), ("forged", reason, questions), rule)


def unproven(rule, name, about, reason, questions=1, **how):
    put(name, about, message(**how), ("unproven", reason, questions), rule)


def having(**changed):
    """The usual fields with other values: `_` stands for a hyphen, None removes a field."""
    changed = {name.replace("_", "-"): value for name, value in changed.items()}
    assert not set(changed) - {name for name, _ in FIELDS}
    fields = [(name, changed.get(name, value)) for name, value in FIELDS]
    return [(name, value) for name, value in fields if value is not None]


def without(name):
    return ":".join(one for one in COVERED.split(":") if one != name)


def make_keys():
    make_key("s1024")
    for bits in (512, 768, 1016, 2048, 4096):
        make_key(f"s{bits}", bits)
    make_ed25519_key("ed25519")
    make_key("loose", record="v=DKIM1; p={}")
    full = "v=DKIM1; k=rsa; h=sha1:sha256; s=email; t=s; n=for mail; x=1; p={};"
    make_key("full", record=full)
    make_key("any", record="s=*; h=sha256; p={}")
    make_key("s1024-2011-q2", record="k=rsa; t=s; h=sha256; p={}")
    for selector, tag in [
        ("test", "t=y"),
        ("test-strict", "t=s:y"),
        ("other", "s=other"),
        ("tlsrpt", "s=tlsrpt"),
        ("sha1", "h=sha1"),
        ("kind", "k=ed25519"),
        ("dsa", "k=dsa"),
        ("version", "v=DKIM2"),
        ("twice", "p=AAAA"),
    ]:
        make_key(selector, record="k=rsa; " + tag + "; p={}")
    for selector in ("kind", "dsa"):
        name = f"{selector}._domainkey.{DOMAIN}"
        records[name] = records[name].replace("k=rsa; ", "")
    make_key("withdrawn", record="v=DKIM1; p=")
    make_key("garbage", record="v=DKIM1; k=rsa; p=%%%{}")
    make_key("spf", record="v=spf1 -all")
    make_key("gone")
    del records[f"gone._domainkey.{DOMAIN}"]
    below, beside, above = f"sub.{DOMAIN}", f"evil{DOMAIN}", f"{DOMAIN}.evil.test"
    for domain in ("uni.test", "list.test", "evil.test", "test", below, beside, above):
        make_key("s1024", domain=domain)


def genuine_shapes():
    genuine("genuine", "the plainest of Meta's shapes: HTML only, quoted-printable")
    subject = "Your objection to the use of your information for AI at Meta"
    genuine(
        "genuine-decision",
        "the decision of June 2024, signed with 2048 bits",
        selector="s2048",
        fields=having(Subject=subject),
        body=DECISION,
    )
    boundary = having(Content_Type=f'multipart/alternative;\r\n\tboundary="{BOUNDARY}"')
    genuine(
        "genuine-alternative",
        "a notification of 2017: text and HTML with a b1_ boundary",
        fields=boundary,
        body=ALTERNATIVE,
    )
    genuine(
        "genuine-instagram",
        "the fields around an Instagram code of 2020, unsigned and below the signed ones",
        below=ADDED_BY_META,
    )
    genuine(
        "genuine-2011",
        "the shape of 2011: another order of h=, and i=",
        selector="s1024-2011-q2",
        i=f"@{DOMAIN}",
        h="From:Subject:Date:To:MIME-Version:Content-Type",
    )
    genuine(
        "genuine-plain",
        "no MIME at all; h= names what is not there (RFC 6376, 5.4.2)",
        fields=having(MIME_Version=None, Content_Type=None, Content_Transfer_Encoding=None),
        body="Your code is 123456.\r\n",
    )
    genuine(
        "genuine-no-mime-version",
        "a Content-Type without a MIME-Version, and h= without it too",
        fields=having(MIME_Version=None),
        h=without("MIME-Version"),
    )
    genuine("genuine-no-time", "no t=: it is only RECOMMENDED (RFC 6376, 3.5)", t=None)
    genuine("genuine-old", "t= of ten years ago: no fault of a signature", t="1384438400")
    genuine("genuine-clock", "t= five minutes ahead: clocks differ", t=str(NOW + 300))
    genuine("genuine-expires-later", "x= in a day (RFC 6376, 3.5)", x=str(NOW + 86400))
    genuine("genuine-query", "q=dns/txt said aloud (RFC 6376, 3.5)", q="dns/txt")
    genuine(
        "genuine-unknown-tags",
        "tags that a verifier has to ignore: z=, r=y and an unknown one (RFC 6376, 3.2)",
        r="y",
        z="From:Meta|Subject:A=20code",
        unknown_1="x",
    )
    genuine("genuine-oversigned", "h= names fields once more", h=f"{COVERED}:From:Subject")
    genuine(
        "genuine-oversigned-absent",
        "h= promises that there is no Cc, Sender or Resent-From (RFC 6376, 5.4.2)",
        h=f"{COVERED}:Cc:Sender:Resent-From",
    )
    genuine("genuine-agent", "i= is the domain itself, as the key's t=s wants", i=f"@{DOMAIN}")
    genuine(
        "genuine-agent-below",
        "i= below the domain, which a key without t=s allows (RFC 6376, 3.6.1)",
        selector="loose",
        i=f"@mail.{DOMAIN}",
    )
    genuine("genuine-agent-person", "i= with a local part", i=f"privacy@{DOMAIN}")


def genuine_senders():
    for name, about, value in [
        ("plus-address", "the plus-addressed sender of 2010", f"notification+o9=o_tfc@{DOMAIN}"),
        ("no-name", "an address without a name", f"<notification@{DOMAIN}>"),
        ("name-unquoted", "a name without quotes", f"Meta Privacy <privacy@{DOMAIN}>"),
        (
            "name-with-address",
            "commas, brackets and another address, all within quotes",
            f'"Meta, Inc. (Privacy) <meta@evil.test>" <privacy@{DOMAIN}>',
        ),
        (
            "name-escaped",
            "an escaped quote within quotes (RFC 5322, 3.2.4)",
            f'"Meta \\" <x@evil.test>" <privacy@{DOMAIN}>',
        ),
        ("name-encoded", "an encoded name (RFC 2047)", f"=?UTF-8?B?TcOpdGE=?= <privacy@{DOMAIN}>"),
        (
            "name-encoded-folded",
            "two encoded words on two lines (RFC 2047, 2)",
            f"=?utf-8?Q?Facebook_lub/i?=\r\n =?utf-8?Q?_Instagram_=C5=82?= <privacy@{DOMAIN}>",
        ),
        ("name-utf8", "a name in plain UTF-8 (RFC 6532)", f"Méta Ł <privacy@{DOMAIN}>"),
        ("name-latin1", "a name in plain Latin-1", f"M\udce9ta <privacy@{DOMAIN}>"),
        ("from-folded", "a From on two lines", f'"Meta Privacy"\r\n <privacy@{DOMAIN}>'),
        ("upper-case", "a domain in mixed case", "Meta <privacy@FaceBookMail.TEST>"),
    ]:
        genuine(f"genuine-{name}", f"From: {about}", fields=having(From=value))
    folded = having(
        To='"Doe, Jane"\r\n\t<me@example.org>',
        Subject="=?UTF-8?B?RGVpbiBDb2RlIGbDvHIgZGVu?=\r\n =?UTF-8?B?IFdpZGVyc3BydWNo?=\r\n !",
    )
    genuine("genuine-folded", "To and Subject on several lines", fields=folded)
    genuine(
        "genuine-folded-simple",
        "To and Subject on several lines, header as it stands",
        fields=folded,
        c="simple/simple",
    )
    long = having(Subject="A code for your objection " * 40)
    genuine("genuine-long-subject", "a Subject of a thousand characters", fields=long)
    shouted = [(name.upper(), value) for name, value in FIELDS]
    genuine("genuine-names-upper", "field names in upper case, h= not", fields=shouted)
    genuine("genuine-h-lower", "h= in lower case", h=COVERED.lower())
    blanks = COVERED.replace(":", " : ").replace("From :", "From\r\n\t:")
    genuine("genuine-h-blanks", "h= with blanks and on two lines (RFC 6376, 3.5)", h=blanks)
    genuine(
        "genuine-tags-upper",
        "d= and s= in upper case: names of DNS (RFC 6376, 3.5; RFC 4343)",
        d=DOMAIN.upper(),
        s="S1024",
    )
    genuine(
        "genuine-field-upper",
        "the signature's own name in upper case, relaxed",
        called="DKIM-SIGNATURE",
    )


def genuine_forms():
    for c in ("simple/simple", "relaxed/relaxed", "simple/relaxed", "relaxed", "simple"):
        about = f"c={c} (RFC 6376, 3.4)"
        genuine(f"genuine-{c.replace('/', '-')}", about, c=c)
    genuine("genuine-no-c", "no c=: simple/simple (RFC 6376, 3.5)", c=None)
    blank_tail = BODY + " \r\n\t\r\n\r\n"
    genuine(
        "genuine-blank-tail",
        "lines of blanks at the end, which relaxed form drops (RFC 6376, 3.4.4)",
        c="relaxed/relaxed",
        body=blank_tail,
    )
    genuine("genuine-empty-tail", "empty lines at the end", body=BODY + "\r\n\r\n\r\n")
    genuine("genuine-lost-tail", "empty lines added by the way", tail="\r\n\r\n")
    genuine("genuine-no-end", "the last line does not end", body=BODY.rstrip())
    genuine("genuine-empty", "no text, simple: one line end (RFC 6376, 3.4.3)", body="")
    genuine(
        "genuine-empty-relaxed",
        "no text, relaxed: nothing (RFC 6376, 3.4.4)",
        body="",
        c="relaxed/relaxed",
    )
    respaced = [("your code", "your \t code"), ("Your code is  ", "Your code is \t")]
    respaced[0] = ("A code for your", "A  code for\r\n\tyour")
    genuine(
        "genuine-respaced",
        "relaxed: blanks and folds of the way (RFC 6376, 3.4.2 and 3.4.4)",
        c="relaxed/relaxed",
        swap=respaced,
    )
    genuine(
        "genuine-8bit",
        "text in 8 bits",
        fields=having(Content_Transfer_Encoding="8bit"),
        body="<p>Dein Code für den Widerspruch: 123456</p>\r\n",
    )
    lines = base64.b64encode(to_bytes(BODY * 3)).decode()
    lines = "".join(f"{lines[at : at + 76]}\r\n" for at in range(0, len(lines), 76))
    base = having(Content_Transfer_Encoding="base64")
    genuine("genuine-base64", "text in base64", fields=base, body=lines)
    genuine("genuine-dots", "lines that begin with dots", body="..\r\n.\r\n.code 123456\r\n")


def genuine_keys_and_signatures():
    genuine("genuine-2048", "a key of 2048 bits", selector="s2048")
    genuine("genuine-4096", "a key of 4096 bits", selector="s4096")
    genuine(
        "genuine-ed25519",
        "Ed25519 (RFC 8463)",
        oracle=False,
        selector="ed25519",
        a="ed25519-sha256",
    )
    genuine("genuine-key-full", "a record with all tags (RFC 6376, 3.6.1)", selector="full")
    genuine("genuine-key-any", "a record for any service, in another order", selector="any")
    genuine("genuine-b-early", "b= in the middle", extra=[("b", "@")], b=None)
    genuine("genuine-last-semicolon", "a semicolon at the end (RFC 6376, 3.2)", end=";")
    at_end = signature()
    genuine("genuine-below", "the signature below all fields", own="", below=at_end)
    stranger = signature(domain="evil.test")
    genuine("genuine-stranger-above", "a relay's signature above", above=stranger)
    genuine("genuine-stranger-below", "a relay's signature below", below=stranger)
    genuine("genuine-strangers", "sixty strangers' signatures above: M-15", above=stranger * 60)
    other = signature("ed25519", a="ed25519-sha256")
    genuine("genuine-both", "Ed25519 above RSA: the first that holds counts", above=other)
    genuine(
        "genuine-mended",
        "a broken signature of the same key above, as a resent message has",
        above=signature().replace(f"t={SIGNED_AT}", f"t={SIGNED_AT + 1}"),
    )
    broken = signature(t=str(SIGNED_AT + 1)).replace(f"t={SIGNED_AT + 1}", f"t={SIGNED_AT}")
    genuine("genuine-fifth", "four broken signatures and the good one", above=broken * 4)
    genuine("genuine-sha1-above", "a SHA-1 signature above", above=signature(a="rsa-sha1"))
    genuine("genuine-junk-above", "a signature that is none", above="DKIM-Signature: nonsense\r\n")
    genuine(
        "genuine-other-key-gone",
        "a signature above whose key does not exist: two names are asked for",
        above=signature("gone"),
        questions=2,
    )


def genuine_ways():
    genuine("genuine-relayed", "the fields of the way above", above=ADDED_ON_THE_WAY)
    genuine(
        "genuine-called-forged",
        "M-16: the word of whoever wrote Authentication-Results counts for nothing",
        above="Authentication-Results: mx.example.org; dkim=fail header.d=facebookmail.test\r\n",
    )
    genuine(
        "genuine-resent",
        "resent by its reader (RFC 5322, 3.6.6): no sender of the message",
        above="Resent-From: me@example.org\r\nResent-To: you@example.org\r\n",
    )
    for name, about, old, new in [
        ("reply-to", "Reply-To", "noreply@facebookmail.test", "meta@evil.test"),
        ("message-id", "Message-ID", "<02784ed6", "<12784ed6"),
        ("encoding", "Content-Transfer-Encoding (M-22)", "quoted-printable", "base64"),
        ("priority", "X-Priority", "X-Priority: 3", "X-Priority: 1"),
    ]:
        genuine(
            f"genuine-other-{name}",
            f"{about} is not signed: changed, it neither helps nor harms",
            swap=[(old, new)],
        )
    genuine(
        "genuine-no-encoding",
        "Content-Transfer-Encoding is not signed: it may be missing (M-22)",
        swap=[("Content-Transfer-Encoding: quoted-printable\r\n", "")],
    )
    genuine(
        "genuine-with-sender",
        "a Sender is not read and proves nothing",
        above="Sender: meta@evil.test\r\n",
    )


def forged_syntax():
    def case(name, about, reason="not a proper field", **how):
        forged("syntax", name, about, reason, **how)

    nul = "a NUL byte"
    case("nul-in-text", "NUL ends the text for some readers", nul, swap=[("1234", "12\x0034")])
    case("nul-in-from", "NUL ends the address for some", nul, swap=[("@face", "@\x00face")])
    case(
        "nul-in-selector",
        "espoofer a3: NUL in s=, so that DNS is asked for the forger's name",
        nul,
        domain=DOMAIN,
        key=("s1024", "evil.test"),
        s="s1024._domainkey.evil.test.\x00.any",
    )
    cr = "a carriage return that ends no line"
    case("cr-in-subject", "a bare CR: some see two fields", cr, swap=[("A code", "A\rcode")])
    case("cr-hides-from", "a bare CR hides a From", cr, above="X-A: b\rFrom: meta@evil.test\r\n")
    case("cr-cr", "CR CR LF", cr, swap=[("X-Priority: 3\r\n", "X-Priority: 3\r\r\n")])
    evil = "From: meta@evil.test\r\n"
    case("from-indented", "espoofer a9: a blank before the first From", above=f" {evil}")
    case("from-blank-above", "espoofer a10: `From :`", above="From : meta@evil.test\r\n")
    case("from-blank-below", "espoofer a10: `From :`, below", below="From : meta@evil.test\r\n")
    case("from-tab-above", "a tab before the colon", above="From\t: meta@evil.test\r\n")
    case("from-fold-above", "espoofer a11: the colon on the next line", above="From\r\n : x@e.t\r\n")
    case(
        "from-fold-sender",
        "espoofer a12: a From that is none, and Meta as Sender",
        above=f"Sender: <privacy@{DOMAIN}>\r\n",
        own="",
        swap=[("From: ", "From\r\n : ")],
    )
    case(
        "from-fold-resent",
        "espoofer a13: a From that is none, and Meta as Resent-From",
        above=f"Resent-From: <privacy@{DOMAIN}>\r\n",
        own="",
        swap=[("From: ", "From\r\n : ")],
    )
    case("from-split", "a blank within the name", above="Fr om: meta@evil.test\r\n")
    case("from-cyrillic", "a Cyrillic letter in the name", above="Fr\u043em: meta@evil.test\r\n")
    case("subject-bell", "a control character in the name", above="Sub\x07ject: 666666\r\n")
    case("no-colon", "a line without a colon", above="Subject 666666\r\n")
    case("no-name", "a line that begins with the colon", below=": meta@evil.test\r\n")
    case("mbox-line", "a line of an mbox file on top", above="From x@y.z Tue Nov 14 2023\r\n")
    case("mbox-escaped", "a quoted line of an mbox file on top", above=f">From x@y\r\n{evil}")
    case("no-header", "an empty line first: all the header is text", "no header", above="\r\n")
    many = "X-A: b\r\n" * 500
    case("fields-501", "more than 500 fields", "more than 500 fields", above=many)
    wide = f"X-A: {'x' * 256 * 1024}\r\n"
    case("header-257k", "a header of more than 256 KiB", "larger than 256 KiB", above=wide)


def forged_once():
    def case(name, about, reason, **how):
        forged("once", name, about, reason, **how)

    for line in [
        "From: meta@evil.test",
        f"From: objection@{DOMAIN}",
        "Subject: 666666 is your confirmation code",
        "To: victim@example.org",
        "Date: Tue, 14 Nov 2023 14:13:20 -0800",
        "Content-Type: text/plain",
        "MIME-Version: 1.0",
        "Content-Transfer-Encoding: base64",
        "Message-ID: <1@evil.test>",
        "Reply-To: meta@evil.test",
    ]:
        name = line.split(":")[0]
        short = name.lower()
        if DOMAIN in line:
            short += "-metas"
        about = f"a second {name}, which many readers show (M-02, M-03, espoofer a8)"
        reason = f"2 {name} fields"
        case(f"above-{short}", f"{about}; above", reason, above=f"{line}\r\n")
        case(f"below-{short}", f"{about}; below", reason, below=f"{line}\r\n")
    for name in ("Cc", "Sender", "References", "In-Reply-To", "Content-Disposition"):
        twice = f"{name}: a\r\n{name.upper()}: b\r\n"
        about = f"two {name} fields (RFC 5322, 3.6; RFC 2183)"
        case(f"two-{name.lower()}", about, f"2 {name} fields", above=twice)
    lower = "from: meta@evil.test\r\n"
    case("above-from-lower", "a second From in lower case", "2 From fields", above=lower)
    case(
        "above-from-oversigned",
        "a second From above a signature that promised there is none (RFC 6376, 8.15)",
        "2 From fields",
        above=lower,
        h=f"{COVERED}:From",
    )
    case(
        "above-from-lf",
        "a second From behind a bare LF: some servers see one line",
        "2 From fields",
        above="X-A: b\nFrom: meta@evil.test\r\n",
    )
    case("three-from", "three From fields", "3 From fields", above=lower, below=lower)
    twice = [*FIELDS, ("Subject", "666666 is your confirmation code")]
    case(
        "two-subject-signed",
        "two Subjects, both signed: which is shown is anybody's guess",
        "2 Subject fields",
        fields=twice,
        h=f"{COVERED}:Subject",
    )
    for name in ("From", "Date", "Subject", "To"):
        case(
            f"no-{name.lower()}",
            f"no {name} at all (RFC 5322, 3.6)",
            f"no {name} field",
            fields=having(**{name: None}),
        )


# From values that are not one plain address, all signed with Meta's key: nothing but the reading
# of the field can refuse them.
NOT_PLAIN = {
    "two": (f"privacy@{DOMAIN}, meta@evil.test", "espoofer a18: a list, Meta first"),
    "two-reversed": (f"<meta@evil.test>, <privacy@{DOMAIN}>", "espoofer a14: a list, Meta last"),
    "two-brackets": (f"<meta@evil.test> <privacy@{DOMAIN}>", "two addresses without a comma"),
    "two-joined": (f"<meta@evil.test><privacy@{DOMAIN}>", "two addresses without anything"),
    "two-at": (f"<any@evil.test>privacy@{DOMAIN}", "espoofer a19: an address behind brackets"),
    "two-at-bare": (f"any@evil.testprivacy@{DOMAIN}", "espoofer a19 without the brackets"),
    "base64": (
        f"=?utf-8?B?PHByaXZhY3lAZmFjZWJvb2ttYWlsLnRlc3Q+?=,<meta@{DOMAIN}>",
        "espoofer a15: an address within an encoded word, and a second one",
    ),
    "encoded-only": (f"=?utf-8?q?privacy=40{DOMAIN}?=", "nothing but an encoded word"),
    "route": (f"<@evil.test,@any.test:privacy@{DOMAIN}>", "espoofer a16: a route (RFC 5322, 4.4)"),
    "route-bare": (f"@evil.test,@any.test:privacy@{DOMAIN}", "espoofer a16 without brackets"),
    "quoted-pair": (f"<privacy@{DOMAIN}>\\,<meta@evil.test>", "espoofer a17: a quoted comma"),
    "group": (f"Meta: privacy@{DOMAIN};", "a group (RFC 6854)"),
    "group-empty": ("undisclosed-recipients:;", "an empty group (RFC 6854)"),
    "comment": (f"privacy@{DOMAIN} (Meta)", "a comment behind (RFC 5322, 3.2.2)"),
    "comment-inside": (f"privacy@{DOMAIN}(.evil.test)", "a comment within the domain"),
    "comment-local": (f"privacy(x@evil.test)@{DOMAIN}", "a comment within the local part"),
    "quoted": (f'"privacy"@{DOMAIN}', "a quoted local part (RFC 5322, 3.4.1)"),
    "quoted-at": (f'"meta@evil.test"@{DOMAIN}', "an address as a quoted local part"),
    "quoted-open": (f'"Meta <privacy@{DOMAIN}>', "quotes that do not end"),
    "junk": (f"<privacy@{DOMAIN}>b", "letters behind the address"),
    "address-as-name": (f"meta@evil.test <privacy@{DOMAIN}>", "an address as a bare name"),
    "semicolon": (f"privacy@{DOMAIN}; meta@evil.test", "a list as Outlook writes it"),
    "source-route": (f"privacy%{DOMAIN}@evil.test", "a percent route (RFC 1123, 5.2.16)"),
    "bang": (f"evil.test!privacy@{DOMAIN}", "a bang path"),
    "two-signs": (f"privacy@{DOMAIN}@evil.test", "two signs @"),
    "homoglyph": ("privacy@faceb\u03bfokmail.test", "a Greek letter in the domain"),
    "fullwidth": (f"privacy\uff20{DOMAIN}", "a full-width sign @"),
    "zero-width": ("privacy@facebook\u200bmail.test", "a zero-width blank in the domain"),
    "dot": (f"privacy@{DOMAIN}.", "a dot behind the domain"),
    "two-dots": ("privacy@facebookmail..test", "an empty label"),
    "hyphen": (f"privacy@-{DOMAIN}", "a label that begins with a hyphen"),
    "underscore": (f"privacy@mail_.{DOMAIN}", "an underscore in the domain"),
    "literal": ("privacy@[192.0.2.1]", "a domain literal (RFC 5322, 3.4.1)"),
    "blank-at": (f"privacy @{DOMAIN}", "a blank before the sign (RFC 5322, 4.4)"),
    "blank-inside": (f"< privacy@{DOMAIN}>", "a blank within the brackets"),
    "fold-inside": ("privacy@facebookmail\r\n .test", "the domain on two lines (RFC 5322, 4.4)"),
    "empty": ("", "nothing"),
    "empty-brackets": ("Meta <>", "the empty path"),
    "no-domain": ("privacy", "no domain"),
    "no-local": (f"@{DOMAIN}", "no local part"),
    "long-local": (f"{'a' * 65}@{DOMAIN}", "a local part of 65 letters (RFC 5321, 4.5.3.1.1)"),
}


def forged_sender():
    for name, (value, about) in NOT_PLAIN.items():
        fields = having(From=value)
        reason = "its From field is not one plain address"
        forged("sender", f"from-{name}", f"From: {about}", reason, fields=fields)
    idn = "xn--facebokmail-2of.test"
    for name, value, about, domain in [
        (
            "encoded",
            f"=?utf-8?q?privacy=40{DOMAIN}?= <meta@evil.test>",
            "espoofer a15: Meta's address as an encoded name",
            "evil.test",
        ),
        (
            "name-is-address",
            f'"privacy@{DOMAIN}" <meta@evil.test>',
            "Meta's address as a quoted name",
            "evil.test",
        ),
        (
            "name-is-brackets",
            f'"Meta <privacy@{DOMAIN}>" <meta@evil.test>',
            "Meta's whole sender as a quoted name",
            "evil.test",
        ),
        ("idn", f"privacy@{idn}", "the homoglyph as punycode (RFC 5891)", idn),
        ("below", f"privacy@mail.{DOMAIN}", "a domain below that is not listed", f"mail.{DOMAIN}"),
        ("parent", "privacy@test", "the domain above", "test"),
        ("behind", f"privacy@{DOMAIN}.evil.test", "Meta's as the beginning", f"{DOMAIN}.evil.test"),
        ("before", f"privacy@evil{DOMAIN}", "Meta's as the end", f"evil{DOMAIN}"),
        ("zeros", "privacy@faceb00kmail.test", "zeros for letters", "faceb00kmail.test"),
    ]:
        fields = having(From=value)
        reason = f"it comes from {domain}, which is no address of Meta's"
        forged("sender", f"from-{name}", f"From: {about}", reason, fields=fields)
    evil = having(From="Meta Privacy <meta@evil.test>")
    reason = "it comes from evil.test"
    about = "M-05: a forger's own mail, well signed, under Meta's name"
    forged("sender", "sender-evil", about, reason, fields=evil, domain="evil.test")
    for name in ("Sender", "Resent-From", "Reply-To"):
        # Reply-To stands below already.
        fields = [pair for pair in evil if pair[0] != name] + [(name, f"privacy@{DOMAIN}")]
        about = f"a forger's own mail with Meta as {name} (espoofer a12, a13)"
        short = f"sender-evil-{name.lower()}"
        forged("sender", short, about, reason, fields=fields, domain="evil.test")


def forged_signer():
    def case(name, about, reason="it carries no signature of facebookmail.test", **how):
        forged("signer", name, about, reason, **how)

    case("unsigned", "M-01: no signature", own="")
    for name, domain, about in [
        ("evil", "evil.test", "a stranger's signature under Meta's From (M-05)"),
        ("parent", "test", "signed by the public suffix (RFC 6376, 8.13)"),
        ("below", f"sub.{DOMAIN}", "signed by a domain below that is not listed"),
        ("before", f"evil{DOMAIN}", "Meta's domain is the end of the signer's"),
        ("behind", f"{DOMAIN}.evil.test", "Meta's domain is the beginning of the signer's"),
    ]:
        case(f"domain-{name}", about, domain=domain)
    evil = ("s1024", "evil.test")
    for name, domain, about in [
        ("dot", f"{DOMAIN}.", "d= with a dot behind"),
        ("quote", f"{DOMAIN}'a.evil.test", "espoofer a4: a quote in d="),
        ("double-quote", f'{DOMAIN}"=(.evil.test', "espoofer a16's variant: a quote in d="),
        ("comma", f"{DOMAIN},evil.test", "a list in d="),
        ("blank", f"{DOMAIN} evil.test", "a blank in d="),
        ("fold", "facebookmail\r\n .test", "d= on two lines"),
        ("wildcard", "*.test", "a wildcard in d="),
        ("empty", "", "an empty d="),
    ]:
        case(f"domain-{name}", about, key=evil, d=domain)
    case("domain-none", "no d= at all", key=evil, d=None)
    broken = signature().replace(f"t={SIGNED_AT}", f"t={SIGNED_AT + 1}")
    case(
        "sixth",
        "the good signature behind five broken ones: no more than five are looked at (M-15)",
        "does not hold",
        questions=1,
        above=broken * 5,
    )
    case(
        "sixth-junk",
        "the good signature behind five that are none: they count too",
        "not of version 1",
        above=signature(v="2") * 5,
    )


def forged_words():
    """Other people's word for it, which counts for nothing."""

    def case(name, about, **how):
        reason = "it carries no signature of facebookmail.test"
        forged("signer", name, about, reason, own="", **how)

    results = "Authentication-Results:"
    word = f"dkim=pass header.d={DOMAIN} header.s=s1024; spf=pass; dmarc=pass header.from={DOMAIN}"
    for name, about, line in [
        ("plain", "as the reader's own server writes it", f" mx.example.org; {word}"),
        ("agent", "with header.i", f" mx.example.org; dkim=pass header.i=@{DOMAIN}"),
        ("comment", "with comments", f" (x) mx.example.org (y) 1; dkim=pass (z) header.d={DOMAIN}"),
        ("quoted", "with quotes", f' "mx.example.org"; dkim="pass" header.d="{DOMAIN}"'),
        ("folded", "on several lines", "\r\n\tmx.example.org;" + word.replace(" ", "\r\n\t")),
        ("injected", "espoofer a5: with a parenthesis", f" mx; spf=pass smtp.mailfrom={DOMAIN}(.e"),
    ]:
        about = f"M-16: a forged Authentication-Results {about}"
        case(f"results-{name}", about, above=f"{results}{line}\r\n")
    line = f"{results} mx.example.org; {word}\r\n"
    case("results-below", "M-16: a forged Authentication-Results below", below=line)
    case("results-many", "M-16: ten of them", above=line * 10)
    case("results-arc", "M-16: as ARC-Authentication-Results", above=f"ARC-{line}")
    case("results-received-spf", "Received-SPF says pass", above="Received-SPF: pass\r\n")
    arc = signature(called="ARC-Message-Signature", extra=[("i", "1")], v=None)
    seal = signature(called="ARC-Seal", domain="evil.test", extra=[("i", "1"), ("cv", "none")])
    case(
        "arc",
        "M-17: a whole ARC set of a stranger who says that all was well (RFC 8617)",
        above=f"{seal}ARC-Authentication-Results: i=1; mx; {word}\r\n"
        + signature(called="ARC-Message-Signature", domain="evil.test", extra=[("i", "1")], v=None),
    )
    case("arc-metas", "an ARC-Message-Signature that Meta's key made", above=arc)
    for name in ("X-DKIM-Signature", "DKIM-Signature-2", "DomainKey-Signature", "Dkim_Signature"):
        case(f"named-{name.lower()}", f"a good signature as {name}", above=signature(called=name))
    case("in-text", "a good signature within the text", body=signature() + BODY)
    inside = "X-A: b\r\n " + signature()
    case("in-fold", "a good signature as the second line of another field", above=inside)


def forged_tags():
    def case(name, about, reason, **how):
        forged("tags", name, about, reason, **how)

    for tag, value in [
        ("v", "1"),
        ("a", "rsa-sha1"),
        ("c", "simple/simple"),
        ("d", "evil.test"),
        ("s", "other"),
        ("t", "1"),
        ("h", "From"),
        ("bh", "QQ=="),
        ("b", "QQ=="),
    ]:
        about = f"{tag}= twice: which one counts is anybody's guess (RFC 6376, 3.2)"
        case(f"twice-{tag}", about, "names a tag twice", extra=[(tag, value)])
    twice = {"extra": [("z", "a")], "end": "; z=b"}
    case("twice-unknown", "even an unread tag twice (RFC 6376, 3.2)", "names a tag twice", **twice)
    none = "it carries no signature of facebookmail.test"
    case("empty-tag", "an empty tag (RFC 6376, 3.2)", none, extra=[("v=1;", "")], v=None)
    case("tag-without-value", "a tag without =", none, end="; x")
    case("tag-hyphen", "a hyphen in a tag's name", none, extra=[("x-y", "1")])
    case("tag-digit", "a tag's name that begins with a digit", none, extra=[("1a", "1")])
    case("tag-utf8", "a letter beyond ASCII in z=", none, z="Méta")
    case("tag-control", "a form feed in z=", none, z="a\x0cb")
    version = "not of version 1"
    case("version-2", "v=2 (RFC 6376, 6.1.1)", version, v="2")
    case("version-01", "v=01: versions are text", version, v="01")
    case("version-empty", "an empty v=", version, v="")
    case("version-none", "no v=", version, v=None)
    query = "in an unknown way"
    case("query-unknown", "an unknown q= (RFC 6376, 3.5)", query, q="https")
    case("query-empty", "an empty q=", query, q="")
    case("form-unknown", "an unknown c=", "an unknown canonical form", c="loose/simple")
    case("form-three", "c= with three parts", "an unknown canonical form", c="relaxed/simple/x")
    selector = "no proper selector"
    for name, value, about in [
        ("quote", 's10"24', "a quote"),
        ("blank", "s10 24", "a blank"),
        ("underscore", "s_1024", "an underscore"),
        ("dot", ".s1024", "a dot first"),
        ("empty", "", "nothing"),
        ("label-64", "s" * 64, "a label of 64 letters (RFC 1035, 2.3.4)"),
        ("long", "s." * 150 + "s", "a name of 301 letters (RFC 1035, 2.3.4)"),
        ("path", "../s1024", "slashes"),
    ]:
        key = ("s1024", DOMAIN)
        case(f"selector-{name}", f"M-13: {about} in s=: nobody is asked", selector, key=key, s=value)
    case("selector-none", "no s=", selector, key=("s1024", DOMAIN), s=None)
    text = "no proper hash of the text"
    case("bh-none", "no bh= (RFC 6376, 6.1.1)", text, bh=None)
    case("bh-empty", "an empty bh=", text, bh="")
    case("bh-junk", "bh= that is no base64", text, bh="not base64!")
    case("b-none", "no b= (RFC 6376, 6.1.1)", "its signature is empty", b=None)
    b64 = "not proper base64"
    case("b-empty", "an empty b=", b64, spell=lambda b: "")
    case("b-junk", "b= that is no base64", b64, spell=lambda b: f"{b[:-1]}*")
    case("b-unpadded", "b= without its padding", b64, spell=lambda b: b.rstrip("="))
    case("b-url", "b= in the alphabet of links", b64, spell=lambda b: f"-_{b[2:]}")
    case("h-none", "no h= (RFC 6376, 6.1.1)", "does not say what it covers", h=None)
    h = "does not say properly what it covers"
    case("h-empty", "an empty h=", h, h="")
    case("h-gap", "an empty name in h=", h, h=COVERED.replace("To:", "To::"))
    case("h-blank", "a blank within a name of h=", h, h=f"{COVERED}:X A")


def forged_rest_of_field():
    kind = "of a kind that proves nothing"
    for name, value, about in [
        ("rsa-sha1", "rsa-sha1", "M-10: SHA-1 (RFC 8301, 3.1)"),
        ("kind-sha512", "rsa-sha512", "an algorithm that nobody registered"),
        ("kind-upper", "RSA-SHA256", "upper case, though tags' values have case (RFC 6376, 3.2)"),
        ("kind-empty", "", "an empty a="),
        ("kind-none", None, "no a= (RFC 6376, 6.1.1)"),
    ]:
        forged("kind", name, f"a=: {about}", kind, a=value)
    about = "SHA-1 with a key that only allows SHA-256: two reasons to refuse it"
    forged("kind", "rsa-sha1-loose", about, kind, selector="loose", a="rsa-sha1")
    more = "<p>Your code is 666666</p>\r\n"
    size = len(BODY)
    for name, length, tail, about in [
        ("exact", str(size), "", "l= of the whole text"),
        ("short", str(size), more, "text appended behind l="),
        ("zero", "0", more, "l=0, so all of the text is the forger's"),
        ("long", str(size + 99), "", "l= larger than the text"),
        ("empty", "", "", "an empty l="),
        ("junk", "all", "", "l= that is no number"),
    ]:
        about = f"M-08: {about} (RFC 6376, 8.2)"
        forged("whole", f"length-{name}", about, "only a part of the text", l=length, tail=tail)
    speaks = "speaks for another domain"
    for name, value, about in [
        ("foreign", "@evil.test", "i= of a stranger (M-14)"),
        ("before", f"@evil{DOMAIN}", "Meta's domain is the end of i= without a dot"),
        ("parent", "@test", "i= above d="),
        ("no-sign", DOMAIN, "i= without @"),
        ("empty", "", "an empty i="),
        ("dot", f"@{DOMAIN}.", "i= with a dot behind"),
        ("empty-label", f"@.{DOMAIN}", "i= with an empty label"),
        ("list", f"@evil.test,@{DOMAIN}x", "a list in i="),
    ]:
        forged("agent", f"agent-{name}", f"{about} (RFC 6376, 3.5)", speaks, i=value)
    forged(
        "agent",
        "agent-below-strict",
        "M-14: i= below d=, which the key's t=s forbids (RFC 6376, 3.6.1)",
        "a domain that its key does not allow",
        questions=1,
        i=f"@mail.{DOMAIN}",
    )
    ahead = {"t": str(NOW + 300), "x": str(NOW + 200)}
    for name, about, reason, tags in [
        ("expired", "x= is past", "has expired", {"x": str(SIGNED_AT + 60)}),
        ("expires-now", "x= is now", "has expired", {"x": str(NOW)}),
        ("expires-first", "x= before t=", "expires before it was made", ahead),
        ("from-the-future", "t= in ten days", "in the future", {"t": str(NOW + 864000)}),
        ("skewed-clock", "t= in eleven minutes", "in the future", {"t": str(NOW + 660)}),
        ("time-junk", "t= is no number", "an impossible time", {"t": "today"}),
        ("time-negative", "t= is negative", "an impossible time", {"t": "-1"}),
        ("time-empty", "an empty t=", "an impossible time", {"t": ""}),
        ("time-huge", "t= of 40 digits", "an impossible time", {"t": "1" * 40}),
        ("expiry-junk", "x= is no number", "an impossible time", {"x": "1e12"}),
        ("expiry-empty", "an empty x=", "an impossible time", {"x": ""}),
    ]:
        forged("times", name, f"M-09: {about} (RFC 6376, 3.5)", reason, **tags)


def forged_covers():
    def case(name, about, **how):
        forged("covers", name, about, "does not cover all of", **how)

    for field in COVERED.split(":"):
        about = f"M-07: {field} is not signed, so anybody may change it (RFC 6376, 5.4 and 8.15)"
        case(f"unsigned-{field.lower()}", about, h=without(field))
    case("covers-from", "only From is signed: all that RFC 6376, 5.4 wants", h="From")
    case("covers-nothing", "only a field is signed that nobody reads", h="X-Priority")
    case("covers-absent", "h= names only what is not there", h="Cc:Resent-From")
    similar = COVERED.replace("Subject", "Subjects").replace("From", "X-From")
    case("covers-similar", "names that are nearly the fields'", h=similar)
    half = signature(h="Date:To:Subject")
    case("covers-halves", "two signatures that cover one half each", above=half, h="From")


def forged_key():
    def case(name, about, reason, **how):
        forged("key", name, about, reason, questions=1, **how)

    size = "a size at which it proves nothing"
    for bits in (512, 768, 1016):
        about = f"M-10: a key of {bits} bits (RFC 8301, 3.2)"
        case(f"rsa-{bits}", about, size, selector=f"s{bits}")
    test = "marked as a test"
    case("key-test", "M-11: the key says t=y (RFC 6376, 3.6.1)", test, selector="test")
    case("key-test-strict", "the key says t=s:y", test, selector="test-strict")
    mail = "not meant for mail"
    case("key-other", "M-11: the key says s=other (RFC 6376, 3.6.1)", mail, selector="other")
    case("key-tlsrpt", "the key is for TLS reports (RFC 8460, 3)", mail, selector="tlsrpt")
    sha = "does not allow SHA-256"
    case("key-sha1", "M-11: the key says h=sha1 (RFC 6376, 3.6.1)", sha, selector="sha1")
    holds = "does not hold"
    case("key-mixed", "a= says Ed25519, the key is RSA", holds, a="ed25519-sha256")
    rsa = ("s1024", DOMAIN)
    case("key-mixed-back", "a= says RSA, the key is Ed25519", holds, selector="ed25519", key=rsa)

    def open_case(name, about, reason, selector, **how):
        unproven("key", name, about, reason, selector=selector, **how)

    gone, unread = "does not exist (any more)", "cannot be read"
    open_case("key-withdrawn", "M-11: an empty p= (RFC 6376, 3.6.1)", "was withdrawn", "withdrawn")
    open_case("key-gone", "M-24: no such name", gone, "gone")
    open_case("key-spf", "a record under the name that is no key", gone, "spf")
    open_case("key-garbage", "p= that is no base64", unread, "garbage")
    open_case("key-version", "v=DKIM2", unread, "version")
    open_case("key-twice", "p= twice in the record (RFC 6376, 3.2)", unread, "twice")
    open_case("key-kind", "k=ed25519 with an RSA key (RFC 8463, 4)", unread, "kind")
    open_case("key-dsa", "k=dsa", unread, "dsa")
    open_case(
        "key-gone-and-broken",
        "one signature broken, one without a key: it might have held",
        gone,
        "gone",
        questions=2,
        above=signature().replace(f"t={SIGNED_AT}", f"t={SIGNED_AT + 1}"),
    )


def forged_text():
    def case(name, about, **how):
        reason = "its text is not the text that was signed"
        forged("holds", name, about, reason, **how)

    case("text-changed", "another code in the text", swap=[("123456", "666666")])
    case("text-blank", "a blank more, simple form", swap=[("Your code", "Your  code")])
    case("text-first", "text put in front", swap=[("<html>", "666666<html>")])
    case("text-appended", "text put behind", tail="<p>Your code is 666666</p>\r\n")
    case("text-cut", "the end is gone", swap=[("</body></html>\r\n", "")])
    case("text-cr", "a bare CR in the text", swap=[("123456", "123\r456")])
    case("text-form-feed", "a form feed is no blank of relaxed form",
         c="relaxed/relaxed", swap=[("Your code", "Your\x0ccode")])
    case("text-joined", "relaxed form: a blank less between words",
         c="relaxed/relaxed", swap=[("Your code", "Yourcode")])
    case("text-indented", "relaxed form: a blank more at a line's start",
         c="relaxed/relaxed", swap=[("<p>Caf", " <p>Caf")])
    case("text-empty", "no text left", swap=[(BODY, "")])
    case("text-line-more", "an empty line more in the middle", swap=[("</p>\r\n", "</p>\r\n\r\n")])
    case("list", "M-23: a list added its name and its foot",
         swap=[("Subject: ", "Subject: [list] ")], tail="--\r\nlist@example.org\r\n")
    case("text-of-nothing", "bh= of no text at all, and text", own=signature(body=""))


def forged_signature():
    def case(name, about, questions=1, **how):
        reason = "its signature does not hold"
        forged("holds", name, about, reason, questions=questions, **how)

    other = having(Subject="Another code", To="you@example.org")
    changed = BODY.replace("123456", "666666")
    for name, old, new in [
        ("subject", "A code for", "No code for"),
        ("subject-case", "A code for", "A Code for"),
        ("to", "me@example.org", "you@example.org"),
        ("to-more", "To: me@example.org", "To: victim@example.org, me@example.org"),
        ("from-name", '"Meta Privacy"', '"Meta Support"'),
        ("from-local", "<privacy@", "<security@"),
        ("date", "14 Nov 2023", "15 Nov 2023"),
        ("type", "text/html", "text/plain"),
        ("mime-version", "MIME-Version: 1.0", "MIME-Version: 1.1"),
        ("t", f"t={SIGNED_AT}", f"t={SIGNED_AT + 1}"),
        ("h-order", "h=Date:To", "h=To:Date"),
        ("h-more", f"h={COVERED}", f"h={COVERED}:Message-ID"),
        ("c", "c=relaxed/simple", "c=simple/simple"),
        ("tag-more", "v=1;", "v=1; n=a;"),
    ]:
        swap = [(old, new)]
        case(f"changed-{name}", f"{name} changed after the signing", swap=swap)
    case("changed-hash", "another text, and its own bh= put in (RFC 6376, 3.7)", body=changed,
         own=signature().replace(bh_of(BODY), bh_of(changed)))
    case("signature-of-another", "M-20: b= of another message of Meta's with the same text",
         own=signature(fields=other))
    case("signature-of-another-key", "made with the key of another selector",
         key=("s2048", DOMAIN))
    case("signature-of-stranger", "M-24: made with a stranger's key", key=("s1024", "evil.test"))
    case("signature-renamed", "a stranger's signature with Meta's d= put in",
         own=signature(domain="evil.test").replace("d=evil.test", f"d={DOMAIN}"))
    case("signature-selector", "Meta's signature with another selector of hers put in",
         swap=[("s=s1024;", "s=loose;")])
    case("signature-sha1", "made over SHA-1, though a= says SHA-256", digest=hashlib.sha1)
    case("signature-short", "four characters of b= are gone", spell=lambda b: b[4:])
    case("signature-flipped", "one bit of b= is another",
         spell=lambda b: ("B" if b[0] == "A" else "A") + b[1:])
    zero = base64.b64encode(bytes(128)).decode()
    case("signature-zero", "b= is zero", spell=lambda b: zero)
    one = base64.b64encode(bytes(127) + b"\x01").decode()
    case("signature-one", "b= is one, its own cube", spell=lambda b: one)
    case("signature-long", "b= with bytes behind",
         spell=lambda b: base64.b64encode(base64.b64decode(b) + b"\0").decode())
    case("simple-folded", "simple form: a fold more in the Subject", c="simple/simple",
         swap=[("A code for", "A code\r\n for")])
    case("simple-name-case", "simple form: the name of a field in other case", c="simple/simple",
         swap=[("Subject:", "SUBJECT:")])
    case("simple-blank", "simple form: a blank more", c="simple/simple",
         swap=[("To: ", "To:  ")])
    case("promised-cc", "a Cc, though h= promised that there is none (RFC 6376, 5.4.2)",
         h=f"{COVERED}:Cc", below="Cc: victim@example.org\r\n")
    case("joined-words", "relaxed form: words joined", swap=[("A code", "Acode")])
    case("moved-fold", "relaxed form: a fold within a word", swap=[("A code", "A co\r\n de")])


def bh_of(body):
    return base64.b64encode(hashlib.sha256(to_bytes(body)).digest()).decode()


def link(instance, domain, header, body, earlier="", says=None):
    """The three fields of one link of a chain (RFC 8617, 4.1), and those `earlier`.

    `header` is the message's, `says` what the forwarder found in it.
    """
    says = says or f"dkim=pass header.d={DOMAIN} header.s=s1024"
    results = f"ARC-Authentication-Results: i={instance}; mx.{domain};\r\n {says}\r\n"
    fields = [tuple(line.split(": ", 1)) for line in header.split("\r\n") if ": " in line]
    made = signature(
        domain=domain,
        fields=[field for field in fields if not field[0].startswith("X-Facebook")],
        body=body,
        called="ARC-Message-Signature",
        extra=[("i", str(instance))],
        v=None,
        c="relaxed/relaxed",
    )
    cv = "none" if instance == 1 else "pass"
    tags = f"i={instance}; a=rsa-sha256; t={SIGNED_AT}; cv={cv}; d={domain}; s=s1024; b="
    policy = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    hasher = hashlib.sha256()
    sealed = list(reversed(earlier.split("\x00"))) if earlier else []
    for field in [*sealed, results, made]:
        name, value = field.split(":", 1)
        for one, content in policy.canonicalize_headers([(name.encode(), value.encode())]):
            hasher.update(one + b":" + content)
    for one, content in policy.canonicalize_headers([(b"ARC-Seal", f" {tags}".encode())]):
        hasher.update(one + b":" + content.rstrip(b"\r\n"))
    b = base64.b64encode(sign(hasher, private["s1024", domain])).decode()
    return [f"ARC-Seal: {tags}{b}\r\n", made, results]


def forwarded():
    """Messages that forwarders rewrote and sealed; who may forward is the test's to say."""
    folder = HERE / "forwarded"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.eml"):
        old.unlink()
    header = "".join(f"{name}: {value}\r\n" for name, value in FIELDS)
    foot = BODY + "<p>-- forwarded by the university</p>\r\n"
    again = foot + "<p>-- and by the list</p>\r\n"

    def put_one(name, chain, body, oracle=b"pass"):
        raw = to_bytes("".join(chain) + signature() + header + "\r\n" + body)
        answers = {f"{name}.".encode(): record.encode() for name, record in records.items()}
        found, _, why = dkim.ARC(raw).verify(dnsfunc=lambda n, timeout=0: answers.get(n.lower()))
        assert found == oracle, (name, found, why)
        (folder / f"{name}.eml").write_bytes(raw)

    first = link(1, "uni.test", header, foot)
    second = link(2, "list.test", header, again, "\x00".join(first))
    put_one("once", first, foot)
    put_one("twice", [*second, *first], again)
    put_one("changed-after", first, again, b"fail")
    failed = link(1, "uni.test", header, foot, says=f"dkim=fail header.d={DOMAIN}")
    put_one("found-bad", failed, foot)
    stranger = link(1, "uni.test", header, foot, says="dkim=pass header.d=evil.test")
    put_one("found-another", stranger, foot)
    forger = link(1, "evil.test", header, foot)
    put_one("by-a-stranger", forger, foot)
    put_one("through-a-stranger", [*link(2, "uni.test", header, again, "\x00".join(forger)), *forger],
            again)
    promised = [first[0], first[1], first[2].replace("s1024", "s2048")]
    put_one("results-changed", promised, foot, b"fail")


def main():
    for old in [*HERE.glob("*.eml"), *HERE.glob("*.toml")]:
        old.unlink()
    # dkimpy has to judge x= and t= as of the day on which the test does.
    time.time = lambda: NOW
    make_keys()
    genuine_shapes()
    genuine_senders()
    genuine_forms()
    genuine_keys_and_signatures()
    genuine_ways()
    forged_syntax()
    forged_once()
    forged_sender()
    forged_signer()
    forged_words()
    forged_tags()
    forged_rest_of_field()
    forged_covers()
    forged_key()
    forged_text()
    forged_signature()
    forwarded()
    lines = ["# Public keys of the messages in this folder: made by make.py, like them."]
    lines += [f'"{name}" = "{record}"' for name, record in sorted(records.items())]
    (HERE / "keys.toml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
