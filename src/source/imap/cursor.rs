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

/// What to look through in a folder that was read up to `cursor` and that is now selected.
pub(super) fn look(
    cursor: Option<Cursor>,
    uid_validity: UidValidity,
    uid_next: Option<Uid>,
    since: Date,
) -> Look {
    let Some(cursor) = cursor.filter(|cursor| continues(*cursor, uid_validity)) else {
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

/// The cursor behind `seen`, never before where it was.
pub(super) fn behind(
    before: Option<Cursor>,
    uid_validity: UidValidity,
    seen: Option<Uid>,
) -> Cursor {
    let was = before
        .filter(|cursor| continues(*cursor, uid_validity))
        .map_or(1, |c| c.uid_next.0);
    let behind = seen.map_or(1, |uid| uid.0.saturating_add(1));
    Cursor {
        uid_validity,
        uid_next: Uid(was.max(behind)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Cursor, FEW, Look, Uid, UidValidity, behind, look};

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
        check(Some(3), Look::At(Uid(10)));
        check(None, Look::Search(Uid(10)));
    }

    #[test]
    fn a_cursor_never_goes_back_and_never_follows_a_promise() {
        let at = |uid| Cursor {
            uid_validity: UidValidity(7),
            uid_next: Uid(uid),
        };
        assert_eq!(
            behind(Some(read_to(10)), UidValidity(7), Some(Uid(4))),
            at(10)
        );
        assert_eq!(
            behind(Some(read_to(10)), UidValidity(7), Some(Uid(12))),
            at(13)
        );
        assert_eq!(behind(Some(read_to(10)), UidValidity(7), None), at(10));
        assert_eq!(behind(None, UidValidity(7), None), at(1));
        let elsewhere = Some(Cursor {
            uid_validity: UidValidity(6),
            uid_next: Uid(99),
        });
        assert_eq!(behind(elsewhere, UidValidity(7), Some(Uid(4))), at(5));
    }
}
