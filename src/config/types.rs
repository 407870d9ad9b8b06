//! Which types of alert a channel tells: names, or the whole family before a dot.
//!
//! It knows the names of the contract and nothing of what they mean. SECURITY: no error repeats
//! what was written.

use super::explain::{KNOWN_WORDS, did_you_mean};
use crate::case::{Types, is_of};

/// The types there are: those of [`crate::case::effect::Notice::type_name`].
pub const KNOWN: [&str; 11] = [
    "notification.received",
    "code.received",
    "decision.received",
    "mail.unclear",
    "mail.forged",
    "mail.unproven",
    "submission.failed",
    "mailbox.deaf",
    "mailbox.heard",
    "reminder.due",
    "alerts.summary",
];

/// The types that were written, each a name or a family such as `mailbox.*`.
///
/// # Errors
/// The place in the list, and a sentence that says what would have been right.
pub(super) fn types(written: Vec<String>) -> Result<Types, (usize, String)> {
    let is_known = |word: &String| KNOWN.iter().any(|known| is_of(word, known));
    if let Some(at) = written.iter().position(|word| !is_known(word)) {
        let nearest = did_you_mean(&written[at], &KNOWN, '"');
        let known = KNOWN.join(", ");
        let what = format!(
            "there is no such type of alert; {nearest}{KNOWN_WORDS}{known}, and families such \
             as \"mailbox.*\""
        );
        return Err((at, what));
    }
    Ok(Types(Some(written)))
}

#[cfg(test)]
mod tests {
    use super::types;

    #[test]
    fn a_type_that_is_none_is_refused_with_the_nearest_one() {
        let types = |written: &[&str]| types(written.iter().map(|w| (*w).to_owned()).collect());
        let (at, what) = types(&["mail.*", "desicion.received"]).expect_err("misspelt");
        assert_eq!(at, 1);
        assert!(
            what.contains("did you mean \"decision.received\"?"),
            "{what}"
        );
        for wrong in ["", "*", "mail", "mail*", "mails.*", "*.deaf", "mail.f*"] {
            assert!(types(&[wrong]).is_err(), "{wrong}");
        }
    }
}
