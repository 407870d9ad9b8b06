//! Which folder of a server is meant: the name itself, or the one marked with a special use; and
//! which there are.

use tracing::info;

use crate::mail::FolderName;
use crate::source::junk::called_junk;
use crate::source::utf7::{meant, utf7};

use super::session::{ImapError, Session};

/// The server's name for a configured folder: the name itself, or the folder marked with a
/// special use such as `\Junk` (RFC 6154), or else one that is called so. `None` if there is none.
///
/// # Errors
/// If the connection fails.
pub async fn resolve(
    session: Session,
    folder: &FolderName,
) -> Result<(Session, Option<String>), ImapError> {
    if !folder.0.starts_with('\\') {
        return Ok((session, Some(utf7(&folder.0))));
    }
    let (session, folders) = session.list().await?;
    let marked = folders
        .iter()
        .find(|(_, special_use)| special_use.is_some_and(|s| s.eq_ignore_ascii_case(&folder.0)));
    let name = match marked {
        Some((name, _)) => Some(name.clone()),
        None if folder.is_for_junk() => {
            let names: Vec<&str> = folders.iter().map(|(name, _)| name.as_str()).collect();
            let found = called_junk(&names);
            if found.is_some() {
                info!("the server marks no folder for spam: the one called so is watched");
            }
            found.map(str::to_owned)
        }
        None => None,
    };
    Ok((session, name))
}

/// The names of the server's folders, as the configuration has them.
///
/// # Errors
/// If the connection fails.
pub async fn names(session: Session) -> Result<(Session, Vec<String>), ImapError> {
    let (session, folders) = session.list().await?;
    let mut names: Vec<String> = folders.iter().filter_map(|(name, _)| meant(name)).collect();
    names.sort();
    Ok((session, names))
}
