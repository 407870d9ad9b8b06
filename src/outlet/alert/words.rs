//! What an alert says: a title, a sentence for a person, an object for a program.
//!
//! It does not know which channel carries the words, and no channel adds any of its own.
//!
//! SECURITY: pure. Hostile: subject, sender and Message-ID of the mail, and reasons that servers
//! and programs gave; each is escaped and cut here, once, for all channels. A subject may hold a
//! code or a link: codes are masked, host names are made unclickable, and forged mail shows no
//! link at all.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serializer;
use serde::ser::SerializeMap;

use crate::case::effect::{Alert, MessageSummary, Notice};
use crate::mail::{Doubt, Outcome, Product};
use crate::outlet::escape::{REASON_SHOWN, SHOWN, defang, escape, mask_digits};

/// RFC 5322, 2.1.1: no line of a mail is longer, so no Message-ID is cut by this.
const ID_SHOWN: usize = 998;

/// An answer that comes sooner was not written by a person.
const AUTOMATIC_WITHIN: i64 = 60;

/// Times for people: whole seconds, UTC.
const CLOCK: DateTimePrinter = DateTimePrinter::new().precision(Some(0));

/// An alert in words; every part is fit to be shown.
#[derive(Debug)]
pub struct Words {
    /// What happened, in a few words, and where.
    pub title: String,
    /// What happened, to which mailbox, and what to do: complete sentences on one line.
    pub text: String,
    /// How urgent: 5 (a person must act now) to 3, as ntfy counts.
    pub priority: u8,
    /// A picture's name, as ntfy knows them.
    pub tag: &'static str,
    /// Pages of Meta's to open; none for forged mail.
    pub links: Vec<String>,
    /// The message it is about.
    pub message: Option<MessageSummary>,
}

impl Words {
    /// The words of `alert`.
    #[must_use]
    pub fn of(alert: &Alert) -> Self {
        let mailbox = escape(&alert.mailbox.0, SHOWN);
        let (title, text) = told(&alert.notice, &mailbox, alert.account);
        let (priority, tag) = weight(&alert.notice);
        Self {
            title: format!("{title} ({mailbox})"),
            text,
            priority,
            tag,
            links: links(alert),
            message: alert
                .message
                .as_ref()
                .map(|message| shown(message, &alert.notice)),
        }
    }

    /// One line for a terminal or a journal: time, type, mailbox, sentences.
    #[must_use]
    pub fn line(&self, alert: &Alert) -> String {
        let at = clock(alert.at);
        let mailbox = escape(&alert.mailbox.0, SHOWN);
        format!(
            "{at}  {}  {mailbox}  {}",
            alert.notice.type_name(),
            self.text
        )
    }

    /// The sentences, and below them the message, the pages to open and the time.
    #[must_use]
    pub fn letter(&self, alert: &Alert) -> String {
        let mut lines = vec![self.text.clone(), String::new()];
        if let Some(message) = &self.message {
            lines.push(format!("Message: {}", message.subject));
            lines.push(format!("From: {}", message.from));
        }
        lines.extend(self.links.iter().map(|link| format!("Page: {link}")));
        lines.push(format!("Time: {}", clock(alert.at)));
        lines.push(String::new());
        lines.join("\n")
    }

    /// One JSON object on one line, for programs.
    ///
    /// # Errors
    /// None that its input can cause.
    pub fn json(&self, alert: &Alert) -> Result<String, serde_json::Error> {
        let mut json = Vec::new();
        let mut serializer = serde_json::Serializer::new(&mut json);
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("type", alert.notice.type_name())?;
        object.serialize_entry("id", &alert.id)?;
        object.serialize_entry("mailbox", &escape(&alert.mailbox.0, SHOWN))?;
        object.serialize_entry("account", &alert.account.map(Product::name))?;
        object.serialize_entry("at", &alert.at)?;
        object.serialize_entry("title", &self.title)?;
        object.serialize_entry("text", &self.text)?;
        object.serialize_entry("message", &self.message)?;
        object.serialize_entry("links", &self.links)?;
        write_fields(&mut object, &alert.notice)?;
        object.end()?;
        Ok(String::from_utf8_lossy(&json).into_owned())
    }
}

