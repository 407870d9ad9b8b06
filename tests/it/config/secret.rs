//! Where secrets are kept, and that none is shown, whatever is wrong around it.
//!
//! SECURITY: the secrets are made up, and every refusal is searched for them.

use sustained::config::parse;
use sustained::config::secret::SecretSource;
use sustained::config::{Access, Consent, Source};
use tempfile::TempDir;

use super::{MAILBOX, SECRET, check, file, path, read};

#[test]
fn a_secret_in_the_wrong_place_is_not_shown() {
    for line in [
        "password = \"hunter2\"",
        "password = hunter2",
        "password = \"hunter2",
        "password = [\"hunter2\"]",
        "pasword = \"hunter2\"",
        "password = { vaule = \"hunter2\" }",
        "password = { hunter2 }",
        "password = { value = hunter2 }",
        "password = { value = \"hunter2 }",
        "password = { value = [\"hunter2\"] }",
        "password = { value = \"hunter2\", env = \"X\" }",
        "password = { command = \"echo hunter2\" }",
        "password = { value = \"hunter2\"\nhost = 1 }",
        "password = { value = \"\"\"\nx = hunter2\n }",
        "password = {\n  value = [\n \"hunter2\n ]}",
        "password.value = { x = \"hunter2\" }",
        "passphrase = \"hunter2\"",
        "name = \"a\" password = \"hunter2\"",
        "name = 5 # the token = hunter2",
    ] {
        check(&format!("[[mailbox]]\n{line}\n"), "/config.toml:");
    }
    for number in ["12345", "12.345", "true", "1979-05-27", "[12345]"] {
        for line in ["password = ", "token = ", "password = { value = "] {
            let text = format!(
                "[[mailbox]]\n{line}{number}{}\n",
                if line.contains('{') { " }" } else { "" }
            );
            let words = parse(&text, path()).expect_err(&text).to_string();
            assert!(!words.contains(number), "{text}\ngives\n{words}");
        }
    }
    check(
        "[[mailbox]]\npassword = 5\n",
        "a secret is written as a table",
    );
    check(
        "[[mailbox]]\npassword = { value = 5 }\n",
        "text between double quotes",
    );
}

