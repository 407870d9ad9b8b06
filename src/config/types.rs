//! Which types of alert a channel tells: names, or the whole family before a dot.
//!
//! It knows the names of the contract and nothing of what they mean. SECURITY: no error repeats
//! what was written.

use super::file::nearest;

/// The types there are: those of [`crate::case::effect::Notice::type_name`] and what the engine
/// says beside them.
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

/// The types of alert that a channel tells; all, unless some were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types(Option<Vec<String>>);

impl Types {
    /// The types that were written, each a name or a family such as `mailbox.*`.
    ///
    /// # Errors
    /// The place in the list, and a sentence that says what would have been right.
    pub(super) fn new(written: Vec<String>) -> Result<Self, (usize, String)> {
        if let Some(at) = written.iter().position(|word| !is_known(word)) {
            let nearest = nearest(&written[at], &KNOWN)
                .map(|near| format!("did you mean \"{near}\"? "))
                .unwrap_or_default();
            let known = KNOWN.join(", ");
            let what = format!(
                "there is no such type of alert; {nearest}known are {known}, and families such \
                 as \"mailbox.*\""
            );
            return Err((at, what));
        }
        Ok(Self(Some(written)))
    }

    /// Whether an alert of the type `type_name` is told.
    #[must_use]
    pub fn includes(&self, type_name: &str) -> bool {
        let Some(named) = &self.0 else { return true };
        named.iter().any(|word| fits(word, type_name))
    }
}

/// Whether `word` is one of the types, or a family that has any.
fn is_known(word: &str) -> bool {
    KNOWN.iter().any(|known| fits(word, known))
}

fn fits(word: &str, type_name: &str) -> bool {
    match word.strip_suffix('*') {
        Some(family) if family.ends_with('.') => type_name.starts_with(family),
        Some(_) => false,
        None => word == type_name,
    }
}

#[cfg(test)]
mod tests {
    use super::Types;

    fn types(written: &[&str]) -> Result<Types, (usize, String)> {
        Types::new(written.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn what_is_not_named_is_not_told() {
        let all = Types::default();
        assert!(all.includes("mail.forged") && all.includes("of.tomorrow"));
        let some = types(&["decision.received", "mailbox.*"]).expect("known");
        for (name, expected) in [
            ("decision.received", true),
            ("mailbox.deaf", true),
            ("mailbox.heard", true),
            ("mailbox", false),
            ("mail.forged", false),
            ("code.received", false),
        ] {
            assert_eq!(some.includes(name), expected, "{name}");
        }
    }

    #[test]
    fn a_type_that_is_none_is_refused_with_the_nearest_one() {
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
