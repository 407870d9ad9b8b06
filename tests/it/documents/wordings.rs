//! CONTRIBUTING's walk-through: a mail that is not read as it should be, its redacted copy, and a
//! wording that changes what it is taken for.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::block;
use crate::support::process::{Home, PROGRAM};

/// A decision in words that nobody has taught the program, to a person with a name.
const MAIL: &str = "From: \"Meta\" <noreply@support.facebook.com>\r\n\
                    To: Martin Miller <martin.miller@example.org>\r\n\
                    Subject: Your objection\r\n\
                    Date: Mon, 03 Jun 2024 10:00:00 +0000\r\n\
                    Message-ID: <x1@support.facebook.com>\r\n\
                    MIME-Version: 1.0\r\n\
                    Content-Type: text/plain; charset=utf-8\r\n\r\n\
                    Hi Martin,\r\n\r\n\
                    We have put your objection to the use of your information into effect.\r\n\r\n\
                    Thanks,\r\nPrivacy Operations\r\n";

const CONFIG: &str = "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
                      accounts = [\"facebook\"]\nmaildir = \"/nonexistent\"\n\
                      [authenticity]\nresolver = \"127.0.0.1:9\"\n\
                      [reading]\nwordings = \"wordings\"\n";

/// Runs a block of CONTRIBUTING where the mail is; what it printed.
fn run(home: &Home, first_line: &str) -> String {
    let script = block("CONTRIBUTING.md", first_line).text;
    let bin = home.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    if !bin.join("sustained").exists() {
        std::os::unix::fs::symlink(PROGRAM, bin.join("sustained")).unwrap();
    }
    let mut command = Command::new("bash");
    command
        .args(["-eu", "-c", &script])
        .current_dir(home.path());
    let path = format!("{}:/usr/bin:/bin", bin.display());
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path());
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{first_line}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_wording_is_added_as_the_walk_through_says() {
    let home = Home::empty();
    home.write("mail.eml", MAIL);
    let before = run(&home, "sustained read mail.eml");
    assert!(before.starts_with("mail.eml: unclear"), "{before}");
    assert!(before.contains("copy.eml: unclear"), "{before}");
    let copy = fs::read_to_string(home.path().join("copy.eml")).unwrap();
    assert!(
        !copy.contains("Martin") && !copy.contains("Miller"),
        "{copy}"
    );
    assert!(copy.contains("into effect"), "{copy}");

    let folder = home.path().join("wordings");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    home.write(
        "wordings/en.toml",
        &block("CONTRIBUTING.md", "language = \"en\"").text,
    );
    home.write("config.toml", CONFIG);
    let after = run(&home, "sustained read --config config.toml copy.eml");
    assert!(after.starts_with("copy.eml: decision"), "{after}");
    assert!(after.contains("outcome       honored"), "{after}");
    assert!(after.contains("wordings/en.toml:3"), "{after}");
}