#[test]
fn a_damaged_file_does_not_show_its_secret() {
    let sound = "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
                 accounts = [\"facebook\"]\nlookback = \"60 days\"\n\
                 imap = { host = \"h.org\", login = \"me\" }\n\
                 password = { value = \"hunter2\" }\n\
                 [[alert]]\nurl = \"smtps://me@h.org/?to=a@b.org\"\npassword.value = \"hunter2\"\n\
                 [[alert]]\nurl = \"ntfy://h.org/t\"\n[alert.token]\nvalue = 'hunter2'\n";
    read(sound);
    // In an address it is always wrong, and refused in every way that an address can be damaged.
    let wrong = format!("{sound}[[alert]]\nurl = \"smtp://me:hunter2@h.org/?to=a@b.org\"\n");
    let (mut refused, mut shown) = (0, Vec::new());
    for at in 0..wrong.len() {
        let (before, after) = wrong.split_at(at);
        let mut damaged = vec![before.to_owned(), format!("{before}{}", &after[1..])];
        for put in [
            "\"", "'", "=", "\n", "[", "]", "{", "}", "#", ",", " ", "x", ":", "ä", "\u{0}",
        ] {
            damaged.push(format!("{before}{put}{after}"));
            damaged.push(format!("{before}{put}{}", &after[1..]));
        }
        for text in damaged {
            if let Err(error) = parse(&text, path()) {
                refused += 1;
                let words = format!("{error} {error:?}");
                if words.contains(SECRET) {
                    shown.push(format!("{text}\ngives\n{error}"));
                }
            }
        }
    }
    assert!(refused > 1000, "only {refused} were refused");
    assert!(
        shown.is_empty(),
        "{} of {refused}: {}",
        shown.len(),
        shown.join("\n\n")
    );
}

#[test]
fn a_secret_is_in_exactly_one_place() {
    let password = |table: &str| {
        format!(
            "{MAILBOX}imap = {{ host = \"h.org\", login = \"me\" }}\npassword = {{ {table} }}\n"
        )
    };
    check(&password(""), "nothing says where the secret is");
    check(
        &password("file = \"/a\", env = \"X\""),
        "keep one of credential, file",
    );
    check(&password("fle = \"/a\""), "did you mean `file`?");
    check(&password("credential = \"a/b\""), "without a slash");
    check(&password("credential = \"..\""), "systemd's LoadCredential");
    check(&password("file = \"~/secret\""), "`~` means nothing here");
    check(&password("file = \"\""), "must not be empty");
    check(
        &password("command = []"),
        "a list of a program and its arguments",
    );
    check(
        &password("env = \"$X\\u0000\""),
        "the name of an environment variable",
    );
    check(&password("value = \"\""), "the secret is empty");
    let config = read(&password("command = [\"pass\", \"show\", \"x\"]"));
    let Source::Imap(imap) = &config.mailboxes[0].source else {
        panic!("not on a server");
    };
    let Access::Password(password) = &imap.access else {
        panic!("no password");
    };
    assert_eq!(password.describe(), "command pass");
}

/// What `source` gives: the secret, or the words of the refusal.
fn fetch(source: &SecretSource) -> Result<String, String> {
    let secret = source.read().map_err(|error| {
        assert!(!format!("{error:?} {error}").contains(SECRET), "{error:?}");
        error.to_string()
    })?;
    assert!(!format!("{secret:?}").contains(SECRET));
    Ok(secret.reveal().to_owned())
}

#[test]
fn a_secret_is_the_first_line_of_its_file() {
    let long = "x".repeat(4097);
    for (text, mode, expected) in [
        ("hunter2", 0o600, Ok("hunter2")),
        ("hunter2\r\nlogin: me\n", 0o640, Ok("hunter2")),
        ("hunter2", 0o604, Err("has mode 0604")),
        ("\nhunter2", 0o600, Err("its first line is empty")),
        ("", 0o600, Err("its first line is empty")),
        (&long, 0o600, Err("longer than 4 KiB")),
    ] {
        let (_folder, path) = file("secret", text, mode);
        match (fetch(&SecretSource::File(path)), expected) {
            (Ok(secret), Ok(expected)) => assert_eq!(secret, expected),
            (Err(words), Err(expected)) => assert!(words.contains(expected), "{words}"),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }
    let folder = TempDir::new().expect("a temporary folder");
    let words = fetch(&SecretSource::File(folder.path().to_owned())).expect_err("a folder");
    assert!(words.contains("not an ordinary file"), "{words}");
    let words = fetch(&SecretSource::File(folder.path().join("x"))).expect_err("not there");
    assert!(words.contains("there is no such file"), "{words}");
}

#[test]
fn a_secret_comes_from_a_program_or_a_variable() {
    let command =
        |script: &str| SecretSource::Command(["sh", "-c", script].map(str::to_owned).to_vec());
    assert_eq!(
        fetch(&command("echo hunter2; echo more")).as_deref(),
        Ok(SECRET)
    );
    let words =
        fetch(&command("echo hunter2; echo locked: hunter2 >&2; false")).expect_err("fails");
    assert!(
        words.contains("command sh: ") && words.contains("locked: ••••"),
        "{words}"
    );
    assert!(
        fetch(&command("true"))
            .expect_err("nothing")
            .contains("first line is empty")
    );
    // Cargo sets the first for every test; nobody sets the second.
    assert!(fetch(&SecretSource::Env("CARGO_PKG_NAME".to_owned())).is_ok());
    let words = fetch(&SecretSource::Env("SUSTAINED_NO_SUCH".to_owned())).expect_err("not set");
    assert!(
        words.contains("environment variable SUSTAINED_NO_SUCH: it is not set"),
        "{words}"
    );
}

#[test]
fn a_credential_needs_systemd() {
    let source = SecretSource::Credential("imap-me".to_owned());
    assert_eq!(source.describe(), "credential imap-me");
    if std::env::var_os("CREDENTIALS_DIRECTORY").is_none() {
        let words = fetch(&source).expect_err("not set");
        assert!(words.contains("LoadCredential=imap-me"), "{words}");
    }
}

// --- Tokens in the place of a password. ----------------------------------------------------------

fn with_tokens(oauth: &str) -> String {
    format!("{MAILBOX}imap = {{ host = \"h.org\", login = \"me\" }}\noauth = {{ {oauth} }}\n")
}

#[test]
fn a_known_issuer_needs_a_client_id_only() {
    for (provider, host, by_code) in [
        ("microsoft", "login.microsoftonline.com", true),
        ("google", "oauth2.googleapis.com", false),
    ] {
        let text = format!("provider = \"{provider}\", client_id = \"x\"");
        let config = read(&with_tokens(&text));
        let Source::Imap(imap) = &config.mailboxes[0].source else {
            panic!("not on a server");
        };
        let Access::Tokens(oauth) = &imap.access else {
            panic!("a password");
        };
        assert_eq!(oauth.token.host, host);
        assert_eq!(matches!(oauth.consent, Consent::Device(_)), by_code);
    }
}

#[test]
fn what_is_wrong_with_tokens_is_said() {
    let own = "client_id = \"x\", scope = \"s\", device_url = \"https://h.org/d\", ";
    for (oauth, said) in [
        (
            "provider = \"mikrosoft\", client_id = \"x\"",
            "did you mean \"microsoft\"?",
        ),
        ("provider = \"google\"", "`client_id` is missing"),
        ("client_id = \"x\"", "`token_url` is missing"),
        (
            &format!("{own}token_url = \"http://h.org/t\""),
            "write https",
        ),
        (&format!("{own}token_url = \"h.org\""), "https://host/path"),
        (
            &format!("{own}token_url = \"https://h.org/t\", consent_url = \"https://h.org/c\""),
            "keep device_url or consent_url",
        ),
    ] {
        check(&with_tokens(oauth), said);
    }
    let both = with_tokens("provider = \"google\", client_id = \"x\"");
    check(
        &(both + "password = { env = \"X\" }\n"),
        "keep `password` or `oauth`",
    );
}
