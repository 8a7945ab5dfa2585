//! Countries: ISO 3166-1 alpha-2, from codes and names.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Additional names, as normalised by [`super::letters`].
const ALIASES: &[(&str, &str)] = &[
    ("uk", "GB"),
    ("unitedkingdom", "GB"),
    ("greatbritain", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("wales", "GB"),
    ("northernireland", "GB"),
    ("us", "US"),
    ("usa", "US"),
    ("unitedstates", "US"),
    ("unitedstatesofamericausa", "US"),
    ("americaunitedstates", "US"),
    ("deutschland", "DE"),
    ("österreich", "AT"),
    ("oesterreich", "AT"),
    ("schweiz", "CH"),
    ("suisse", "CH"),
    ("svizzera", "CH"),
    ("españa", "ES"),
    ("espana", "ES"),
    ("italia", "IT"),
    ("nederland", "NL"),
    ("thenetherlands", "NL"),
    ("netherlands", "NL"),
    ("holland", "NL"),
    ("belgië", "BE"),
    ("belgie", "BE"),
    ("belgique", "BE"),
    ("polska", "PL"),
    ("sverige", "SE"),
    ("norge", "NO"),
    ("danmark", "DK"),
    ("suomi", "FI"),
    ("ísland", "IS"),
    ("brasil", "BR"),
    ("méxico", "MX"),
    ("perú", "PE"),
    ("czechrepublic", "CZ"),
    ("czechia", "CZ"),
    ("slovakrepublic", "SK"),
    ("turkey", "TR"),
    ("türkiye", "TR"),
    ("turkiye", "TR"),
    ("southkorea", "KR"),
    ("korea", "KR"),
    ("republicofkorea", "KR"),
    ("koreasouth", "KR"),
    ("northkorea", "KP"),
    ("russia", "RU"),
    ("vietnam", "VN"),
    ("taiwan", "TW"),
    ("iran", "IR"),
    ("syria", "SY"),
    ("laos", "LA"),
    ("bolivia", "BO"),
    ("venezuela", "VE"),
    ("tanzania", "TZ"),
    ("moldova", "MD"),
    ("brunei", "BN"),
    ("palestine", "PS"),
    ("macedonia", "MK"),
    ("northmacedonia", "MK"),
    ("macau", "MO"),
    ("macao", "MO"),
    ("hongkongsar", "HK"),
    ("hongkongsarchina", "HK"),
    ("ivorycoast", "CI"),
    ("côtedivoire", "CI"),
    ("cotedivoire", "CI"),
    ("capeverde", "CV"),
    ("swaziland", "SZ"),
    ("burma", "MM"),
    ("easttimor", "TL"),
    ("vatican", "VA"),
    ("vaticancity", "VA"),
    ("thephilippines", "PH"),
    ("philippines", "PH"),
    ("thebahamas", "BS"),
    ("bahamas", "BS"),
    ("thegambia", "GM"),
    ("gambia", "GM"),
    ("uae", "AE"),
    ("unitedarabemirates", "AE"),
    ("republicofireland", "IE"),
    ("congothedemocraticrepublicofthe", "CD"),
    ("democraticrepublicofthecongo", "CD"),
    ("drc", "CD"),
    ("republicofthecongo", "CG"),
    ("dominicanrepublic", "DO"),
    ("micronesia", "FM"),
    ("niger", "NE"),
    ("sudan", "SD"),
    ("prchina", "CN"),
    ("mainlandchina", "CN"),
    ("peoplesrepublicofchina", "CN"),
];

/// Words in country fields that do not name a country.
const NOT_ONE: &[&str] = &[
    "",
    "europe",
    "europeanunion",
    "eu",
    "emea",
    "apac",
    "latam",
    "americas",
    "northamerica",
    "southamerica",
    "latinamerica",
    "asia",
    "africa",
    "oceania",
    "worldwide",
    "global",
    "anywhere",
    "international",
    "remote",
    "dach",
    "nordics",
    "benelux",
    "multiple",
    "various",
];

static BY_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut by_name = HashMap::new();
    let mut ambiguous = Vec::new();
    for country in rust_iso3166::ALL {
        by_name.insert(super::letters(country.name), country.alpha2);
        by_name.insert(words(country.name), country.alpha2);
    }
    // "Bolivia (Plurinational State of)", "Tanzania, United Republic of" and the like.
    for country in rust_iso3166::ALL {
        if let Some((short, _)) = country.name.split_once([',', '(']) {
            let short = super::letters(short);
            if by_name.insert(short.clone(), country.alpha2).is_some() {
                ambiguous.push(short);
            }
        }
    }
    for name in ambiguous {
        by_name.remove(&name);
    }
    for (name, alpha2) in ALIASES {
        by_name.insert((*name).to_owned(), alpha2);
    }
    by_name
});

/// The words of a name in alphabetical order: "Korea, Republic of" equals "Republic of Korea".
fn words(name: &str) -> String {
    let name = name.to_lowercase();
    let mut words: Vec<&str> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !matches!(*word, "" | "the" | "of" | "and"))
        .collect();
    words.sort_unstable();
    words.join(" ")
}

/// The content of a country field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    Known(&'static str),
    /// Empty, or a region of the world.
    NotOne,
    Unknown,
}

/// The country that a code or name means.
pub fn country(text: &str) -> Country {
    let trimmed = text.trim();
    let upper = trimmed.to_ascii_uppercase();
    let by_code = match upper.len() {
        2 => rust_iso3166::from_alpha2(&upper),
        3 => rust_iso3166::from_alpha3(&upper),
        _ => None,
    };
    if let Some(country) = by_code {
        return Country::Known(country.alpha2);
    }
    let letters = super::letters(trimmed);
    match BY_NAME
        .get(&letters)
        .or_else(|| BY_NAME.get(&words(trimmed)))
    {
        Some(alpha2) => Country::Known(alpha2),
        None if NOT_ONE.contains(&letters.as_str()) => Country::NotOne,
        None => Country::Unknown,
    }
}
