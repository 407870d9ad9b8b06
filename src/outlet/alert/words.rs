//! What an alert says, in the forms that channels need: a line, a letter, an object.
//!
//! It does not know which channel carries the words, and no channel adds any of its own; the
//! sentences themselves are [`sentences`]'.
//!
//! SECURITY: pure. Hostile: subject, sender and Message-ID of the mail, and reasons that servers
//! and programs gave; each is escaped and cut here, once, for all channels. A subject may hold a
//! code or a link: codes are masked, host names are made unclickable, and forged mail shows no
//! link at all.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serializer;
use serde::ser::SerializeMap;

use super::sentences;
use crate::case::effect::{Alert, MessageSummary, Notice};
use crate::mail::escape;
use crate::mail::{Outcome, Product};
use crate::outlet::redact::{REASON_SHOWN, SHOWN, defang, mask_digits};

/// RFC 5322, 2.1.1: no line of a mail is longer, so no Message-ID is cut by this.
const ID_SHOWN: usize = 998;

/// How much of a message is shown that only a person can read: a decision has some ten lines.
const EXCERPT_LINES: usize = 20;
const EXCERPT_WIDTH: usize = 400;

/// Said of a mail that is Meta's and was sorted out: the next one should not be.
const IN_JUNK: &str =
    " It lay in the folder for junk mail: mark it there as wanted, and look there yourself, too.";

/// Times for people: whole seconds, UTC.
const CLOCK: DateTimePrinter = DateTimePrinter::new().precision(Some(0));

/// An alert in words; every part is fit to be shown. It cannot be printed for debugging: its text
/// may hold a code.
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
    /// What the message says, line by line, where only a person can read it.
    pub excerpt: Vec<String>,
}

impl Words {
    /// The words of `alert`.
    #[must_use]
    pub fn of(alert: &Alert) -> Self {
        let mailbox = escape(&alert.mailbox.0, SHOWN);
        let title = sentences::title(&alert.notice);
        let (priority, tag) = weight(&alert.notice);
        Self {
            title: format!("{title} ({mailbox})"),
            text: sentences::text(&alert.notice, &mailbox, alert.account)
                + &warnings(alert)
                + &code(alert),
            priority,
            tag,
            links: links(alert),
            message: alert
                .message
                .as_ref()
                .map(|message| shown(message, &alert.notice)),
            excerpt: alert.text.as_deref().map(excerpt).unwrap_or_default(),
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
        if !self.excerpt.is_empty() {
            lines.push("\nThe message says:".to_owned());
            lines.extend(self.excerpt.iter().map(|line| format!("> {line}")));
        }
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
        if let Some(code) = &alert.code {
            object.serialize_entry("code", code.reveal())?;
        }
        object.serialize_entry("message", &self.message)?;
        object.serialize_entry("links", &self.links)?;
        if !self.excerpt.is_empty() {
            object.serialize_entry("excerpt", &self.excerpt)?;
        }
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
            unnamed,
        } => {
            object.serialize_entry("outcome", outcome)?;
            object.serialize_entry("seconds_after_code", seconds_after_code)?;
            if unnamed.is_empty() {
                return Ok(());
            }
            object.serialize_entry("unnamed", unnamed)
        }
        Notice::Reminder {
            reminder,
            effective,
            due,
        } => {
            object.serialize_entry("reminder", reminder)?;
            object.serialize_entry("effective", effective)?;
            object.serialize_entry("due", due)
        }
        Notice::Summary { counts } => object.serialize_entry("counts", counts),
        Notice::Unclear { doubt } => object.serialize_entry("doubt", doubt),
        Notice::Forged { reason } | Notice::Unproven { reason } => {
            object.serialize_entry("reason", &forged(reason))
        }
        Notice::SubmissionFailed {
            reason,
            doubtful,
            code_until,
        } => {
            object.serialize_entry("reason", &escape(reason, REASON_SHOWN))?;
            object.serialize_entry("doubtful", doubtful)?;
            code_until.map_or(Ok(()), |until| object.serialize_entry("until", &until))
        }
        Notice::Deaf { since, why } => {
            object.serialize_entry("since", since)?;
            object.serialize_entry("why", &escape(why, REASON_SHOWN))
        }
        Notice::Heard { since } => object.serialize_entry("since", since),
        Notice::Test => Ok(()),
    }
}

