//! What a way of telling the person may be used for: which alerts, at which hours, how many, and
//! whether the code may stand in one.

use super::quiet::Quiet;

/// A way to tell the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name among the outlets.
    pub name: String,
    /// The types of alert it tells.
    pub types: Types,
    /// The hours in which alerts wait that can wait.
    pub quiet: Option<Quiet>,
    /// Whether the code itself may stand in an alert: its owner alone reads along.
    pub may_hold_code: bool,
    /// How many alerts an hour it tells one by one.
    pub at_most: u32,
}

/// The types of alert that a channel tells: all, or those that were named, each by its name or by
/// the family before the dot (`mailbox.*`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types(pub Option<Vec<String>>);

impl Types {
    /// Whether an alert of the type `type_name` is told.
    #[must_use]
    pub fn includes(&self, type_name: &str) -> bool {
        let Some(named) = &self.0 else { return true };
        named.iter().any(|word| is_of(word, type_name))
    }
}

/// Whether a type has this name, or is of this family.
#[must_use]
pub fn is_of(word: &str, type_name: &str) -> bool {
    match word.strip_suffix('*') {
        Some(family) if family.ends_with('.') => type_name.starts_with(family),
        Some(_) => false,
        None => word == type_name,
    }
}

#[cfg(test)]
mod tests {
    use super::Types;

    #[test]
    fn what_is_not_named_is_not_told() {
        let all = Types::default();
        assert!(all.includes("mail.forged") && all.includes("of.tomorrow"));
        let named = ["decision.received", "mailbox.*", "mail*", "*"];
        let some = Types(Some(named.map(str::to_owned).to_vec()));
        for (name, expected) in [
            ("decision.received", true),
            ("mailbox.deaf", true),
            ("mailbox", false),
            ("mail.forged", false),
            ("code.received", false),
        ] {
            assert_eq!(some.includes(name), expected, "{name}");
        }
    }
}
