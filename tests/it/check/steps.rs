//! The step, the alerts and the state folder: looked at, with nothing typed and nothing sent.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::{REST, Said, command};
use crate::support::http_sink::{HttpSink, Reply};
use crate::support::process::Home;
use crate::support::smtp_sink::SmtpSink;
use crate::support::strace;

/// A home whose mailbox is an empty Maildir, with these tables.
pub fn home(tables: &str) -> Home {
    let home = Home::empty();
    let maildir = home.path().join("Maildir");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    let config = format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = {:?}\nfolders = [\"INBOX\"]\n{REST}{tables}",
        maildir.display().to_string()
    );
    home.write("config/sustained/config.toml", &config);
    home
}

fn script(home: &Home, name: &str, text: &str) -> PathBuf {
    let path = home.write(name, text);
    fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
    path
}

/// A home whose step is `text`, and a dry run with this further argument.
fn with_step(text: &str, dry_run: Option<&str>) -> Home {
    let home = home("");
    let step = script(&home, "step", text).display().to_string();
    let dry_run = dry_run.map(|argument| format!("dry_run = [{step:?}, {argument:?}]\n"));
    let table = format!(
        "\n[submission]\ncommand = [{step:?}]\n{}",
        dry_run.unwrap_or_default()
    );
    let config = fs::read_to_string(home.config()).unwrap() + &table;
    home.write("config/sustained/config.toml", &config);
    home
}

#[test]
fn a_step_is_asked_whether_it_would_work_and_gets_no_code() {
    let text = "#!/bin/sh\necho \"$1 $(wc -c)\" >> \"$(dirname \"$0\")/asked\"\n\
                [ \"$1\" = yes ] || { echo \"no browser here\" >&2; exit 3; }\n";
    let home = with_step(text, Some("yes"));
    let said = Said::by(&home, &[]);
    assert_eq!(said.check("submission").0, "pass");
    assert_eq!(said.check("submission, dry run").0, "pass");
    let asked = || fs::read_to_string(home.path().join("asked")).unwrap();
    assert_eq!(asked(), "yes 0\n", "asked once, with nothing to read");

    let home = with_step(text, Some("no"));
    let said = Said::by(&home, &[]);
    let (status, observed) = said.check("submission, dry run");
    assert_eq!(status, "fail");
    assert!(
        observed.ends_with("exited with 3: no browser here"),
        "{observed}"
    );

    let home = with_step(text, None);
    assert_eq!(Said::by(&home, &[]).check("submission, dry run").0, "skip");
    assert!(
        !home.path().join("asked").exists(),
        "nothing is started unasked"
    );
}

#[test]
fn a_script_without_its_interpreter_or_its_right_is_found_out_without_a_start() {
    let said = Said::by(&with_step("#!/usr/bin/env -S python9 -u\n", None), &[]);
    let (status, observed) = said.check("submission");
    assert_eq!(status, "fail");
    assert!(observed.contains("python9"), "{observed}");

    let said = Said::by(&with_step("#!/nonexistent/python -u\n", None), &[]);
    let (status, observed) = said.check("submission");
    assert_eq!(status, "fail");
    assert!(observed.contains("/nonexistent/python"), "{observed}");

    let home = with_step("#!/bin/sh\n", None);
    let step = home.path().join("step");
    fs::set_permissions(&step, Permissions::from_mode(0o600)).unwrap();
    let said = Said::by(&home, &[]);
    let (status, observed) = said.check("submission");
    assert_eq!(status, "fail");
    assert!(observed.contains("is not a program"), "{observed}");
}

