//! Every way of changing one byte of a genuine message, and of adding one: it stays genuine only
//! if a reader is shown the same.
//!
//! What a reader is shown is read here in a few lines of its own, not with the code under test.

use super::{message, server, verifier, verify_with};

/// The fields that a reader is shown and that are signed.
const SIGNED: [&str; 6] = [
    "date",
    "to",
    "subject",
    "from",
    "mime-version",
    "content-type",
];

/// The signed fields with blanks evened out, as relaxed canonical form lets them pass, and the
/// body as it is but for line ends and empty lines at the end, as simple form lets it pass.
fn shown(raw: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
    let text: String = raw.iter().map(|byte| char::from(*byte)).collect();
    let text = text.replace("\r\n", "\n");
    let (header, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let unfolded = header.replace("\n ", " ").replace("\n\t", " ");
    let mut fields = Vec::new();
    for line in unfolded.split('\n') {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let letters: String = name.chars().filter(char::is_ascii_graphic).collect();
        if SIGNED.contains(&letters.to_ascii_lowercase().as_str()) {
            let words: Vec<_> = value
                .split([' ', '\t'])
                .filter(|word| !word.is_empty())
                .collect();
            fields.push((letters.to_ascii_lowercase(), words.join(" ")));
        }
    }
    let body = body.trim_end_matches('\n');
    (
        fields,
        body.chars()
            .map(|char| u8::try_from(u32::from(char)).unwrap())
            .collect(),
    )
}

/// Tries `mutants` of the message `name`; gives how many stayed genuine.
fn check(name: &str, mutants: impl Fn(&[u8], usize) -> Vec<Vec<u8>>) -> usize {
    let raw = message(name).into_bytes();
    let server = server();
    let verifier = verifier(&server, &[]);
    let expected = shown(&raw);
    assert_eq!(expected.0.len(), SIGNED.len());
    let mut genuine = 0;
    for at in 0..raw.len() {
        for mutant in mutants(&raw, at) {
            if verify_with(&verifier, &mutant).is_genuine() {
                let text = String::from_utf8_lossy(&mutant).into_owned();
                assert_eq!(shown(&mutant), expected, "byte {at} of {name}: {text}");
                genuine += 1;
            }
        }
    }
    genuine
}

#[test]
fn no_changed_byte_shows_a_reader_something_else() {
    let genuine = check("genuine", |raw, at| {
        let change = |mask: u8| {
            let mut mutant = raw.to_vec();
            mutant[at] ^= mask;
            mutant
        };
        [0x01, 0x20, 0x80].map(change).to_vec()
    });
    // The unsigned fields and the case of names may change: a test that lets nothing pass, or
    // everything, tests nothing.
    assert!((500..1000).contains(&genuine), "{genuine}");
}

#[test]
fn no_added_or_missing_byte_shows_a_reader_something_else() {
    let genuine = check("genuine", |raw, at| {
        let put = |new: &[u8], skip: usize| [&raw[..at], new, &raw[at + skip..]].concat();
        vec![
            put(b"\r", 0),
            put(b"\n", 0),
            put(b" ", 0),
            put(b"\x0c", 0),
            put(b"", 1),
            raw[..at].to_vec(),
        ]
    });
    assert!((700..1300).contains(&genuine), "{genuine}");
}

/// Random changes of one byte tried on each genuine shape of the table.
const CHANGES: usize = 40;

#[test]
fn no_changed_byte_of_any_genuine_shape_shows_a_reader_something_else() {
    let (server, mut random) = (server(), fastrand::Rng::with_seed(6376));
    let verifier = verifier(&server, &[]);
    let (mut tried, mut genuine) = (0, 0);
    for name in genuine_names() {
        let raw = std::fs::read(folder().join(&name)).unwrap();
        let text = String::from_utf8_lossy(&raw).into_owned();
        // Relaxed form lets blanks of a text vary: `shown` does not.
        if text.contains("/relaxed") || text.contains("c=relaxed;") {
            continue;
        }
        let expected = shown(&raw);
        for _ in 0..CHANGES {
            let mut mutant = raw.clone();
            let at = random.usize(..raw.len());
            mutant[at] = random.u8(..);
            tried += 1;
            if verify_with(&verifier, &mutant).is_genuine() {
                let text = String::from_utf8_lossy(&mutant).into_owned();
                assert_eq!(shown(&mutant), expected, "byte {at} of {name}: {text}");
                genuine += 1;
            }
        }
    }
    assert!(
        tried > 2_000 && (100..tried).contains(&genuine),
        "{genuine} of {tried}"
    );
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dkim")
}

fn genuine_names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let is_message = |name: &String| name.starts_with("genuine") && name.contains(".eml");
    let mut names: Vec<String> = names.filter(is_message).collect();
    names.sort();
    names
}
