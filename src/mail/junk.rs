//! What folders for junk mail are called.
//!
//! Pure names; which folders there are, `source/` asks.

use super::place::FolderName;

/// Names of the folder for spam where a server marks none, the likeliest first: English, German,
/// French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Danish, Norwegian, Finnish, Czech,
/// Hungarian, Turkish, Russian, Japanese, Chinese. Unsourced but for the first eight, which
/// Thunderbird, Outlook, GMX, web.de and Yahoo make.
pub const JUNK: [&str; 30] = [
    "Junk",
    "Spam",
    "Junk E-mail",
    "Junk Email",
    "Bulk Mail",
    "Bulk",
    "Spamverdacht",
    "Junk-E-Mail",
    "Unerwünscht",
    "Courrier indésirable",
    "Indésirables",
    "Pourriel",
    "Correo no deseado",
    "No deseado",
    "Posta indesiderata",
    "Lixo eletrônico",
    "Lixo eletrónico",
    "Ongewenste e-mail",
    "Ongewenst",
    "Wiadomości-śmieci",
    "Niechciane",
    "Skräppost",
    "Uønsket mail",
    "Søppelpost",
    "Roskaposti",
    "Nevyžádaná pošta",
    "Levélszemét",
    "Спам",
    "迷惑メール",
    "垃圾邮件",
];

impl FolderName {
    /// Whether junk mail goes there, by its special use (RFC 6154) or by what it is called.
    #[must_use]
    pub fn is_for_junk(&self) -> bool {
        let last = self.0.rsplit(['/', '.', '\\']).next().unwrap_or(&self.0);
        let last = last.to_lowercase();
        JUNK.iter().any(|name| last == name.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::FolderName;

    #[test]
    fn folders_for_junk_are_known_by_use_and_by_name() {
        let is = |name: &str| FolderName(name.to_owned()).is_for_junk();
        assert!(is("\\Junk") && is("INBOX.Spam") && is(".Junk") && is("SPAM") && is("СПАМ"));
        assert!(!is("INBOX") && !is("Junkyard") && !is("Junk.Sorted") && !is(""));
    }
}
