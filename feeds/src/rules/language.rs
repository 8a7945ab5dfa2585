//! Languages: BCP 47.

use oxilangtag::LanguageTag;

/// The language tag in its usual spelling: `en_us` becomes `en-US`.
pub fn tag(text: &str) -> Option<String> {
    LanguageTag::parse_and_normalize(&text.trim().replace('_', "-"))
        .ok()
        .map(LanguageTag::into_inner)
}
