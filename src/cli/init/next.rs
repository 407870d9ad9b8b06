//! The two commands that come next, fit to be pasted into a shell. Pure.
//!
//! SECURITY: they name files with secrets and hold none.

use std::path::Path;

use super::super::OF_THE_SERVICE;
use super::answers::{Access, Answers};

/// Where systemd looks for what is added to the unit.
const DROP_IN: &str = "/etc/systemd/system/sustained.service.d";

/// What to type after this; `secret` is the file that was written, `config` the one that was named.
pub(super) fn commands(
    answers: &Answers,
    secret: Option<&Path>,
    config: Option<&Path>,
) -> [String; 2] {
    let named = config.map(|path| format!(" --config {}", quoted(&path.display().to_string())));
    let named = named.unwrap_or_default();
    if !answers.credential {
        return [
            format!("sustained check{named}"),
            format!("sustained run{named}"),
        ];
    }
    let file = secret.or(match &answers.access {
        Access::PasswordFile(file) => Some(file),
        _ => None,
    });
    let start = "sudo systemctl enable --now sustained";
    let Some(file) = file else {
        return [
            format!("sudo STATE_DIRECTORY={OF_THE_SERVICE} sustained check{named}"),
            start.to_owned(),
        ];
    };
    let name = answers.secret_name();
    let loaded = format!("{name}:{}", file.display());
    // In a unit's file a percent sign begins a specifier.
    let in_unit = quoted(&loaded.replace('%', "%%"));
    [
        check(&name, file, &quoted(&loaded)) + &named,
        format!(
            "sudo mkdir -p {DROP_IN} && printf '[Service]\\nLoadCredential=%s\\n' {in_unit} | \
             sudo tee {DROP_IN}/credential.conf && {start}"
        ),
    ]
}

/// `check` with what the service will find.
fn check(name: &str, file: &Path, loaded: &str) -> String {
    match file.parent() {
        Some(folder) if file.ends_with(name) => format!(
            "sudo CREDENTIALS_DIRECTORY={} STATE_DIRECTORY={OF_THE_SERVICE} sustained check",
            quoted(&folder.display().to_string())
        ),
        // Only systemd gives a file another name.
        _ => format!(
            "sudo systemd-run --quiet --pipe --wait -p LoadCredential={loaded} \
             -E STATE_DIRECTORY={OF_THE_SERVICE} sustained check"
        ),
    }
}

/// A word as every shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@+".contains(c);
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_takes_every_word_as_one() {
        assert_eq!(quoted("/etc/sustained/imap-me"), "/etc/sustained/imap-me");
        assert_eq!(quoted("/my files/it's"), "'/my files/it'\\''s'");
    }
}
