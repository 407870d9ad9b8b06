//! Folder names as `IMAP4rev1` writes them: modified UTF-7 (RFC 3501, 5.1.3).
//!
//! One way only: names that a server sends are given back to it as they came.

/// A folder's name as `IMAP4rev1` writes it (RFC 3501, 5.1.3): ASCII as it is, the rest in a base64
/// of its own between `&` and `-`.
pub(super) fn utf7(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let mut rest: Vec<u8> = Vec::new();
    let flush = |rest: &mut Vec<u8>, written: &mut String| {
        if !rest.is_empty() {
            let encoded = data_encoding::BASE64_NOPAD.encode(rest).replace('/', ",");
            written.push('&');
            written.push_str(&encoded);
            written.push('-');
            rest.clear();
        }
    };
    for character in name.chars() {
        if matches!(character, ' '..='~') {
            flush(&mut rest, &mut written);
            written.push(character);
            if character == '&' {
                written.push('-');
            }
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                rest.extend(unit.to_be_bytes());
            }
        }
    }
    flush(&mut rest, &mut written);
    written
}

#[cfg(test)]
mod tests {
    use super::utf7;

    #[test]
    fn folder_names_are_written_as_the_server_knows_them() {
        let check = |name: &str, written: &str| assert_eq!(utf7(name), written);
        check("INBOX", "INBOX");
        check("Entwürfe", "Entw&APw-rfe");
        check("Spam & more", "Spam &- more");
        check("台北日本語", "&U,BTF2XlZyyKng-");
        check("~peter/mail", "~peter/mail");
    }
}