/// The notice's own fields.
fn write_fields<M: SerializeMap>(object: &mut M, notice: &Notice) -> Result<(), M::Error> {
    match notice {
        Notice::Notification { effective } => object.serialize_entry("effective", effective),
        Notice::CodeWaiting { until } => object.serialize_entry("until", until),
        Notice::Decision {
            outcome,
            seconds_after_code,
        } => {
            object.serialize_entry("outcome", outcome)?;
            object.serialize_entry("seconds_after_code", seconds_after_code)
        }
        Notice::Unclear { doubt } => object.serialize_entry("doubt", doubt),
        Notice::Forged { reason } => object.serialize_entry("reason", &forged(reason)),
        Notice::SubmissionFailed { reason, doubtful } => {
            object.serialize_entry("reason", &escape(reason, REASON_SHOWN))?;
            object.serialize_entry("doubtful", doubtful)
        }
        Notice::Deaf { since, why } => {
            object.serialize_entry("since", since)?;
            object.serialize_entry("why", &escape(why, REASON_SHOWN))
        }
        Notice::Heard { since } => object.serialize_entry("since", since),
    }
}

/// Title and sentences.
fn told(notice: &Notice, mailbox: &str, account: Option<Product>) -> (String, String) {
    let about = about(account);
    let here = format!("in mailbox {mailbox}");
    match notice {
        Notice::Notification { effective } => {
            let from_when = match effective {
                Some(date) => format!("It applies from {date} on."),
                None => "The message names no date from which it applies.".to_owned(),
            };
            let title = "Meta announces a use of data that can be objected to";
            (
                title.to_owned(),
                format!(
                    "A genuine message from Meta{} {here} announces a use of personal data that can \
                 be objected to. {from_when} To object, open the form that the message links to; \
                 the form's code will come to this mailbox.",
                    product(account)
                        .map(|name| format!(" about {name}"))
                        .unwrap_or_default()
                ),
            )
        }
        Notice::CodeWaiting { until } => {
            let title = "The code for your objection is waiting";
            (
                title.to_owned(),
                format!(
                    "The code for your objection{about} came and is waiting {here}. Open the mailbox, \
                 read the code there and type it into Meta's form before {}. The code is not \
                 repeated in this alert.",
                    clock(*until)
                ),
            )
        }
        Notice::Decision {
            outcome,
            seconds_after_code,
        } => {
            let (title, text) = decided(*outcome, &about, &here);
            (title.to_owned(), text + &automatic(*seconds_after_code))
        }
        Notice::Unclear { doubt } => {
            let title = "A message about your objection needs your eyes";
            (
                title.to_owned(),
                format!(
                    "A message about your objection{about} {here} could not be read with certainty: \
                 {}. Nothing was done with it. Open the mailbox and read the message yourself.",
                    doubted(*doubt)
                ),
            )
        }
        Notice::Forged { reason } => {
            let reason = forged(reason);
            let reason = reason.trim_end_matches('.');
            let title = "A message only claims to be from Meta";
            (
                title.to_owned(),
                format!(
                    "A message {here} that claims to be from Meta is not proved to be: {reason}. \
                 Nothing was done with it. Do not follow its links."
                ),
            )
        }
        Notice::SubmissionFailed { reason, doubtful } => {
            failed(&escape(reason, REASON_SHOWN), *doubtful, &about, &here)
        }
        Notice::Deaf { since, why } => {
            let why = escape(why, REASON_SHOWN);
            let why = why.trim_end_matches('.');
            (
                "A mailbox is not heard".to_owned(),
                format!(
                    "The mailbox {mailbox} has not been heard since {}: {why}. A code that comes now \
                 is missed until it is heard again: look into the mailbox yourself, and run \
                 `sustained check` to see what to mend.",
                    clock(*since)
                ),
            )
        }
        Notice::Heard { since } => (
            "A mailbox is heard again".to_owned(),
            format!(
                "The mailbox {mailbox} is heard again, for the first time since {}. Messages that \
             came in between are being read now; there is nothing to do.",
                clock(*since)
            ),
        ),
    }
}

fn decided(outcome: Outcome, about: &str, here: &str) -> (&'static str, String) {
    let (title, what, then) = match outcome {
        Outcome::Honored => (
            "Meta honored your objection",
            "says that your objection{} is honored",
            "There is nothing more to do; keep the message as your proof.",
        ),
        Outcome::PartlyHonored => (
            "Meta honored your objection in part",
            "says that your objection{} is honored only in part",
            "Read the message to see which part, and whether to object to the rest.",
        ),
        Outcome::Declined => (
            "Meta declined your objection",
            "says that your objection{} is declined",
            "Keep the message; you may object again with your reasons, or complain to your data \
             protection authority.",
        ),
        Outcome::NeedsInfo => (
            "Meta wants to know more about your objection",
            "wants more information before it decides about your objection{}",
            "Nothing is decided yet: read the message and answer it as it says.",
        ),
        Outcome::UnderReview => (
            "Meta is reviewing your objection",
            "says that it has your objection{} and has not decided yet",
            "There is nothing to do but wait.",
        ),
        Outcome::WrongChannel => (
            "Your objection went to the wrong form",
            "says that your objection{} was sent to the wrong form or is about another product",
            "Read the message and object again where it says.",
        ),
    };
    (
        title,
        format!(
            "A message from Meta {here} {}. {then}",
            what.replace("{}", about)
        ),
    )
}

