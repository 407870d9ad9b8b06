//! A `[[mailbox]]` table -> the mailbox that is watched.
//!
//! It opens no connection and no Maildir. SECURITY: plain text is refused to every host but this
//! machine, because the password and the code would be readable on the way.

use std::path::Path;

use jiff::SignedDuration;
use toml::Spanned;

use super::explain::KNOWN_WORDS;
use super::file::{ImapTable, Key, MailboxTable, OAuthTable, OneOrMore, SecretTable};
use super::meaning::{Place, duration_or, noted, path, provider, secret, unknown_word};
use super::problem::Problems;
use super::{Access, Imap, Mailbox, Maildir, Provider, Security, Source, oauth, object, words};
use crate::mail::{FolderName, MailboxName, Product};

/// How far back the first look goes: Meta answers within a month (GDPR, article 12(3)), and the
/// notice may have come as long before that.
const LOOKBACK: SignedDuration = SignedDuration::from_hours(24 * 60);

/// The products that somebody has an account with.
pub(super) const PRODUCTS: [Product; 4] = [
    Product::Facebook,
    Product::Instagram,
    Product::Threads,
    Product::Whatsapp,
];

/// RFC 9051 sets no limit; this is longer than any server's.
const MAX_FOLDER: usize = 1000;

/// The keys of a table that belong to an IMAP server.
struct Server {
    imap: Spanned<ImapTable>,
    password: Key<SecretTable>,
    oauth: Key<OAuthTable>,
    folders: Key<Vec<Spanned<String>>>,
}

