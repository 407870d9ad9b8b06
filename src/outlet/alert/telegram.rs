//! Alerts through a Telegram bot: one POST of sendMessage to the Bot API.
//!
//! The form is that of core.telegram.org/bots/api#sendmessage. There is no `parse_mode`: nothing in
//! the text is markup.
//!
//! SECURITY: pure; the token is a part of the path, as the API wants it.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::case::effect::Alert;
use crate::config::secret::Secret;

use super::fit::{uncalled, written};
use super::service::{Manners, Request, field, whole};
use super::words::Words;

/// "1-4096 characters", of which Telegram counts UTF-16 units.
const TEXT_LIMIT: usize = 4096;

pub(super) const MANNERS: Manners = Manners {
    // "The response contains a JSON object, which always has a Boolean field 'ok'": the status
    // repeats what stands there, or a proxy made it up.
    meaning: |status, text| match (
        status,
        field(text, "ok"),
        field(text, "error_code").as_u64(),
    ) {
        (200..=299, Value::Bool(true), _) => 200,
        (200..=299, _, code) => code
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or(400),
        _ => status,
    },
    remedy: |status| match status {
        // A token of the wrong form is a path that is not there.
        401 | 404 => Some("give the channel the token that @BotFather gave your bot"),
        403 => Some("open a chat with the bot and press Start, or add it to the group again"),
        400 => Some("is the chat's number right? A bot can only write where it was written to"),
        _ => None,
    },
    pause: |text| {
        let seconds = field(text, "parameters")["retry_after"].as_i64();
        seconds.map(SignedDuration::from_secs)
    },
};

/// A message of the bot that `token` belongs to.
pub(super) fn request(
    chat: &str,
    token: &Secret,
    told: (&Alert, &Words),
) -> Result<Request, String> {
    let token = token.reveal();
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_-:".contains(&b);
    if !token.contains(':') || !token.bytes().all(is_plain) {
        return Err(
            "the token is none of a Telegram bot: it is a number, a colon, letters and \
                    digits, as @BotFather showed it"
                .to_owned(),
        );
    }
    // The app makes @names into calls even in plain text.
    let text = written(&whole(told), TEXT_LIMIT, char::len_utf16, uncalled);
    let body = json!({
        "chat_id": chat,
        "text": text,
        "link_preview_options": { "is_disabled": true },
    });
    Ok(Request::post(format!("/bot{token}/sendMessage"), &body))
}