fn automatic(seconds_after_code: Option<i64>) -> String {
    match seconds_after_code {
        Some(1) => {
            " Meta answered 1 second after the code: automatic in all likelihood.".to_owned()
        }
        Some(seconds @ 0..AUTOMATIC_WITHIN) => {
            format!(" Meta answered {seconds} seconds after the code: automatic in all likelihood.")
        }
        Some(_) | None => String::new(),
    }
}

fn doubted(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::SeveralCodes => "several numbers in it could be the code",
        Doubt::NoCode => "it brings a code, and no code was found in it",
        Doubt::UnknownWording => "it says something in words that are not known yet",
        Doubt::Contradiction => "what it says fits different answers at once",
        Doubt::PartsDisagree => "its parts, which should say the same, do not",
        Doubt::TooLarge => "it is larger than this program reads",
        Doubt::WrongRecipient => "it is addressed to somebody else",
    }
}

fn failed(reason: &str, doubtful: bool, about: &str, here: &str) -> (String, String) {
    let reason = reason.trim_end_matches('.');
    if doubtful {
        let title = "Perhaps the code was typed: look at the form";
        return (
            title.to_owned(),
            format!(
                "The code for your objection{about} that came {here} may or may not have been typed: \
             look at the form. It is not tried again. What happened: {reason}."
            ),
        );
    }
    let title = "The code was not handed over";
    (
        title.to_owned(),
        format!(
            "The code for your objection{about} that came {here} was not handed over: {reason}. Open \
         the mailbox and type the code into Meta's form, or ask the form for a new code."
        ),
    )
}

/// Urgency and picture.
fn weight(notice: &Notice) -> (u8, &'static str) {
    match notice {
        Notice::CodeWaiting { .. } => (5, "key"),
        Notice::Unclear { .. } => (5, "grey_question"),
        Notice::SubmissionFailed { .. } => (5, "warning"),
        Notice::Deaf { .. } => (5, "mute"),
        Notice::Decision { outcome, .. } => match outcome {
            Outcome::Honored => (4, "white_check_mark"),
            Outcome::PartlyHonored => (4, "ballot_box_with_check"),
            Outcome::Declined => (4, "x"),
            Outcome::NeedsInfo | Outcome::WrongChannel => (4, "memo"),
            Outcome::UnderReview => (4, "hourglass"),
        },
        Notice::Notification { .. } => (3, "envelope"),
        Notice::Forged { .. } => (3, "no_entry"),
        Notice::Heard { .. } => (3, "ear"),
    }
}

/// The message as it may be shown beside `notice`.
fn shown(message: &MessageSummary, notice: &Notice) -> MessageSummary {
    let subject = match notice {
        // What Meta announces or decides carries no code, and its numbers may matter.
        Notice::Notification { .. } | Notice::Decision { .. } => message.subject.clone(),
        Notice::CodeWaiting { .. }
        | Notice::Unclear { .. }
        | Notice::Forged { .. }
        | Notice::SubmissionFailed { .. }
        | Notice::Deaf { .. }
        | Notice::Heard { .. } => mask_digits(&message.subject),
    };
    let from = match notice {
        Notice::Forged { .. } => defang(&message.from),
        _ => message.from.clone(),
    };
    MessageSummary {
        id: escape(&message.id, ID_SHOWN),
        from: escape(&from, SHOWN),
        subject: escape(&defang(&subject), SHOWN),
    }
}

/// The pages that may be shown: none from a mail that nobody proved, and nothing but plain HTTPS.
fn links(alert: &Alert) -> Vec<String> {
    if matches!(alert.notice, Notice::Forged { .. }) {
        return Vec::new();
    }
    let is_plain =
        |link: &&String| link.starts_with("https://") && link.bytes().all(|b| b.is_ascii_graphic());
    alert.links.iter().filter(is_plain).cloned().collect()
}

/// A reason that may name a host of the forger's.
fn forged(reason: &str) -> String {
    escape(&defang(reason), REASON_SHOWN)
}

fn about(account: Option<Product>) -> String {
    product(account)
        .map(|name| format!(" about {name}"))
        .unwrap_or_default()
}

fn product(account: Option<Product>) -> Option<&'static str> {
    match account? {
        Product::Facebook => Some("Facebook"),
        Product::Instagram => Some("Instagram"),
        Product::Threads => Some("Threads"),
        Product::Whatsapp => Some("WhatsApp"),
        Product::Meta => None,
    }
}

/// An instant as RFC 3339, in UTC and whole seconds.
fn clock(at: Timestamp) -> String {
    CLOCK.timestamp_to_string(&at)
}
