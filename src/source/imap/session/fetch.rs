//! Looking for messages and fetching them, without leaving a trace on the server.
//!
//! Only header fields and whole bodies are asked for, as literals: the parts of the parser that
//! servers break most are never used. `BODY.PEEK` leaves \Seen alone.

use std::collections::BTreeSet;

use imap_proto::{AttributeValue, MailboxDatum, Response};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::mail::Uid;
use crate::source::{BEGINNING_OF_LARGER, LARGEST_MESSAGE};

use super::answer::{ImapError, quoted, within};
use super::{SILENCE, Session};

/// More messages than this in one answer are no answer.
const MOST_HEADS: usize = 100_000;
const MOST_FOUND: usize = 1_000_000;

/// Of a From field so much is kept, in bytes; who writes a longer one claims to be anybody.
const LONGEST_FROM: usize = 4 * 1024;

/// More bytes of From fields than this in one answer are no answer.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A message's header, as far as it tells whether the rest is worth fetching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its UID.
    pub uid: Uid,
    /// Its size in bytes, by the server's word.
    pub size: u64,
    /// The From field.
    pub from: FromField,
}

/// What is known of a message's From field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromField {
    /// The field as it stands there; empty if there is none.
    Whole(Vec<u8>),
    /// It is too long to be kept.
    TooLong,
    /// The server announces the message and cannot give it yet.
    Awaited,
}

/// A message, or the beginning of one that is too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// When the server took it.
    pub internal_date: Option<Timestamp>,
    /// The bytes.
    pub raw: Vec<u8>,
    /// There is more than `raw`.
    pub truncated: bool,
}

impl FromField {
    /// How many bytes are kept of it.
    fn len(&self) -> usize {
        match self {
            Self::Whole(field) => field.len(),
            Self::TooLong | Self::Awaited => 0,
        }
    }
}