/// What the table means; `None` if something in it is wrong, and then it is noted.
pub(super) fn mailbox(
    table: Spanned<MailboxTable>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<Mailbox> {
    let (header, table) = (table.span(), table.into_inner());
    let name = need(table.name, "name = \"me\"", &header, problems)
        .and_then(|name| noted(words::name(name.get_ref()), name.span(), problems));
    let addresses = need(
        table.address,
        "address = \"me@example.org\"",
        &header,
        problems,
    )
    .and_then(|written| addresses(&written, problems));
    let accounts = need(
        table.accounts,
        "accounts = [\"facebook\", \"instagram\"]",
        &header,
        problems,
    )
    .map(|written| accounts(written, problems));
    let linked = table
        .linked
        .map(|written| linked(written, accounts.as_deref().unwrap_or_default(), problems));
    let lookback = duration_or(table.lookback, LOOKBACK, problems);
    let provider = provider(table.provider.as_ref(), problems);
    let object = object::of(table.object, addresses.as_deref(), problems);
    let source = match (table.imap, table.maildir) {
        (Some(imap), None) => {
            let server = Server {
                imap,
                password: table.password,
                oauth: table.oauth,
                folders: table.folders,
            };
            server_source(server, base, problems)
        }
        (None, Some(maildir)) => {
            let password = table.password.map(|p| ("password", p.span()));
            let oauth = table.oauth.map(|oauth| ("oauth", oauth.span()));
            for (key, at) in [password, oauth].into_iter().flatten() {
                problems.add(at, format!("`{key}` belongs to imap; remove it"));
            }
            maildir_source(&maildir, table.folders, base, problems)
        }
        (Some(_), Some(maildir)) => {
            let what = "a mailbox is in one place: keep imap or maildir, or make two mailboxes";
            problems.add(maildir.span(), what);
            None
        }
        (None, None) => {
            let what = "nothing says where the mailbox is: add imap = { host = \"…\", login = \
                        \"…\" } and password, or maildir = \"/path\"";
            problems.add(header, what);
            None
        }
    };
    Some(Mailbox {
        name: MailboxName(name?),
        addresses: addresses?,
        accounts: accounts?,
        linked: linked.unwrap_or_default(),
        source: source?,
        lookback,
        provider,
        object,
    })
}

/// `maildir = "…"` with the folders next to it.
fn maildir_source(
    written: &Spanned<String>,
    names: Key<Vec<Spanned<String>>>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<Source> {
    let found = path(written.get_ref(), base).map_err(str::to_owned);
    let path = noted(found, written.span(), problems);
    let folders = folders(names, problems);
    Some(Source::Maildir(Maildir {
        path: path?,
        folders,
    }))
}

/// The value of a key that must be there.
fn need<T>(written: Key<T>, example: &str, header: &Place, problems: &mut Problems<'_>) -> Key<T> {
    if written.is_none() {
        let key = example.split(' ').next().unwrap_or(example);
        problems.add(header.clone(), format!("`{key}` is missing; add {example}"));
    }
    written
}

/// `address = "…"` or a list of them.
fn addresses(written: &Spanned<OneOrMore>, problems: &mut Problems<'_>) -> Option<Vec<String>> {
    let all = written.get_ref().0.iter().map(|text| words::address(text));
    let all = all.collect::<Result<Vec<_>, _>>();
    let all = noted(all, written.span(), problems)?;
    if all.is_empty() {
        let what = "the list is empty; name the address given to Meta's form";
        problems.add(written.span(), what);
        return None;
    }
    Some(all)
}

/// `accounts = [ … ]`
fn accounts(written: Spanned<Vec<Spanned<String>>>, problems: &mut Problems<'_>) -> Vec<Product> {
    let known = PRODUCTS.map(Product::name);
    if written.get_ref().is_empty() {
        let what = format!("no account is named; {KNOWN_WORDS}{}", known.join(", "));
        problems.add(written.span(), what);
    }
    let text = problems.text();
    let mut accounts: Vec<Product> = Vec::new();
    for word in written.into_inner() {
        let product = PRODUCTS.into_iter().find(|p| p.name() == word.get_ref());
        match product {
            Some(product) if accounts.contains(&product) => {
                problems.add(word.span(), "this account is named twice; remove one");
            }
            Some(product) => accounts.push(product),
            None => problems.add(word.span(), unknown_word(&word, &known, text)),
        }
    }
    accounts
}

/// `linked = [ … ]`: accounts that are one case.
fn linked(
    written: Spanned<Vec<Spanned<String>>>,
    all: &[Product],
    problems: &mut Problems<'_>,
) -> Vec<Product> {
    let at = written.span();
    let linked = accounts(written, problems);
    if linked.len() < 2 || linked.iter().any(|one| !all.contains(one)) {
        let what = "`linked` names two or more of this mailbox's `accounts`, those that are in one \
                    Accounts Center";
        problems.add(at, what);
    }
    linked
}

/// `imap = { … }` with the password and the folders next to it.
fn server_source(server: Server, base: &Path, problems: &mut Problems<'_>) -> Option<Source> {
    let (header, imap) = (server.imap.span(), server.imap.into_inner());
    let login = need(imap.login, "login = \"me@example.org\"", &header, problems)
        .and_then(|login| noted(login_name(login.get_ref()), login.span(), problems));
    let known = login.as_deref().and_then(Provider::of_address);
    let host = match (imap.host, known) {
        (None, Some(provider)) => noted(host_of(provider), header.clone(), problems),
        (host, _) => need(host, "host = \"imap.example.org\"", &header, problems)
            .and_then(|host| noted(words::host(host.get_ref()), host.span(), problems)),
    };
    let provider = match host.as_deref() {
        // Many servers run on this machine; only the login tells which one it is.
        Some(host) if words::is_loopback(host) => {
            known.filter(|known| known.host.as_deref() == Some(host))
        }
        Some(host) => Provider::with_host(host),
        None => None,
    };
    let usual = provider.map(Provider::security);
    let tls = match imap.tls {
        None => Some(usual.unwrap_or(Security::Implicit)),
        Some(tls) => protection(&tls, host.as_deref(), problems),
    };
    let port = match (imap.port, tls) {
        // The provider's own port is for the provider's own protection.
        (None, Some(_)) if tls == usual => provider.map_or(993, |provider| provider.port),
        (None, Some(Security::None | Security::StartTls)) => 143,
        (None, _) => 993,
        (Some(port), _) if *port.get_ref() == 0 => {
            problems.add(port.span(), "a port is a number from 1 to 65535");
            0
        }
        (Some(port), _) => port.into_inner(),
    };
    let fingerprint = imap.fingerprint.and_then(|written| {
        if let Some(file) = &imap.ca_file {
            let what = "`fingerprint` names the one certificate to trust: remove `ca_file`";
            problems.add(file.span(), what);
        }
        let found = words::fingerprint(written.get_ref()).map_err(str::to_owned);
        noted(found, written.span(), problems)
    });
    let ca_file = imap.ca_file.and_then(|file| {
        if tls == Some(Security::None) {
            problems.add(
                file.span(),
                "without TLS there is nothing to check with `ca_file`",
            );
        }
        let found = path(file.get_ref(), base).map_err(str::to_owned);
        noted(found, file.span(), problems)
    });
    let access = access((server.password, server.oauth), &header, base, problems);
    let folders = folders(server.folders, problems);
    Some(Source::Imap(Imap {
        host: host?,
        port,
        tls: tls?,
        ca_file,
        fingerprint,
        provider,
        login: login?,
        access: access?,
        folders,
    }))
}

/// `password = { … }` or `oauth = { … }`
fn access(
    (password, tokens): (Key<SecretTable>, Key<OAuthTable>),
    header: &Place,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<Access> {
    match (password, tokens) {
        (Some(_), Some(tokens)) => {
            let what = "keep `password` or `oauth`: a mailbox is entered in one way";
            problems.add(tokens.span(), what);
            None
        }
        (None, Some(tokens)) => {
            let tokens = oauth::oauth(tokens, base, problems)?;
            Some(Access::Tokens(Box::new(tokens)))
        }
        (password, None) => {
            let example = "password = { file = \"/path\" } next to imap";
            need(password, example, header, problems)
                .and_then(|password| secret(password, base, problems))
                .map(Access::Password)
        }
    }
}

/// The server of a provider that the login's domain told.
fn host_of(provider: &Provider) -> Result<String, String> {
    provider.host.clone().ok_or_else(|| {
        let Provider { name, password, .. } = provider;
        format!("{name} offers no IMAP; {password}")
    })
}

/// `tls = "…"`
fn protection(
    written: &Spanned<String>,
    host: Option<&str>,
    problems: &mut Problems<'_>,
) -> Option<Security> {
    match written.get_ref().as_str() {
        "implicit" => Some(Security::Implicit),
        "starttls" => Some(Security::StartTls),
        "none" => {
            if host.is_some_and(|host| !words::is_loopback(host)) {
                problems.add(
                    written.span(),
                    "without TLS everybody on the way reads the password and the codes, so \
                     \"none\" is only for a server on this machine (localhost, 127.0.0.1, ::1); \
                     remove `tls`",
                );
            }
            Some(Security::None)
        }
        _ => {
            let known = ["implicit", "starttls", "none"];
            let what = unknown_word(written, &known, problems.text());
            problems.add(written.span(), what);
            None
        }
    }
}

/// A login name may be nearly anything that fits into a quoted string.
fn login_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("a login name must not be empty or hold control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// `folders = [ … ]`, or the inbox and the folder for spam, where codes end up too.
fn folders(written: Key<Vec<Spanned<String>>>, problems: &mut Problems<'_>) -> Vec<FolderName> {
    let Some(written) = written else {
        return vec![
            FolderName("INBOX".to_owned()),
            FolderName("\\Junk".to_owned()),
        ];
    };
    let at = written.span();
    let mut folders: Vec<FolderName> = Vec::new();
    for name in written.into_inner() {
        let (span, mut name) = (name.span(), name.into_inner());
        // RFC 9051, 5.1: INBOX is the same in any case.
        if name.eq_ignore_ascii_case("inbox") {
            name.make_ascii_uppercase();
        }
        let folder = FolderName(name);
        if folder.0.is_empty() || folder.0.len() > MAX_FOLDER {
            problems.add(span, "a folder's name must not be empty or endless");
        } else if folder.0.contains(char::is_control) {
            problems.add(span, "a folder's name has no control characters");
        } else if folders.contains(&folder) {
            problems.add(span, "this folder is named twice; remove one");
        } else {
            folders.push(folder);
        }
    }
    if folders.is_empty() {
        problems.add(
            at,
            "no folder is named; remove `folders` or name one, such as \"INBOX\"",
        );
    }
    folders
}
