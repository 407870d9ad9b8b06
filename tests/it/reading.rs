//! Reading with wordings of the person's own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::meta::Meta;
use crate::support::process::Home;

/// A table with a wording that is not built in, in a language that is not either.
const OWN: &str = "language = \"tlh\"\n\n[[decision]]\noutcome = \"declined\"\n\
                   any = [\"wilayn* ~ qarmun*\"]\nsource = \"a mail of mine\"\n";

/// A mail in that language.
const MAIL: &[u8] = b"From: Facebook <notification@facebookmail.com>\nTo: me@example.org\n\
                      Subject: Your request\n\nMartin, wilaynem be'mey qarmunqa'.\n";

/// A home whose configuration names a folder of wordings with one file.
fn home(table: &str) -> Home {
    let home = Home::new(&format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = \"/nonexistent\"\n\n[reading]\nwordings = \"wordings\"\n\n{}",
        Meta::new().pinned_keys()
    ));
    let folder = home.config().with_file_name("wordings");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("tlh.toml"), table).unwrap();
    fs::write(folder.join("notes.txt"), "not a table").unwrap();
    home
}

fn read(home: &Home) -> Value {
    let output = home.output(&["read", "-", "--json"], MAIL);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_persons_own_wordings_are_read_and_named() {
    let answer = read(&home(OWN));
    assert_eq!(answer["kind"], "decision");
    assert_eq!(answer["outcome"], "declined");
    assert_eq!(answer["language"], "tlh");
    let why = answer["why"][0].as_str().unwrap();
    assert!(why.starts_with("decision.declined ("), "{why}");
    assert!(why.contains("/wordings/tlh.toml:3): "), "{why}");
    assert!(why.ends_with("wilaynem … qarmunqa"), "{why}");
    let guess = OWN.replace("source = \"a mail of mine\"", "unsourced = true");
    assert_eq!(read(&home(&guess))["kind"], "unclear");
    assert_eq!(read(&home("language = \"tlh\"\n"))["kind"], "other");
}

#[test]
fn what_only_a_person_can_read_is_shown_to_them() {
    let home = home("language = \"tlh\"\n");
    let mail = String::from_utf8_lossy(MAIL).replace("be'mey", "\x1b[2J your objection 482913");
    let output = home.output(&["read", "-"], mail.as_bytes());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("it says"), "{said}");
    assert!(
        said.contains("wilaynem") && said.contains("qarmunqa'."),
        "{said}"
    );
    assert!(!said.contains("482913") && !said.contains('\x1b'), "{said}");
}

#[test]
fn codes_of_any_sender_are_reported_when_asked_for_and_metas_log_ins_never() {
    let home = Home::empty();
    let read = |from: &str, flags: &[&str]| -> Value {
        let mail = format!(
            "From: {from}\nSubject: Log in\n\nYour login code is 482913. Call 0800 123456.\n"
        );
        let output = home.output(&[&["read", "-", "--json"], flags].concat(), mail.as_bytes());
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let any = ["--any-sender"];
    let other = "Brightmoor <no-reply@brightmoor.example>";
    let found = read(other, &any);
    assert_eq!(
        (&found["kind"], &found["code"]),
        (&"code".into(), &"482913".into())
    );
    assert_eq!(found["authenticity"]["result"], "unproven");
    assert_eq!(read(other, &[])["kind"], "other");
    let meta = "Facebook <security@facebookmail.com>";
    assert_eq!(read(meta, &any)["kind"], "other");
    assert!(read(meta, &any)["code"].is_null());
}

#[test]
fn bad_wordings_are_refused_with_file_line_and_reason() {
    let refused = |home: &Home, code: i32, expected: &str| {
        for verb in [&["read", "-"][..], &["check"], &["run"]] {
            let output = home.output(verb, MAIL);
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert_eq!(output.status.code(), Some(code), "{verb:?}: {said}");
            assert!(said.contains(expected), "{verb:?}: {said}");
        }
    };
    let at = "/wordings/tlh.toml:5: ";
    refused(
        &home(&OWN.replace("any", "eny")),
        78,
        &format!("{at}unknown field `eny`"),
    );
    refused(
        &home(&OWN.replace("wil", "Wil")),
        78,
        &format!("{at}`Wilayn* ~ qarmun*`: "),
    );
    let nothing = home(OWN);
    let folder = nothing.config().with_file_name("wordings");
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let output = nothing.output(&["read", "-"], MAIL);
    assert_eq!(output.status.code(), Some(77));
    fs::remove_dir_all(&folder).unwrap();
    refused(&nothing, 78, "/wordings: ");
}

#[test]
fn links_that_pretend_are_shown_as_what_they_are() {
    let mail = "From: Meta <privacy@facebookmail.com>\nTo: me@example.org\n\
        Subject: Your objection to AI at Meta\nContent-Type: text/html\n\n\
        <p>About your objection to the use of your information for AI at Meta</p>\n\
        <a href=\"https://www.facebook.com@evil.test/x\">here</a>\n\
        <a href=\"https://elsewhere.test/\">www.facebook.com/help</a>\n\
        <a href=\"https://www.facebook.com/help/contact/1\">there</a>\n";
    let home = Home::empty();
    let output = home.output(&["read", "--json", "-"], mail.as_bytes());
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!([
        { "host": "evil.test", "trick": "user_name" },
        { "host": "elsewhere.test", "trick": "other_label" },
    ]);
    assert_eq!(answer["pretenders"], expected);
    assert_eq!(
        answer["links"].as_array().map(Vec::len),
        Some(2),
        "{}",
        answer["links"]
    );
    let output = home.output(&["read", "-"], mail.as_bytes());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("warning       a link leads to evil.test, which shows another name"),
        "{text}"
    );
    assert!(
        !text.contains("//evil.test") && !text.contains("@evil.test"),
        "{text}"
    );
}
