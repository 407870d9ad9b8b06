//! Folders that are not there: named with what was probably meant, and never written.

use std::fs;

use crate::support::dovecot::{Dovecot, LOGIN, Options, PASSWORD};
use crate::support::process::Home;
use crate::support::terminal::{On, Terminal, usual};

use super::PERSON;

/// The flags for a server with a folder of this name beside the usual ones.
fn flags(dovecot: &Dovecot, home: &Home) -> Vec<String> {
    let file = |path: &std::path::Path| path.display().to_string();
    let server = ["--host", "localhost", "--port"].map(str::to_owned);
    let (port, ca_file) = (dovecot.port().to_string(), file(dovecot.ca_file()));
    let password = file(&home.write("password", &format!("{PASSWORD}\n")));
    let mut flags = vec![
        "init".to_owned(),
        "--config".to_owned(),
        file(&home.config()),
    ];
    flags.extend(server);
    flags.extend([port, "--ca-file".to_owned(), ca_file]);
    flags.extend(["--password-file".to_owned(), password]);
    flags.extend(PERSON.map(str::to_owned));
    flags
}

fn dovecot() -> Option<Dovecot> {
    Dovecot::with(Options {
        // What stands above the second is a name and no folder.
        folders: &["Entwürfe", "Lists.News"],
        ..Options::default()
    })
}

#[test]
fn a_folder_that_is_not_there_is_refused_with_the_nearest_one() {
    let Some(dovecot) = dovecot() else {
        return;
    };
    let home = Home::empty();
    let flags = flags(&dovecot, &home);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let init = |folders: &str| {
        let output = home.output(&[&flags[..], &["--folders", folders]].concat(), b"");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    for (folders, expected) in [
        ("INBOX,Entwurfe", "did you mean \"Entwürfe\"?"),
        (
            "INBOX,Newsletter",
            "there are Entwürfe, INBOX, Junk, Lists.News. Nothing",
        ),
        (
            "INBOX,\\Archive",
            "--folders \\Archive: the server marks no folder so",
        ),
    ] {
        let (exit, said) = init(folders);
        assert_eq!(exit, Some(2), "{said}");
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!home.config().exists());
    }
    let (exit, said) = init("INBOX,Entwürfe");
    assert_eq!(exit, Some(0), "{said}");
}

#[test]
fn a_server_without_a_folder_for_spam_will_do() {
    let options = Options {
        junk: None,
        ..Options::default()
    };
    let Some(dovecot) = Dovecot::with(options) else {
        return;
    };
    let home = Home::empty();
    let flags = flags(&dovecot, &home);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let output = home.output(&flags, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("\\Junk: the server marks no folder so"),
        "{said}"
    );
}

#[test]
fn at_a_terminal_the_folders_are_asked_for_again() {
    let Some(dovecot) = dovecot() else {
        return;
    };
    let home = Home::empty();
    let flags = flags(&dovecot, &home);
    let mut args: Vec<&str> = flags.iter().map(String::as_str).collect();
    args.extend(["--folders", "INBX"]);
    let mut terminal = Terminal::start(usual(home.command(&args)), 100, On::All);
    let question = "the folders to watch, with commas between: [INBOX,\\Junk]";
    terminal.wait_for("did you mean \"INBOX\"?");
    terminal.answer(question, "INBOX,INBOX");
    terminal.answer("named twice", "INBOX, Jnuk");
    terminal.answer("did you mean \"Junk\"?", "INBOX, Junk");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.sent());
    let config = fs::read_to_string(home.config()).unwrap();
    assert!(
        config.contains("folders = [\"INBOX\", \"Junk\"]"),
        "{config}"
    );
}

#[test]
fn the_folders_of_a_maildir_are_looked_for_too() {
    let home = Home::empty();
    let maildir = home.path().join("Maildir");
    for folder in ["", ".Lists.Privacy/"] {
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.join(format!("{folder}{place}"))).unwrap();
        }
    }
    let (config, maildir) = (home.config(), maildir.display().to_string());
    let person = ["--address", LOGIN, "--accounts", "facebook"];
    let place = [
        "init",
        "--config",
        config.to_str().unwrap(),
        "--maildir",
        &maildir,
    ];
    let args = [&place[..], &person, &["--alert", "stdout:", "--folders"]].concat();
    let output = home.output(&[&args[..], &["INBOX,Lists/Privcy"]].concat(), b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let expected = "there is no such folder; did you mean \"Lists/Privacy\"? there are INBOX, ";
    assert!(said.contains(expected), "{said}");
    assert!(!config.exists());
    let mut terminal = Terminal::start(
        usual(home.command(&[&args[..], &["Privacy"]].concat())),
        100,
        On::All,
    );
    terminal.answer("the folders to watch", "Lists/Privacy,\\Junk");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.sent());
}
