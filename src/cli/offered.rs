//! Words that the command line understands, or knows some of: shells offer them, `--help` and the
//! manual name them.
//!
//! They are the same on every machine: nothing is looked up here.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};

use crate::case::{Word, is_of};
use crate::config;
use crate::mail::{Outcome, Product};

/// What can be objected for.
const ACCOUNTS: [Product; 4] = [
    Product::Facebook,
    Product::Instagram,
    Product::Threads,
    Product::Whatsapp,
];

/// How Meta can answer.
const OUTCOMES: [Outcome; 7] = [
    Outcome::Honored,
    Outcome::PartlyHonored,
    Outcome::Declined,
    Outcome::NeedsInfo,
    Outcome::UnderReview,
    Outcome::WrongChannel,
    Outcome::Extended,
];

/// The types of the decision log. Families such as `mail.*` are not among them: to a shell that
/// offers words, they are names of files.
const LOG_TYPES: Suggested = Suggested(&[
    "notification.received",
    "code.received",
    "code.asked",
    "code.taken",
    "decision.received",
    "mail.unclear",
    "mail.forged",
    "mail.pending",
    "mail.unproven",
    "mailbox.armed",
    "mailbox.deaf",
    "mailbox.heard",
    "mailbox.gap",
    "submission.accepted",
    "submission.failed",
    "submission.doubtful",
    "form.sent",
    "form.filed",
    "form.refused",
    "form.unavailable",
    "form.stopped",
    "reminder.due",
    "case.noted",
]);

/// A type of the decision log, or a family of them such as `mail.*`.
pub(super) fn log_type() -> impl TypedValueParser<Value = String> {
    LOG_TYPES.try_map(|word| {
        if LOG_TYPES.0.iter().any(|known| is_of(&word, known)) {
            return Ok(word);
        }
        let families = LOG_TYPES.0.iter().filter_map(|known| known.split_once('.'));
        let families: BTreeSet<String> = families.map(|(first, _)| format!("{first}.*")).collect();
        let known = LOG_TYPES.0.iter().copied();
        let known: Vec<&str> = known.chain(families.iter().map(String::as_str)).collect();
        Err(config::none_of(&word, &known))
    })
}

/// The issuers of tokens that are built in.
pub(super) const ISSUERS: Suggested = Suggested(&["microsoft", "google"]);

/// Any word is taken; these are offered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suggested(&'static [&'static str]);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}

/// The account that a person calls so, with capitals or blanks around it.
///
/// # Errors
/// A sentence that names those there are.
pub(super) fn account_named(name: &str) -> Result<Product, String> {
    let name = name.trim().to_lowercase();
    let found = ACCOUNTS.into_iter().find(|account| account.name() == name);
    found.ok_or_else(|| config::none_of(&name, &ACCOUNTS.map(Product::name)))
}

/// An account as [`account_named`] knows it.
pub(super) fn account_as_called() -> impl TypedValueParser<Value = Product> {
    const NAMES: Suggested = Suggested(&["facebook", "instagram", "threads", "whatsapp"]);
    NAMES.try_map(|name| account_named(&name))
}

/// An account that can be objected for.
pub(super) fn account() -> impl TypedValueParser<Value = Product> {
    one_of(ACCOUNTS.map(|account| (account.name(), account)).to_vec())
}

/// What a case can be about: one of those, or Meta as a whole.
pub(super) fn subject() -> impl TypedValueParser<Value = Product> {
    let all = ACCOUNTS.into_iter().chain([Product::Meta]);
    one_of(all.map(|subject| (subject.name(), subject)).collect())
}

/// What a person can say of an objection.
pub(super) fn word() -> impl TypedValueParser<Value = Word> {
    let answers = OUTCOMES.map(|outcome| (outcome.name(), Word::Answered(outcome)));
    one_of(
        [("filed", Word::Filed)]
            .into_iter()
            .chain(answers)
            .collect(),
    )
}

fn one_of<T>(known: Vec<(&'static str, T)>) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    PossibleValuesParser::new(names).try_map(move |word| {
        let found = known.iter().find(|(name, _)| *name == word);
        found.map(|(_, one)| *one).ok_or("it is none of them")
    })
}
