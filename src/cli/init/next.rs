//! The two commands that come next, fit to be pasted into a shell. Pure.
//!
//! SECURITY: they name files with secrets and hold none.

use std::path::{Path, PathBuf};

use super::super::OF_THE_SERVICE;
use super::answers::Answers;

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
    let start = "sudo systemctl enable --now sustained";
    let given = answers.credentials(secret);
    if given.is_empty() {
        return [
            format!("sudo STATE_DIRECTORY={OF_THE_SERVICE} sustained check{named}"),
            start.to_owned(),
        ];
    }
    let loaded = |(name, file): &(String, PathBuf)| {
        quoted(&format!("LoadCredential={name}:{}", file.display()))
    };
    let loaded: Vec<String> = given.iter().map(loaded).collect();
    // In a unit's file a percent sign begins a specifier.
    let in_unit = loaded.join(" ").replace('%', "%%");
    [
        check(&given, &loaded) + &named,
        format!(
            "sudo mkdir -p {DROP_IN} && printf '%s\\n' '[Service]' {in_unit} | \
             sudo tee {DROP_IN}/credential.conf && {start}"
        ),
    ]
}

/// `check` with what the service will find.
fn check(given: &[(String, PathBuf)], loaded: &[String]) -> String {
    let folder = given.first().and_then(|(_, file)| file.parent());
    let folder = folder.filter(|folder| {
        let mut files = given.iter();
        files.all(|(name, file)| *file == folder.join(name))
    });
    match folder {
        Some(folder) => format!(
            "sudo CREDENTIALS_DIRECTORY={} STATE_DIRECTORY={OF_THE_SERVICE} sustained check",
            quoted(&folder.display().to_string())
        ),
        // Only systemd gives a file another name.
        None => format!(
            "sudo systemd-run --quiet --pipe --wait -p {} -E STATE_DIRECTORY={OF_THE_SERVICE} \
             sustained check",
            loaded.join(" -p ")
        ),
    }
}

/// A word as every shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@+=".contains(c);
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
