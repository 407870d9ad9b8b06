//! Why an attempt never began: what it needs is not there, and nothing has left this machine.

use crate::case::effect::Attempt;
use crate::config::secret::{Secret, SecretSource};
use crate::http::HttpError;

/// What is missing before anything was begun.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// It may be there in a while.
    #[error("{0}")]
    TryLater(String),
    /// It will not be otherwise the next time: the person has to change something.
    #[error("{0}")]
    Rejected(String),
}

impl From<Unready> for Attempt {
    fn from(unready: Unready) -> Self {
        match unready {
            Unready::TryLater(why) => Self::later(why),
            Unready::Rejected(why) => Self::Rejected(why),
        }
    }
}

impl From<HttpError> for Unready {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::TryLater(why) => Self::TryLater(why),
            HttpError::NeedsUser(why) => Self::Rejected(why),
        }
    }
}

/// Reads a secret, which `what` names; one that is not there today may be there tomorrow.
pub(super) async fn read_secret(source: &SecretSource, what: &str) -> Result<Secret, Unready> {
    let source = source.clone();
    let unread = |error: &dyn std::fmt::Display| {
        Unready::TryLater(format!("{what} could not be read: {error}"))
    };
    // A file may lie on a slow disk, and a command may ask a key ring.
    match tokio::task::spawn_blocking(move || source.read()).await {
        Ok(read) => read.map_err(|error| unread(&error)),
        Err(error) => Err(unread(&error)),
    }
}