#[test]
fn an_alert_s_server_is_reached_and_hears_nothing() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    let smtp = SmtpSink::start(&[]);
    let refusing = SmtpSink::start(&[("AUTH", "535 5.7.8 no")]);
    let mail = |name: &str, port: u16| {
        format!(
            "\n[[alert]]\nname = \"{name}\"\n\
             url = \"smtp://a@127.0.0.1:{port}/?from=a@example.org&to=b@example.org\"\n\
             password = {{ value = \"hunter2\" }}\n"
        )
    };
    let tables = format!(
        "\n[[alert]]\nname = \"push\"\nurl = \"gotify://127.0.0.1:{}\"\n\
         token = {{ value = \"hunter2\" }}\n\
         \n[[alert]]\nname = \"gone\"\nurl = \"gotify://127.0.0.1:9\"\n\
         token = {{ value = \"hunter2\" }}\n{}{}",
        sink.port(),
        mail("mail", smtp.port()),
        mail("refused", refusing.port()),
    );
    let said = Said::by(&home(&tables), &[]);
    assert_eq!(said.check("alert push"), ("pass", "127.0.0.1 is reached"));
    assert_eq!(said.check("alert gone").0, "fail");
    let (status, observed) = said.check("alert mail");
    assert_eq!(status, "pass", "{observed}");
    assert!(observed.ends_with("takes the login"), "{observed}");
    assert_eq!(said.check("alert refused").0, "fail");
    let received = sink.received();
    let is_silent = received.iter().all(|one| one.line.is_empty());
    assert!(is_silent && !received.is_empty(), "no alert is sent");
    assert_eq!(smtp.mails(), Vec::<String>::new(), "no mail is sent");
    assert!(!said.text.contains("hunter2"), "{}", said.text);
}

#[test]
fn a_state_folder_that_others_may_look_into_is_told_with_what_to_type() {
    let home = home("");
    fs::set_permissions(home.state(), Permissions::from_mode(0o755)).unwrap();
    let said = Said::by(&home, &[]);
    let (status, observed) = said.check("state folder");
    assert_eq!(status, "warn");
    assert!(observed.contains("mode 0755"), "{observed}");
    assert!(
        said.text.contains("run: chmod 700 ~/state"),
        "{}",
        said.text
    );
}

#[test]
fn a_line_of_the_configuration_that_is_wrong_is_shown_without_whose_it_is() {
    let line = "imap = { hst = \"h.example\", login = \"ann\" }\n";
    let said = Said::by(
        &Home::new(&format!("[[mailbox]]\nname = \"me\"\n{line}")),
        &[],
    );
    let (_, observed) = said.check("configuration");
    assert!(!observed.contains("ann\""), "{observed}");
    let home = Home::new("[[mailbox]]\nname = \"me\"\naddres = \"me@example.org\"\n");
    let said = Said::by(&home, &[]);
    assert_eq!((said.code, said.worst.as_str()), (Some(78), "fail"));
    let (status, observed) = said.check("configuration");
    assert_eq!(status, "fail");
    assert!(observed.contains("addres = \"[address]\""), "{observed}");
    assert_eq!(
        said.check("state folder").0,
        "pass",
        "the rest is checked all the same"
    );
}

#[test]
fn a_configuration_that_others_may_read_ends_as_run_would() {
    let home = Home::new(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         imap = { host = \"localhost\", login = \"me\" }\npassword = { value = \"hunter2\" }\n",
    );
    fs::set_permissions(home.config(), Permissions::from_mode(0o644)).unwrap();
    let said = Said::by(&home, &[]);
    assert_eq!(
        (said.code, said.check("configuration").0),
        (Some(77), "fail")
    );
}

#[test]
fn a_file_system_that_does_not_answer_holds_up_no_other_check() {
    if !strace::is_installed() {
        return;
    }
    let home = home("");
    // As on a server that is gone for longer than anybody waits: strace keeps the program until
    // its call has returned.
    let far = home.path().join("Maildir/new").display().to_string();
    let hold = ["-f", "-P", &far, "-e", "inject=all:delay_enter=20000000"];
    let hold = hold.map(str::to_owned);
    let log = home.path().join("calls");
    let said = Said::of(strace::traced(&command(&home, &[]), &hold, &log));
    let (status, observed) = said.check("mailbox me: folder INBOX");
    assert_eq!(status, "fail");
    assert!(observed.contains("does not answer"), "{observed}");
    assert_eq!(said.check("state folder").0, "pass");
    assert_eq!(said.code, Some(1));
}
