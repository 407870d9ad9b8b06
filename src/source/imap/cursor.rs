//! What to ask a server for, from how far a folder was read. Pure: numbers in, numbers out.
//!
//! A server's UIDNEXT is a hint. It may run ahead of any message for ever, or leap and fall back
//! (rustmailer/bichon#342): a cursor moves only past UIDs that were seen.

use jiff::civil::Date;

use crate::mail::{Cursor, Uid, UidValidity};

/// So many unread UIDs are looked at one by one; a longer backlog is narrowed by the server.
const FEW: u32 = 100;

/// What to look through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Every message from this UID on.
    At(Uid),
    /// Messages from this UID on that the server finds by Meta's sender domains.
    Search(Uid),
    /// Messages since this day that the server finds by Meta's sender domains: the UIDs from
    /// before mean nothing here.
    SearchSince(Date),
}

/// What to look through in a folder that was read up to `cursor` and that is now selected. A
/// UIDNEXT below the cursor breaks the server's promise (RFC 9051, 2.3.1.1; seen with GMX,
/// rustmailer/bichon#342): a copy was put back, and new messages bear numbers from before.
pub(super) fn look(
    cursor: Option<Cursor>,
    uid_validity: UidValidity,
    uid_next: Option<Uid>,
    since: Date,
) -> Look {
    let has_fallen = |cursor: Cursor| uid_next.is_some_and(|next| next < cursor.uid_next);
    let cursor = cursor.filter(|cursor| continues(*cursor, uid_validity) && !has_fallen(*cursor));
    let Some(cursor) = cursor else {
        return Look::SearchSince(since);
    };
    match uid_next {
        Some(next) if next.0.saturating_sub(cursor.uid_next.0) <= FEW => Look::At(cursor.uid_next),
        _ => Look::Search(cursor.uid_next),
    }
}

/// Whether UIDs of the cursor still mean the same messages (RFC 9051, 2.3.1.1). A server that
/// gives no UIDVALIDITY, or the zero that the RFC forbids, promises nothing.
fn continues(cursor: Cursor, uid_validity: UidValidity) -> bool {
    cursor.uid_validity == uid_validity && uid_validity != UidValidity(0)
}

/// The first UID that is not yet dealt with: behind `seen`, never before where it was, and never
/// past a message that the server has announced and cannot give yet.
pub(super) fn advance(next: Uid, seen: Option<Uid>, held: Option<Uid>) -> Uid {
    let behind = seen.map_or(next, |uid| next.max(Uid(uid.0.saturating_add(1))));
    held.map_or(behind, |held| behind.min(held.max(next)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Cursor, FEW, Look, Uid, UidValidity, advance, look};

    const DAY: jiff::civil::Date = date(2024, 6, 2);

    fn read_to(uid: u32) -> Cursor {
        Cursor {
            uid_validity: UidValidity(7),
            uid_next: Uid(uid),
        }
    }

    #[test]
    fn only_uids_of_the_same_validity_are_gone_on_with() {
        let check = |cursor, validity, expected| {
            assert_eq!(
                look(cursor, UidValidity(validity), Some(Uid(12)), DAY),
                expected
            );
        };
        check(Some(read_to(10)), 7, Look::At(Uid(10)));
        check(Some(read_to(10)), 8, Look::SearchSince(DAY));
        check(Some(read_to(10)), 0, Look::SearchSince(DAY));
        check(None, 7, Look::SearchSince(DAY));
        let none = Some(Cursor {
            uid_validity: UidValidity(0),
            uid_next: Uid(10),
        });
        check(none, 0, Look::SearchSince(DAY));
    }

    #[test]
    fn a_long_backlog_or_an_unknown_end_is_searched() {
        let check = |next: Option<u32>, expected| {
            assert_eq!(
                look(Some(read_to(10)), UidValidity(7), next.map(Uid), DAY),
                expected
            );
        };
        check(Some(10 + FEW), Look::At(Uid(10)));
        check(Some(11 + FEW), Look::Search(Uid(10)));
        check(Some(u32::MAX), Look::Search(Uid(10)));
        check(Some(10), Look::At(Uid(10)));
        check(Some(9), Look::SearchSince(DAY));
        check(Some(0), Look::SearchSince(DAY));
        check(None, Look::Search(Uid(10)));
    }

    #[test]
    fn a_cursor_never_goes_back_and_never_passes_what_is_held() {
        let at =
            |seen: Option<u32>, held: Option<u32>| advance(Uid(10), seen.map(Uid), held.map(Uid)).0;
        assert_eq!(at(None, None), 10);
        assert_eq!(at(Some(4), None), 10);
        assert_eq!(at(Some(12), None), 13);
        assert_eq!(at(Some(12), Some(11)), 11);
        assert_eq!(at(Some(12), Some(10)), 10);
        assert_eq!(at(Some(12), Some(4)), 10);
        assert_eq!(at(None, Some(20)), 10);
    }
}
