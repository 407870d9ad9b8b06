//! Alerts as messages in a Matrix room: one PUT to the account's own server.
//!
//! The form is that of the client-server API 1.16, "Sending events to a room" and "m.text". The
//! transaction id comes from the alert, so that one that is sent again is shown once. The message
//! is not encrypted: a room for alerts is made without encryption.
//!
//! SECURITY: pure; the token goes into a header, and the message says that it mentions nobody.

use serde_json::json;

use crate::case::effect::Alert;
use crate::config::secret::Secret;
use crate::http::Method;

use super::fit::{uncalled, written};
use super::service::{Manners, PLAIN, Request, field, segment, whole};
use super::words::Words;

/// An event has at most 65,536 bytes, and JSON writes a character with up to six.
const BODY_LIMIT: usize = 10_000;

pub(super) const MANNERS: Manners = Manners {
    meaning: |status, text| match status {
        200 if !field(text, "event_id").is_string() => 404,
        _ => status,
    },
    remedy: |status| match status {
        401 => Some("give the channel an access token that holds; logging out ends one"),
        403 => Some("invite the token's account to the room, accept, and let it write there"),
        404 => Some("is this the account's own server, and the room's id (it begins with !)?"),
        _ => None,
    },
    ..PLAIN
};

/// A message in `room`.
pub(super) fn request(room: &str, token: &Secret, told: (&Alert, &Words)) -> Request {
    let body = written(&whole(told), BODY_LIMIT, char::len_utf8, uncalled);
    let path = format!(
        "/_matrix/client/v3/rooms/{}/send/m.room.message/{}",
        segment(room),
        segment(&told.0.id)
    );
    // Without `m.mentions` servers look for names in the body.
    let event = json!({ "msgtype": "m.text", "body": body, "m.mentions": {} });
    let mut request = Request::post(path, &event);
    request.method = Method::PUT;
    let bearer = format!("Bearer {}", token.reveal());
    request.headers.push(("authorization", bearer));
    request
}
