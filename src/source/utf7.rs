//! Folder names as `IMAP4rev1` writes them: modified UTF-7 (RFC 3501, 5.1.3).
//!
//! Names that a server sends are given back to it as they came; people are shown what they mean.

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

/// What a name that is written so means; `None` if it is not written so.
pub(super) fn meant(written: &str) -> Option<String> {
    let mut parts = written.split('&');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let (encoded, rest) = part.split_once('-')?;
        if encoded.is_empty() {
            name.push('&');
        }
        let encoded = encoded.replace(',', "/");
        let bytes = data_encoding::BASE64_NOPAD.decode(encoded.as_bytes());
        let (units, []) = bytes.as_deref().ok()?.as_chunks() else {
            return None;
        };
        let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
        name.push_str(&String::from_utf16(&units).ok()?);
        name.push_str(rest);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::{meant, utf7};

    #[test]
    fn folder_names_are_written_as_the_server_knows_them() {
        let check = |name: &str, written: &str| {
            assert_eq!(utf7(name), written);
            assert_eq!(meant(written).as_deref(), Some(name));
        };
        check("INBOX", "INBOX");
        check("Entwürfe", "Entw&APw-rfe");
        check("Spam & more", "Spam &- more");
        check("台北日本語", "&U,BTF2XlZyyKng-");
        check("~peter/mail", "~peter/mail");
        for wrong in ["a & b", "&AP-", "&AP!-", "&2AA-"] {
            assert_eq!(meant(wrong), None, "{wrong}");
        }
    }
}
