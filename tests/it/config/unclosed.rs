//! A quote or a bracket that is missing: the parser notices it late, and the person looks for it on
//! the line where it should stand.

use super::{MAILBOX, check, parse, path};

#[test]
fn what_is_not_closed_is_told_on_its_own_line() {
    let check_line = |line: &str| {
        let words = parse(&format!("{MAILBOX}{line}\n\npassword = 1\n"), path()).expect_err(line);
        let column = line.chars().count() + 1;
        let expected = format!(
            "/home/me/config.toml:5:{column}: a quote, a comma or a closing bracket is missing \
             here\n  5 | {line}\n"
        );
        let words = words.to_string();
        assert!(words.starts_with(&expected), "{words}");
    };
    check_line("imap = { host = \"h\", login = \"me }");
    check_line("imap = { host = \"h\", login = \"me\"");
    check_line("folders = [\"INBOX\"");
    check(
        "[[mailbox]]\naccounts = [\"facebook, \"threads\"]\n",
        ":2:25: a quote, a comma or a closing bracket is missing here",
    );
}
