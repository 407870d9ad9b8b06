//! Text back into the bytes of a message: transfer encodings (RFC 2045, 6) and encoded words
//! (RFC 2047). It does not know what the text says.

use std::fmt::Write as _;

use data_encoding::BASE64;

/// The longest line of an encoded part (RFC 2045, 6.7 and 6.8).
const LINE: usize = 76;

/// How long the text of an encoded word may be: with its marks it stays below 75 characters.
const WORD: usize = 60;

/// Base64 in lines.
pub fn base64(bytes: &[u8], eol: &str) -> String {
    let mut lines = String::new();
    for line in bytes.chunks(LINE / 4 * 3) {
        lines.push_str(&BASE64.encode(line));
        lines.push_str(eol);
    }
    lines
}

/// Quoted-printable; line ends of the text stay line ends.
pub fn quoted_printable(bytes: &[u8], eol: &str) -> String {
    let mut encoded = String::with_capacity(bytes.len() + bytes.len() / 8);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        let mut length = 0;
        for (at, byte) in bare.iter().enumerate() {
            let is_last = at + 1 == bare.len();
            let is_plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~')
                || (matches!(byte, b' ' | b'\t') && !is_last);
            let width = if is_plain { 1 } else { 3 };
            if length + width >= LINE {
                encoded.push('=');
                encoded.push_str(eol);
                length = 0;
            }
            if is_plain {
                encoded.push(char::from(*byte));
            } else {
                // Writing to a String cannot fail.
                write!(encoded, "={byte:02X}").ok();
            }
            length += width;
        }
        if line.len() > bare.len() {
            encoded.push_str(eol);
        }
    }
    encoded
}

/// What Windows-1252 has where ISO 8859-1 has control characters, from 0x80 on.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// Text in the Western charset of one byte a letter, if it is that and has all of the letters.
pub fn western(text: &str, charset: &str) -> Option<Vec<u8>> {
    let charset = charset.to_ascii_lowercase();
    if !["iso-8859-1", "latin1", "windows-1252", "cp1252"].contains(&charset.as_str()) {
        return None;
    }
    let letter = |c: char| match c {
        '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        _ => {
            let at = WINDOWS.chars().position(|letter| letter == c)?;
            u8::try_from(at).ok()?.checked_add(0x80)
        }
    };
    text.chars().map(letter).collect()
}

/// Encoded words, as many as it takes, each on a line of its own.
pub fn words(text: &str, in_base64: bool, eol: &str) -> String {
    let mut pieces: Vec<String> = vec![String::new()];
    let mut length = 0;
    for c in text.chars() {
        let width = match c {
            _ if in_base64 => c.len_utf8().div_ceil(3) * 4,
            '0'..='9' | 'a'..='z' | 'A'..='Z' | ' ' => 1,
            _ => c.len_utf8() * 3,
        };
        if length + width > WORD {
            pieces.push(String::new());
            length = 0;
        }
        pieces
            .last_mut()
            .into_iter()
            .for_each(|piece| piece.push(c));
        length += width;
    }
    let encoded = pieces.iter().map(|piece| {
        if in_base64 {
            return format!("=?utf-8?B?{}?=", BASE64.encode(piece.as_bytes()));
        }
        let mut letters = String::new();
        for byte in piece.bytes() {
            match byte {
                b' ' => letters.push('_'),
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => letters.push(char::from(byte)),
                // Writing to a String cannot fail.
                _ => write!(letters, "={byte:02X}").unwrap_or_default(),
            }
        }
        format!("=?utf-8?Q?{letters}?=")
    });
    encoded.collect::<Vec<_>>().join(&format!("{eol} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_short_and_line_ends_stay() {
        let text = format!("{} \r\n=\u{e9}.\r\nend", "x".repeat(100));
        let encoded = quoted_printable(text.as_bytes(), "\r\n");
        assert!(encoded.lines().all(|line| line.len() <= LINE), "{encoded}");
        assert!(encoded.ends_with("=20\r\n=3D=C3=A9.\r\nend"), "{encoded}");
        assert!(
            base64(&[0; 100], "\n")
                .lines()
                .all(|line| line.len() <= LINE)
        );
        assert_eq!(
            western("\u{e9}’a", "Windows-1252"),
            Some(vec![0xe9, 0x92, b'a'])
        );
        assert_eq!(western("Ж", "iso-8859-1"), None);
        assert_eq!(words("a \u{e9}", false, "\n"), "=?utf-8?Q?a_=C3=A9?=");
        assert_eq!(words("a", true, "\n"), "=?utf-8?B?YQ==?=");
        assert!(words(&"\u{e9}".repeat(20), false, "\n").contains("?=\n =?"));
    }
}
