//! What is kept beside the decision log.

use serde_json::json;

use crate::store::KeyRow;

/// Keys in the form that the configuration pins them in.
pub(super) fn pinned(keys: &[KeyRow]) -> String {
    let head = "# The keys that prove the message beside this file, as they were when it came.\n\
                # Without DNS: sustained read --keys THIS.toml THE.eml\n\
                [authenticity.pinned_keys]\n";
    // A key record is printable (RFC 6376, 3.2): what JSON quotes so, TOML reads so.
    let lines = keys
        .iter()
        .map(|key| format!("{} = {}\n", json!(key.name), json!(key.record)));
    head.to_owned() + &lines.collect::<Vec<_>>().concat()
}