impl Session {
    /// The UIDs from `from` on, of messages since `since`, whose From holds one of `terms`
    /// (RFC 9051, 6.4.4). Never by UNSEEN: the person may have read the mail on the phone.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn search(
        mut self,
        from: Option<Uid>,
        since: Option<Date>,
        terms: &[String],
    ) -> Result<(Self, BTreeSet<Uid>), ImapError> {
        let mut keys = vec!["UID SEARCH".to_owned()];
        if let Some(uid) = from {
            keys.push(format!("UID {}:*", uid.0));
        }
        if let Some(day) = since {
            keys.push(day.strftime("SINCE %-d-%b-%Y").to_string());
        }
        for (index, term) in terms.iter().enumerate() {
            let or = if index + 1 < terms.len() { "OR " } else { "" };
            keys.push(format!("{or}FROM {}", *quoted(term)?));
        }
        let lowest = from.unwrap_or(Uid(1));
        let mut found = BTreeSet::new();
        self.command(&keys.join(" "), SILENCE, |answer| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                // `n:*` always holds the last message, even when n lies behind it.
                let room = (MOST_FOUND + 1).saturating_sub(found.len());
                let uids = uids.iter().map(|uid| Uid(*uid));
                found.extend(uids.filter(|uid| *uid >= lowest).take(room));
            }
        })
        .await?
        .only_ok("UID SEARCH")?;
        within(found.len(), MOST_FOUND, "messages")?;
        Ok((self, found))
    }

    /// The highest UID in the folder.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn highest_uid(mut self) -> Result<(Self, Option<Uid>), ImapError> {
        self.looked = self.announced;
        if self.exists == 0 {
            return Ok((self, None));
        }
        let mut highest = None;
        self.command("UID FETCH * (UID)", SILENCE, |answer| {
            if let Response::Fetch(_, items) = answer {
                highest = highest.max(uid_in(items));
            }
        })
        .await?
        .only_ok("UID FETCH")?;
        Ok((self, highest))
    }

    /// When the server took the message; `None` if it is not there, or the server does not say.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn internal_date(mut self, uid: Uid) -> Result<(Self, Option<Timestamp>), ImapError> {
        let mut found = None;
        let line = format!("UID FETCH {} (UID INTERNALDATE)", uid.0);
        self.command(&line, SILENCE, |answer| {
            if let Response::Fetch(_, items) = answer
                && uid_in(items) == Some(uid)
            {
                found = found.or(internal_date_in(items));
            }
        })
        .await?
        .only_ok("UID FETCH")?;
        Ok((self, found))
    }

    /// The heads of all messages from `from` on, in ascending order, as far as the server has
    /// announced them. Not sent together with the command before it: Dovecot answers a FETCH
    /// before the tagged end of a NOOP that it came with.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn heads_from(mut self, from: Uid) -> Result<(Self, Vec<Head>), ImapError> {
        self.looked = self.announced;
        // Some servers answer a set in an empty folder with BAD.
        if self.exists == 0 {
            return Ok((self, vec![]));
        }
        self.heads(&format!("{}:*", from.0), from).await
    }

    /// The heads of the messages in `set`, in ascending order.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn heads(mut self, set: &str, from: Uid) -> Result<(Self, Vec<Head>), ImapError> {
        let line = format!("UID FETCH {set} (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM)])");
        let (mut heads, mut bytes) = (Vec::new(), 0);
        self.command(&line, SILENCE, |answer| {
            if let Response::Fetch(_, items) = answer
                && heads.len() <= MOST_HEADS
                && bytes <= MOST_BYTES
                && let Some(head) = head_in(items).filter(|head| head.uid >= from)
            {
                bytes += head.from.len();
                heads.push(head);
            }
        })
        .await?
        .only_ok("UID FETCH")?;
        within(heads.len(), MOST_HEADS, "messages")?;
        within(bytes, MOST_BYTES, "bytes of header fields")?;
        heads.sort_by_key(|head| head.uid);
        heads.dedup_by_key(|head| head.uid);
        Ok((self, heads))
    }

    /// A whole message, or the beginning of one that is larger than [`LARGEST_MESSAGE`]. `None`
    /// if it is not there any more.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn body(mut self, head: &Head) -> Result<(Self, Option<Body>), ImapError> {
        // The server's word may be an estimate (Exchange): a byte more than is kept tells.
        let most = if head.size > LARGEST_MESSAGE {
            BEGINNING_OF_LARGER
        } else {
            LARGEST_MESSAGE
        };
        let line = format!(
            "UID FETCH {} (UID INTERNALDATE BODY.PEEK[]<0.{}>)",
            head.uid.0,
            most + 1
        );
        let mut body = None;
        self.command(&line, SILENCE, |answer| {
            if let Response::Fetch(_, items) = answer
                && uid_in(items) == Some(head.uid)
                && let Some(raw) = section_in(items)
            {
                let truncated = raw.len() as u64 > most;
                let kept = if truncated { BEGINNING_OF_LARGER } else { most };
                let kept = usize::try_from(kept).unwrap_or(usize::MAX);
                body = Some(Body {
                    internal_date: internal_date_in(items),
                    raw: raw.iter().copied().take(kept).collect(),
                    truncated,
                });
            }
        })
        .await?
        .only_ok("UID FETCH")?;
        Ok((self, body))
    }
}

pub(super) fn uid_in(items: &[AttributeValue<'_>]) -> Option<Uid> {
    items.iter().find_map(|item| match item {
        AttributeValue::Uid(uid) => Some(Uid(*uid)),
        _ => None,
    })
}

pub(super) fn section_in<'a>(items: &'a [AttributeValue<'_>]) -> Option<&'a [u8]> {
    items.iter().find_map(|item| match item {
        AttributeValue::BodySection {
            data: Some(data), ..
        } => Some(data.as_ref()),
        _ => None,
    })
}

fn internal_date_in(items: &[AttributeValue<'_>]) -> Option<Timestamp> {
    items.iter().find_map(|item| match item {
        AttributeValue::InternalDate(date) => {
            Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", date.trim()).ok()
        }
        _ => None,
    })
}

/// A server may send FETCH lines that nobody asked for; without a UID they say nothing to us.
fn head_in(items: &[AttributeValue<'_>]) -> Option<Head> {
    let size = items.iter().find_map(|item| match item {
        AttributeValue::Rfc822Size(size) => Some(u64::from(*size)),
        _ => None,
    });
    let asked_for = items.iter().any(|item| {
        matches!(
            item,
            AttributeValue::BodySection { .. } | AttributeValue::Rfc822Size(_)
        )
    });
    if !asked_for {
        return None;
    }
    Some(Head {
        uid: uid_in(items)?,
        size: size.unwrap_or_default(),
        from: match size.and(section_in(items)) {
            None => FromField::Awaited,
            Some(field) if field.len() > LONGEST_FROM => FromField::TooLong,
            Some(field) => FromField::Whole(field.to_vec()),
        },
    })
}
