//! Workplaces: onsite, hybrid, remote.

pub const ONSITE: &str = "onsite";
pub const HYBRID: &str = "hybrid";
pub const REMOTE: &str = "remote";

/// The workplace that a word for one of the three names.
pub fn word(text: &str) -> Option<&'static str> {
    Some(match super::letters(text).as_str() {
        "onsite" | "office" | "inoffice" | "inperson" => ONSITE,
        "hybrid" | "hybridremote" => HYBRID,
        "remote" | "fully" | "fullyremote" | "telecommute" => REMOTE,
        _ => return None,
    })
}

/// The workplace of flags; hybrid wins over remote. `false` alone states nothing.
pub fn flags(onsite: bool, hybrid: bool, remote: bool) -> Option<&'static str> {
    match (onsite, hybrid, remote) {
        (_, true, _) => Some(HYBRID),
        (false, _, true) => Some(REMOTE),
        (true, _, false) => Some(ONSITE),
        _ => None,
    }
}

/// The workplace of a yes-or-no answer to "remote?".
pub fn remote_flag(text: &str) -> Option<&'static str> {
    matches!(super::letters(text).as_str(), "yes" | "true" | "y").then_some(REMOTE)
}

/// Remote, if the place itself is "Remote", alone or followed by a restriction: "Remote, Italy",
/// "Remote - US", "Remote (EMEA)", "Remote US". "Remote-Friendly" and "Remote or Berlin" are not.
pub fn of_place(text: &str) -> Option<&'static str> {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
    let first = words.next()?;
    let is_remote = first.eq_ignore_ascii_case("remote");
    let is_choice = text
        .split(|letter: char| !letter.is_alphanumeric())
        .any(|word| {
            [
                "or", "and", "hybrid", "office", "onsite", "optional", "friendly", "first",
            ]
            .iter()
            .any(|other| word.eq_ignore_ascii_case(other))
        })
        || text.contains(['/', '|', '&']);
    (is_remote && !is_choice).then_some(REMOTE)
}
