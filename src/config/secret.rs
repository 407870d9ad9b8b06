//! Where a secret is kept, and the secret itself, which cannot be printed.
//!
//! It fetches a secret from its place and knows nothing of what it is for. SECURITY: it reads a
//! file, a variable or what a program prints, at most 4 KiB of it; no error repeats the secret.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::ask;

/// More than this is not a password or token but the wrong file.
pub(super) const MAX_SECRET: usize = 4096;

/// A password or token. It has no printable form in any build; [`Secret::reveal`] gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The secret, for the one who sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The secret as the one line of a file that it is kept in.
    #[must_use]
    pub fn as_line(&self) -> Zeroizing<Vec<u8>> {
        let mut line = Zeroizing::new(Vec::with_capacity(self.0.len() + 1));
        line.extend_from_slice(self.0.as_bytes());
        line.push(b'\n');
        line
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(••••)")
    }
}

/// Where a secret is kept. Two are the same if the place is, whatever is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The first line of a file.
    File(PathBuf),
    /// The first line that a program prints.
    Command(Vec<String>),
    /// An environment variable.
    Env(String),
    /// A systemd credential: a file of that name in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// It stands in the configuration itself.
    Value(Secret),
}

/// Why a secret could not be had. `Display` is for the person and never holds the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It is not where it should be.
    #[error("{place}: {why}")]
    Missing {
        /// [`SecretSource::describe`].
        place: String,
        /// What is not there, and what to do.
        why: String,
    },
    /// Its file cannot be read.
    #[error("{place}: {source}; it must be a file that the account running sustained may read")]
    Unreadable {
        /// [`SecretSource::describe`].
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// Everybody on this machine may read or change it.
    #[error(
        "{path} has mode {mode:04o}: everybody on this machine may use the secret in it; run: \
         chmod 600 {path}",
        path = path.display()
    )]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// There is something, and it is no secret: empty, too long, not text.
    #[error("{place}: {why}")]
    Unusable {
        /// [`SecretSource::describe`].
        place: String,
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
    /// The program that should print it did not.
    #[error("{place}: {why}")]
    Command {
        /// [`SecretSource::describe`].
        place: String,
        /// How it ended, and the first line of what it said about it.
        why: String,
    },
}

impl SecretSource {
    /// Fetches the secret. It blocks: up to ten seconds when a program is asked.
    ///
    /// # Errors
    ///
    /// [`SecretError`], by what the person must do.
    pub fn read(&self) -> Result<Secret, SecretError> {
        self.read_with(&|name| env::var_os(name))
    }

    /// Where the secret is, in words; never the secret itself, and no argument of a program.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::File(path) => format!("file {}", path.display()),
            Self::Command(command) => {
                format!("command {}", command.first().map_or("", String::as_str))
            }
            Self::Env(name) => format!("environment variable {name}"),
            Self::Credential(name) => format!("credential {name}"),
            Self::Value(_) => "value in the configuration".to_owned(),
        }
    }

    /// [`Self::read`], with the environment as an argument.
    fn read_with(&self, lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<Secret, SecretError> {
        let missing = |why: &str| SecretError::Missing {
            place: self.describe(),
            why: why.to_owned(),
        };
        match self {
            Self::Value(secret) => Ok(secret.clone()),
            Self::File(path) => self.file(path, true),
            Self::Command(command) => {
                let printed = ask::ask(command).map_err(|why| SecretError::Command {
                    place: self.describe(),
                    why,
                })?;
                self.first_line(&printed)
            }
            Self::Env(name) => {
                let value = lookup(name).ok_or_else(|| missing("it is not set; set it"))?;
                self.first_line(&Zeroizing::new(value.into_encoded_bytes()))
            }
            Self::Credential(name) => {
                let folder = lookup("CREDENTIALS_DIRECTORY").ok_or_else(|| {
                    missing(&format!(
                        "this process was not started by systemd with LoadCredential={name}:/path; \
                         start the service, or set CREDENTIALS_DIRECTORY to the folder that holds \
                         {name}, or use file, command or env"
                    ))
                })?;
                // systemd keeps that folder for this process alone.
                self.file(&Path::new(&folder).join(name), false)
            }
        }
    }

    /// The first line of the file at `path`; `guarded` if its own mode must keep others out.
    fn file(&self, path: &Path, guarded: bool) -> Result<Secret, SecretError> {
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => SecretError::Missing {
                place: self.describe(),
                why: "there is no such file; make it, or correct the name".to_owned(),
            },
            _ => SecretError::Unreadable {
                place: self.describe(),
                source,
            },
        };
        // Asked before it is opened: opening a pipe would wait for its writer.
        if !fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(self.unusable("it is not an ordinary file; name one"));
        }
        let file = fs::File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
        if guarded && mode & 0o007 != 0 {
            return Err(SecretError::Unsafe {
                path: path.to_owned(),
                mode,
            });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET + 1));
        file.take(MAX_SECRET as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        self.first_line(&bytes)
    }

    /// The first line of `bytes`, which must be a secret.
    fn first_line(&self, bytes: &[u8]) -> Result<Secret, SecretError> {
        if bytes.len() > MAX_SECRET {
            return Err(self.unusable("it is longer than 4 KiB, which no secret is"));
        }
        let line = first_line(bytes);
        let text = str::from_utf8(line)
            .map_err(|_| self.unusable("it is not UTF-8 text; write the secret alone into it"))?;
        if text.is_empty() {
            return Err(self.unusable("its first line is empty; the secret must stand there"));
        }
        Ok(Secret::new(text.to_owned()))
    }

    fn unusable(&self, why: &'static str) -> SecretError {
        SecretError::Unusable {
            place: self.describe(),
            why,
        }
    }
}

/// `bytes` up to the first line break.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or(bytes);
    line.strip_suffix(b"\r").unwrap_or(line)
}
