//! Which folder of a server is meant: the name itself, or the one marked with a special use.

use tracing::info;

use crate::mail::{FolderName, JUNK};

use super::session::{ImapError, Session};
use super::utf7::utf7;

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
            called_junk(&names).map(str::to_owned)
        }
        None => None,
    };
    Ok((session, name))
}

/// The folder that is called as folders for spam are, wherever it stands in the tree.
fn called_junk<'a>(names: &[&'a str]) -> Option<&'a str> {
    let is_called = |name: &&&str, junk: &str| {
        let last = name.rsplit(['/', '.', '\\']).next().unwrap_or(name);
        last.eq_ignore_ascii_case(junk)
    };
    let found = JUNK.iter().find_map(|junk| {
        let junk = utf7(junk);
        names.iter().find(|name| is_called(name, &junk))
    })?;
    info!("the server marks no folder for spam: the one that is called so is watched");
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::called_junk;

    #[test]
    fn a_folder_for_spam_is_known_by_its_name_in_any_language() {
        assert_eq!(called_junk(&["INBOX", "INBOX.spam"]), Some("INBOX.spam"));
        assert_eq!(called_junk(&["Spam", "Junk"]), Some("Junk"));
        let french = "Courrier ind&AOk-sirable";
        assert_eq!(called_junk(&["INBOX", french]), Some(french));
        assert_eq!(called_junk(&["INBOX", "Spam recipes", "Junkyard"]), None);
    }
}
