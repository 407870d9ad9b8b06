//! Where a code or a secret may become plain text: the files that hand it to who needs it.

use super::scan::Source;

/// The only places that may call `reveal`: a folder with its slash, or a file.
const MAY_REVEAL: [&str; 15] = [
    "src/cli/read.rs",
    "src/config/secret.rs",
    "src/config/meaning.rs",
    "src/config/endpoint.rs",
    "src/outlet/alert/",
    // Types the code into the page that asks for it.
    "src/outlet/browser/webdriver.rs",
    "src/outlet/command.rs",
    "src/outlet/script.rs",
    "src/outlet/letter.rs",
    "src/outlet/signature.rs",
    "src/outlet/webhook.rs",
    "src/oauth/exchange.rs",
    "src/oauth/keyring.rs",
    "src/source/imap/login.rs",
    // Takes the page's token to compare with.
    "src/web/access.rs",
];

/// Calls of `reveal` in other places. Unit tests may compare what they made up themselves.
fn revelations(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources.iter().filter(|source| !may_reveal(&source.path)) {
        let code_ends = source.lines_without_tests();
        for pair in source.tokens().windows(2) {
            let is_used = [".", "::"].contains(&pair[0].text) && pair[1].text == "reveal";
            if is_used && pair[1].line <= code_ends {
                violations.push(format!(
                    "{}:{}: reveals a secret",
                    source.path, pair[1].line
                ));
            }
        }
    }
    violations
}

fn may_reveal(path: &str) -> bool {
    MAY_REVEAL
        .iter()
        .any(|place| path == *place || (place.ends_with('/') && path.starts_with(place)))
}

#[cfg(test)]
mod tests {
    use super::super::scan::sources;
    use super::super::{assert_none, breaches};
    use super::revelations;

    #[test]
    fn a_secret_is_revealed_only_where_it_is_handed_over() {
        assert_none(&revelations(&sources(&["src"])));
    }

    #[test]
    fn a_revelation_is_seen() {
        let call = "fn f(code: &Code) { info!(code = code.reveal()); g(codes.map(Code::reveal)); }";
        assert_eq!(breaches(revelations, "src/engine.rs", call), 2);
        assert_eq!(breaches(revelations, "src/outlet/command.rs", call), 0);
        assert_eq!(breaches(revelations, "src/outlet/alert/smtp.rs", call), 0);
        let definition = "impl Code { pub fn reveal(&self) -> &str { &self.0 } }";
        assert_eq!(breaches(revelations, "src/mail/mod.rs", definition), 0);
        let test = format!("#[cfg(test)]\nmod tests {{\n{call}\n}}\n");
        assert_eq!(breaches(revelations, "src/mail/code.rs", &test), 0);
    }
}
