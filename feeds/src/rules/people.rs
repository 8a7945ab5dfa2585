//! Personal data, which is never stored.

/// Parts of custom field names that indicate a person or contact details.
const PERSONAL: &[&str] = &[
    "recruiter",
    "recruiting",
    "hiringmanager",
    "manager",
    "sourcer",
    "coordinator",
    "contact",
    "owner",
    "email",
    "mailbox",
    "phone",
    "telephone",
    "mobile",
    "supervisor",
    "interviewer",
    "approver",
    "createdby",
    "author",
    "token",
    "apikey",
    "secret",
    "password",
];

/// Whether a custom field is likely to contain personal data or a secret.
pub fn is_personal(name: &str, value: &str) -> bool {
    let name = super::letters(name);
    PERSONAL.iter().any(|part| name.contains(part)) || has_address(value)
}

/// Whether a text contains an e-mail address.
pub fn has_address(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let domain = text.get(at + 1..).unwrap_or_default();
        let host = domain
            .split(|letter: char| !(letter.is_alphanumeric() || letter == '.' || letter == '-'))
            .next()
            .unwrap_or_default();
        before.is_some_and(char::is_alphanumeric) && host.trim_end_matches('.').contains('.')
    })
}