/// Urgency and picture.
fn weight(notice: &Notice) -> (u8, &'static str) {
    match notice {
        Notice::CodeWaiting { .. } => (5, "key"),
        Notice::Unclear { .. } => (5, "grey_question"),
        Notice::Unproven { .. } => (5, "grey_exclamation"),
        Notice::SubmissionFailed { .. } => (5, "warning"),
        Notice::Deaf { .. } => (5, "mute"),
        Notice::Decision { outcome, .. } => match outcome {
            Outcome::Honored => (4, "white_check_mark"),
            Outcome::PartlyHonored => (4, "ballot_box_with_check"),
            Outcome::Declined => (4, "x"),
            Outcome::NeedsInfo | Outcome::WrongChannel => (4, "memo"),
            Outcome::UnderReview | Outcome::Extended => (4, "hourglass"),
        },
        Notice::Reminder { .. } => (4, "calendar"),
        Notice::Notification { .. } => (3, "envelope"),
        Notice::Summary { .. } => (3, "bar_chart"),
        Notice::Forged { .. } => (3, "no_entry"),
        Notice::Heard { .. } => (3, "ear"),
        Notice::Test => (3, "test_tube"),
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
        | Notice::Unproven { .. }
        | Notice::SubmissionFailed { .. }
        | Notice::Reminder { .. }
        | Notice::Summary { .. }
        | Notice::Deaf { .. }
        | Notice::Heard { .. }
        | Notice::Test => mask_digits(&message.subject),
    };
    let from = match notice {
        Notice::Forged { .. } | Notice::Unproven { .. } => defang(&message.from),
        _ => message.from.clone(),
    };
    MessageSummary {
        id: escape(&message.id, ID_SHOWN),
        from: escape(&from, SHOWN),
        subject: escape(&defang(&subject), SHOWN),
    }
}

/// What a message says, as it may be shown: its first lines, without digits that could be a code
/// and without live links.
#[must_use]
pub fn excerpt(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .take(EXCERPT_LINES)
        .map(|line| escape(&defang(&mask_digits(line)), EXCERPT_WIDTH))
        .collect()
}

/// The pages that may be shown: none from a mail that nobody proved, and nothing but plain HTTPS.
fn links(alert: &Alert) -> Vec<String> {
    if matches!(
        alert.notice,
        Notice::Forged { .. } | Notice::Unproven { .. }
    ) {
        return Vec::new();
    }
    let is_plain =
        |link: &&String| link.starts_with("https://") && link.bytes().all(|b| b.is_ascii_graphic());
    alert.links.iter().filter(is_plain).cloned().collect()
}

/// What to beware of in a message that a person is sent to look at.
fn warnings(alert: &Alert) -> String {
    let is_looked_at = matches!(
        alert.notice,
        Notice::Unclear { .. } | Notice::Forged { .. } | Notice::Unproven { .. }
    );
    let pretenders = alert.pretenders.iter().filter(|_| is_looked_at);
    let sentences = pretenders.map(|one| format!(" Beware: {}.", forged(&one.to_string())));
    let junk = alert.is_in_junk.then(|| IN_JUNK.to_owned());
    sentences.chain(junk).collect::<Vec<_>>().concat()
}

/// The code, where the person allowed this channel to hold it.
fn code(alert: &Alert) -> String {
    match (&alert.code, alert.notice.code_until()) {
        (Some(code), Some(until)) => format!(
            " The code is {}; it is good until {}.",
            code.reveal(),
            clock(until)
        ),
        (None, Some(_)) => " The code is not repeated in this alert.".to_owned(),
        (_, None) => String::new(),
    }
}

/// A reason that may name a host of the forger's.
pub(super) fn forged(reason: &str) -> String {
    escape(&defang(reason), REASON_SHOWN)
}

/// An instant as RFC 3339, in UTC and whole seconds.
pub(super) fn clock(at: Timestamp) -> String {
    CLOCK.timestamp_to_string(&at)
}
