//! The rows of a step, written inside the transaction of whoever calls.
//!
//! Nothing here commits: a row of its own would be a step that can be cut off.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::case::effect::EffectId;
use crate::case::{Case, CaseKey};
use crate::mail::{Arrival, Cursor, Digest, FolderRef};

use super::{Begin, Consequence, End, Planned, Proved, StoreError};

pub(super) fn insert_message(
    transaction: &Transaction<'_>,
    arrival: &Arrival,
    sender: &Proved<'_>,
    taken_at: Timestamp,
) -> Result<(), StoreError> {
    let digest = Digest::of(&arrival.raw);
    transaction
        .prepare_cached(
            "INSERT INTO message (digest, mailbox, folder, uid_validity, uid, internal_date,
                 taken_at, truncated, authenticity, handover, raw)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            digest.to_string(),
            arrival.at.mailbox.0,
            arrival.at.folder.0,
            arrival.at.uid_validity.0,
            arrival.at.uid.0,
            arrival.internal_date.as_microsecond(),
            taken_at.as_microsecond(),
            arrival.truncated,
            serde_json::to_string(sender.authenticity)?,
            sender.handover.unwrap_or_default(),
            arrival.raw,
        ])?;
    insert_keys(transaction, digest, sender, taken_at)
}

/// The verdict on a message that is there already.
pub(super) fn update_sender(
    transaction: &Transaction<'_>,
    message: Digest,
    sender: &Proved<'_>,
    at: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE message SET authenticity = ?2, handover = ?3 WHERE digest = ?1")?
        .execute(params![
            message.to_string(),
            serde_json::to_string(sender.authenticity)?,
            sender.handover.unwrap_or_default(),
        ])?;
    insert_keys(transaction, message, sender, at)
}

fn insert_keys(
    transaction: &Transaction<'_>,
    message: Digest,
    sender: &Proved<'_>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let signature = sender.authenticity.signature.as_ref();
    for key in signature.into_iter().flat_map(|proof| &proof.keys) {
        transaction
            .prepare_cached(
                "INSERT INTO key (name, record, first_seen_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name, record) DO NOTHING",
            )?
            .execute(params![key.name, key.record, at.as_microsecond()])?;
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO message_key (message, key_id)
                 SELECT ?1, id FROM key WHERE name = ?2 AND record = ?3",
            )?
            .execute(params![message.to_string(), key.name, key.record])?;
    }
    Ok(())
}

pub(super) fn insert_consequence(
    transaction: &Transaction<'_>,
    consequence: &Consequence,
) -> Result<Vec<EffectId>, StoreError> {
    let case_id = match &consequence.case {
        Some((key, case)) => Some(write_case(transaction, key, case, consequence.at)?),
        None => None,
    };
    transaction
        .prepare_cached(
            "INSERT INTO event (at, mailbox, folder, case_id, message, name, detail, because, links)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            consequence.at.as_microsecond(),
            consequence.folder.mailbox.0,
            consequence.folder.folder.0,
            case_id,
            consequence.event.message().map(|digest| digest.to_string()),
            consequence.event.name(),
            serde_json::to_string(&consequence.event)?,
            serde_json::to_string(&consequence.because)?,
            serde_json::to_string(&consequence.links)?,
        ])?;
    let event_id = transaction.last_insert_rowid();
    let effects = consequence.effects.iter();
    effects
        .map(|planned| insert_effect(transaction, event_id, planned, consequence.at))
        .collect()
}

pub(super) fn insert_effect(
    transaction: &Transaction<'_>,
    event_id: i64,
    planned: &Planned,
    at: Timestamp,
) -> Result<EffectId, StoreError> {
    let (state, tries, next_at) = match planned.begin {
        Begin::At(next_at) => ("due", 0, next_at),
        Begin::WithThis => ("started", 1, at),
    };
    transaction
        .prepare_cached(
            "INSERT INTO effect (event_id, outlet, what, state, tries, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            event_id,
            planned.outlet,
            serde_json::to_string(&planned.effect)?,
            state,
            tries,
            next_at.as_microsecond()
        ])?;
    Ok(EffectId(transaction.last_insert_rowid()))
}

pub(super) fn end_effect(
    transaction: &Transaction<'_>,
    effect: EffectId,
    end: End,
    note: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE effect SET state = ?2, ended_at = ?3, note = ?4
             WHERE id = ?1 AND state IN ('due', 'started')",
        )?
        .execute(params![effect.0, end.name(), at.as_microsecond(), note])?;
    Ok(())
}

fn write_case(
    transaction: &Transaction<'_>,
    key: &CaseKey,
    case: &Case,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let id = transaction
        .prepare_cached(
            "INSERT INTO \"case\" (mailbox, account, campaign, opened_at, state)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (mailbox, account, campaign) DO UPDATE SET state = excluded.state
             RETURNING id",
        )?
        .query_row(
            params![
                key.mailbox.0,
                key.account.name(),
                key.campaign,
                at.as_microsecond(),
                serde_json::to_string(case)?
            ],
            |row| row.get(0),
        )
        .optional()?;
    id.ok_or_else(|| StoreError::Broken("writing a case gave no row".to_owned()))
}

pub(super) fn move_cursor(
    transaction: &Transaction<'_>,
    folder: &FolderRef,
    cursor: Cursor,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO mailbox (name, origin, folder, uid_validity, uid_next, heard_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 0)
             ON CONFLICT (name, origin, folder) DO UPDATE
             SET uid_validity = excluded.uid_validity, uid_next = excluded.uid_next",
        )?
        .execute(params![
            folder.mailbox.0,
            folder.origin,
            folder.folder.0,
            cursor.uid_validity.0,
            cursor.uid_next.0
        ])?;
    Ok(())
}
