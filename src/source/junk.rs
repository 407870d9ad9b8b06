//! Which of a mailbox's folders is the one for junk mail, where nothing marks it.

use crate::mail::JUNK;

use super::utf7::utf7;

/// The folder that is called as folders for spam are, wherever it stands in the tree. Names are in
/// modified UTF-7, their parts divided by `/`, `.` or `\`.
pub(super) fn called_junk<'a>(names: &[&'a str]) -> Option<&'a str> {
    let is_called = |name: &&&str, junk: &str| {
        let last = name.rsplit(['/', '.', '\\']).next().unwrap_or(name);
        last.eq_ignore_ascii_case(junk)
    };
    JUNK.iter().find_map(|junk| {
        let junk = utf7(junk);
        names.iter().find(|name| is_called(name, &junk)).copied()
    })
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
